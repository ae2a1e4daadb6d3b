/* SPDX-License-Identifier: MIT */
/* Sessions that learn which hosts are to be visited by https only. */
#include "scarcity.h"

#include "support/tls_front.h"

/* Of the server's answers: /sts/VALUE has that field, in which "_" stands for a blank;
   /to/REST leads to http://REST. */
static void answer(server_connection *connection, const server_request *request, void *ctx)
{
    char fields[512] = "";
    int status = 200;

    (void)ctx;
    if (strncmp(request->target, "/sts/", 5) == 0)
        snprintf(fields, sizeof fields,
                 "Strict-Transport-Security: %s\r\nStrict-Transport-Security: max-age=0\r\n",
                 request->target + 5);
    if (strncmp(request->target, "/to/", 4) == 0) {
        snprintf(fields, sizeof fields, "Location: http://%s\r\n", request->target + 4);
        status = 302;
    }
    server_reply(connection, request, status, fields, "ok");
}

static fixture f;
static tls_front *front;
static ahttp_hsts *hsts;

static void use(ahttp_session *session)
{
    assert_non_null(session);
    ahttp_session_unref(f.session);
    f.session = session;
}

static int begin(void **state)
{
    (void)state;
    f = start(&(server_script){.handler = answer}, false);
    front = tls_front_start(server_port(f.server));
    hsts = ahttp_hsts_new();
    use(ahttp_session_new(.loop = f.loop, .hsts = hsts));
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    tls_front_stop(front);
    ahttp_hsts_unref(hsts);
    return 0;
}

/* The front by name, for addresses are never on a list. */
static const char *front_url(const char *scheme, const char *path)
{
    static char urls[4][512];
    static unsigned turn;
    const char *port = strrchr(tls_front_url(front, ""), ':') + 1;

    turn = (turn + 1) % 4;
    snprintf(urls[turn], sizeof *urls, "%s://localhost:%.5s%s", scheme, port, path);
    return urls[turn];
}

static const char *secure(const char *path)
{
    return front_url("https", path);
}

static const char *plain(const char *path)
{
    return front_url("http", path);
}

static void assert_url(ahttp_future *request, const char *expected)
{
    ahttp_response *response = response_of(request);

    assert_string_equal(ahttp_response_url(response), expected);
    ahttp_response_unref(response);
}

static void a_host_that_asked_for_it_is_visited_by_https(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, secure("/sts/max-age=60")), "ok");

    assert_true(ahttp_hsts_has(hsts, "localhost"));
    assert_url(ahttp_get(f.session, plain("/ok?a=1#b")), secure("/ok?a=1"));
}

static void a_redirect_to_it_is_changed_as_well(void **state)
{
    char path[256];

    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "localhost", 60, false), 0);
    snprintf(path, sizeof path, "/to/%s", plain("/landed") + strlen("http://"));
    assert_url(ahttp_get(f.session, secure(path), .no_downgrade = true), secure("/landed"));
}

static void a_host_may_take_it_back(void **state)
{
    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "localhost", 60, false), 0);
    assert_text(ahttp_get(f.session, secure("/sts/max-age=0")), "ok");

    assert_false(ahttp_hsts_has(hsts, "localhost"));
}

static void without_tls_nothing_is_learned(void **state)
{
    char url[128];

    (void)state;
    snprintf(url, sizeof url, "http://localhost:%u/sts/max-age=60",
             (unsigned)server_port(f.server));
    assert_text(ahttp_get(f.session, url), "ok");

    assert_false(ahttp_hsts_has(hsts, "localhost"));
}

static void a_server_that_was_not_verified_teaches_nothing(void **state)
{
    (void)state;
    ahttp_tls *tls = ahttp_tls_new(.insecure_skip_verify = true);
    assert_text(ahttp_get(f.session, secure("/sts/max-age=60"), .tls = tls), "ok");
    ahttp_tls_unref(tls);

    assert_false(ahttp_hsts_has(hsts, "localhost"));
}

static void addresses_are_never_on_the_list(void **state)
{
    char url[128];

    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "127.0.0.1", 60, true), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/x", (unsigned)server_port(f.server));
    assert_url(ahttp_get(f.session, url), url);
}

static void broken_fields_count_for_nothing(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, secure("/sts/max-age")), "ok");
    assert_text(ahttp_get(f.session, secure("/ok")), "ok");

    assert_false(ahttp_hsts_has(hsts, "localhost"));
}

static void without_a_list_nothing_is_changed(void **state)
{
    char url[128];

    (void)state;
    use(ahttp_session_new(.loop = f.loop));
    assert_text(ahttp_get(f.session, secure("/sts/max-age=60")), "ok");
    snprintf(url, sizeof url, "http://localhost:%u/x", (unsigned)server_port(f.server));
    assert_url(ahttp_get(f.session, url), url);
}

static void visit_in_scarcity(ahttp_session *session, void *ctx)
{
    (void)ctx;
    ahttp_response_unref(ahttp_await(ahttp_get(session, secure("/sts/max-age=60"))));
    ahttp_response_unref(ahttp_await(ahttp_get(session, plain("/ok"))));
}

/* The list is not made in scarcity, for it stays. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(ahttp_hsts_add(hsts, "localhost", 600, false), 0);
    for_each_allocation_with_session(visit_in_scarcity, NULL, .hsts = hsts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_that_asked_for_it_is_visited_by_https),
        TEST(a_redirect_to_it_is_changed_as_well),
        TEST(a_host_may_take_it_back),
        TEST(without_tls_nothing_is_learned),
        TEST(a_server_that_was_not_verified_teaches_nothing),
        TEST(addresses_are_never_on_the_list),
        TEST(broken_fields_count_for_nothing),
        TEST(without_a_list_nothing_is_changed),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
