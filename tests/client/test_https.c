/* SPDX-License-Identifier: MIT */
/* The session over TLS, with a server that really speaks it. */
#include "fixture.h"

#include "support/tls_front.h"

static fixture f;
static tls_front *front;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    front = tls_front_start(server_port(f.server));
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    tls_front_stop(front);
    return 0;
}

static void an_https_page_is_fetched_and_its_connection_kept(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    assert_text(ahttp_get(f.session, tls_front_url(front, "/ok")), "ok");
    assert_text(ahttp_get(f.session, tls_front_url(front, "/chunked/5")), "abcde");
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);

    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 1);
}

static void bodies_of_many_records_go_both_ways(void **state)
{
    enum { SIZE = 1 << 20 };
    char path[32];
    char *data = malloc(SIZE);

    (void)state;
    memset(data, 'x', SIZE);
    snprintf(path, sizeof path, "/bytes/%d", SIZE);
    ahttp_response *response = response_of(ahttp_get(f.session, tls_front_url(front, path)));
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    assert_int_equal(body->len, SIZE);
    ahttp_response_unref(response);
    assert_text(ahttp_post(f.session, tls_front_url(front, "/ok"), .data = {data, SIZE}), "ok");

    assert_int_equal(server_request_at(f.server, 1).body_len, SIZE);
    free(data);
}

static void a_body_until_close_ends_with_close_notify(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, tls_front_url(front, "/until-close/7")), "abcdefg");
}

static void a_root_that_is_not_trusted_is_a_certificate_error(void **state)
{
    (void)state;
    test_root_remove();
    test_root_install(); /* another one */

    assert_fails(ahttp_get(f.session, tls_front_url(front, "/ok")), AHTTP_E_CERTIFICATE,
                 "127.0.0.1");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_https_page_is_fetched_and_its_connection_kept),
        TEST(bodies_of_many_records_go_both_ways),
        TEST(a_body_until_close_ends_with_close_notify),
        TEST(a_root_that_is_not_trusted_is_a_certificate_error),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
