/* SPDX-License-Identifier: MIT */
/* All redirects: 5 statuses, 6 changes of origin, 6 kinds of secrets, 4 kinds of bodies. */
#include "sending.h"

#include "support/tls_front.h"

static test_server *other; /* at another port */
static tls_front *front;

/* "/to?URL" with the status that X-Status asks for. */
static void redirect(server_connection *connection, const server_request *request, void *ctx)
{
    const char *where = strchr(request->target, '?');
    const char *status = strstr(request->head, "X-Status: ");

    if (!where || !status) {
        server_routes(connection, request, ctx);
        return;
    }
    server_sendf(connection, "HTTP/1.1 %.3s Moved\r\nLocation: %s\r\nContent-Length: 2\r\n\r\nhi",
                 status + strlen("X-Status: "), where + 1);
}

static int begin(void **state)
{
    (void)state;
    f = (fixture){.server = server_start(&(server_script){.handler = redirect}),
                  .loop = ahttp_loop_new(.virtual_clock = false)};
    other = server_start(NULL);
    front = tls_front_start(server_port(f.server));
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .no_keepalive = true,
                                                     .hosts = AHTTP_HOSTS({"*", 0, "127.0.0.1"}));
    f.session = ahttp_session_new(.connector = connector);
    ahttp_connector_unref(connector);
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    server_stop(other);
    tls_front_stop(front);
    return 0;
}

/* ---- The dimensions ---- */

static const int statuses[] = {301, 302, 303, 307, 308};

typedef enum change { SAME, OTHER_HOST, SUBDOMAIN, OTHER_PORT, TO_TLS, FROM_TLS, CHANGES } change;

typedef enum secret {
    AUTHORIZATION,
    COOKIE,
    PROXY_AUTHORIZATION,
    AUTH_OPTION,
    URL_CREDENTIALS,
    NAMED,
    SECRETS
} secret;

static const char *const field_of[SECRETS] = {
    "Authorization", "Cookie", "Proxy-Authorization", "Authorization", "Authorization", "X-Key"};

typedef enum kind { NO_BODY, BYTES, AGAIN_AND_AGAIN, ONLY_ONCE, KINDS } kind;

/* ---- One of them ---- */

/* scheme://USERhost:port, of the first request or of the one behind it. */
static void write_origin(char *text, size_t size, change way, bool is_first, const char *user)
{
    static const char *const hosts[CHANGES][2] = {
        [SAME] = {"a.test", "a.test"},          [OTHER_HOST] = {"a.test", "b.test"},
        [SUBDOMAIN] = {"a.test", "sub.a.test"}, [OTHER_PORT] = {"a.test", "a.test"},
        [TO_TLS] = {"localhost", "localhost"},  [FROM_TLS] = {"localhost", "localhost"},
    };
    bool is_tls = way == (is_first ? FROM_TLS : TO_TLS);
    const char *port = strrchr(is_tls ? tls_front_url(front, "") : server_url(f.server, ""), ':');

    if (way == OTHER_PORT && !is_first)
        port = strrchr(server_url(other, ""), ':');
    snprintf(text, size, "%s://%s%s%s", is_tls ? "https" : "http", user, hosts[way][!is_first],
             port);
}

static ahttp_future *send(int status, change way, secret what, kind body, ahttp_redirect_fn *hook)
{
    static const ahttp_pair secrets[SECRETS][2] = {
        [AUTHORIZATION] = {{"Authorization", "Bearer s3cret"}},
        [COOKIE] = {{"Cookie", "a=s3cret"}},
        [PROXY_AUTHORIZATION] = {{"Proxy-Authorization", "Basic s3cret"}},
        [NAMED] = {{"x-key", "s3cret"}},
    };
    static const char *const pieces[] = {"hello", NULL};
    static producer p;
    char first[100], second[100], url[300], number[4];

    write_origin(first, sizeof first, way, true, what == URL_CREDENTIALS ? "u:s3cret@" : "");
    write_origin(second, sizeof second, way, false, "");
    snprintf(url, sizeof url, "%s/to?%s/echo", first, second);
    snprintf(number, sizeof number, "%d", status);
    p = (producer){.pieces = pieces};
    return ahttp_request(
        f.session, body == NO_BODY ? "GET" : "POST", url,
        .headers = AHTTP_PAIRS({"X-Status", number}, {"Content-Language", "en"},
                               secrets[what][0].name ? secrets[what][0] : secrets[what][1]),
        .secret_headers = AHTTP_NAMES("X-Other", "X-Key"), .on_redirect = hook,
        .auth = what == AUTH_OPTION ? "u:s3cret" : NULL, .text = body == BYTES ? "hello" : NULL,
        .body = body == AGAIN_AND_AGAIN ? ahttp_body_bytes((ahttp_bytes){"hello", 5})
                : body == ONLY_ONCE     ? ahttp_body_produced(produce, &p, 5)
                                        : NULL);
}

static void assert_followed(ahttp_future *request, int status, change way, secret what, kind body)
{
    test_server *server = way == OTHER_PORT ? other : f.server;
    size_t before = (size_t)server_count(server, SERVER_REQUESTS);
    bool keeps_body = body != NO_BODY && status > 303;
    char at[60];

    snprintf(at, sizeof at, "%d, origin %d, secret %d, body %d", status, way, what, body);
    ahttp_response *response = ahttp_await(request);
    if (!response)
        fail_msg("%s: %s", at, ahttp_task_error()->message);
    assert_int_equal(ahttp_response_status(response), 200);
    assert_int_equal(ahttp_response_status(ahttp_response_history(response, 0)), status);
    ahttp_response_unref(response);
    server_request got = server_request_at(server, before + (way == OTHER_PORT ? 0 : 1));
    if (strcmp(got.method, keeps_body ? "POST" : "GET") != 0 ||
        strcmp(got.body, keeps_body ? "hello" : "") != 0 ||
        server_request_has_field(got, "Content-Type") != keeps_body ||
        server_request_has_field(got, "Content-Length") != keeps_body ||
        server_request_has_field(got, "Content-Language") !=
            (keeps_body || (body == NO_BODY && status != 303)))
        fail_msg("%s: the body is not as it should be:\n%s", at, got.head);
    if (server_request_has_field(got, field_of[what]) != (way == SAME) ||
        (way != SAME && strstr(got.head, "s3cret")))
        fail_msg("%s: the secret is not where it should be:\n%s", at, got.head);
}

static void every_redirect_keeps_what_it_may_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        for (change way = 0; way < CHANGES; way++)
            for (secret what = 0; what < SECRETS; what++)
                for (kind body = 0; body < KINDS; body++) {
                    ahttp_future *request = send(statuses[i], way, what, body, NULL);
                    if (body == ONLY_ONCE && statuses[i] > 303)
                        assert_fails(request, AHTTP_E_BODY_ONCE, "can be sent only once");
                    else
                        assert_followed(request, statuses[i], way, what, body);
                }
}

static ahttp_hop_choice trust(const ahttp_hop *hop, void *ctx)
{
    (void)hop;
    (void)ctx;
    return AHTTP_HOP_TRUST;
}

static void an_origin_that_the_program_trusts_gets_the_secrets(void **state)
{
    (void)state;
    for (change way = 0; way < CHANGES; way++)
        for (secret what = 0; what < SECRETS; what++) {
            test_server *server = way == OTHER_PORT ? other : f.server;
            ahttp_response *response = response_of(send(307, way, what, BYTES, trust));
            assert_int_equal(ahttp_response_status(response), 200);
            assert_int_equal(ahttp_response_history_count(response), 1);
            ahttp_response_unref(response);
            server_request got =
                server_request_at(server, (size_t)server_count(server, SERVER_REQUESTS) - 1);
            if (!server_request_has_field(got, field_of[what]))
                fail_msg("origin %d, secret %d: it is not there:\n%s", way, what, got.head);
        }
}

static void the_way_from_https_to_http_may_be_refused(void **state)
{
    char first[100], second[100], url[300];
    ahttp_connector *connector = ahttp_session_connector(f.session);
    (void)state;
    ahttp_session *strict = ahttp_session_new(.connector = connector, .no_downgrade = true);
    for (change way = 0; way < CHANGES; way++) {
        write_origin(first, sizeof first, way, true, "");
        write_origin(second, sizeof second, way, false, "");
        snprintf(url, sizeof url, "%s/to?%s/echo", first, second);
        ahttp_future *requests[] = {
            ahttp_get(f.session, url, .headers = AHTTP_PAIRS({"X-Status", "308"}),
                      .no_downgrade = true),
            ahttp_get(strict, url, .headers = AHTTP_PAIRS({"X-Status", "308"})),
        };
        for (size_t i = 0; i < COUNT_OF(requests); i++)
            if (way == FROM_TLS)
                assert_fails(requests[i], AHTTP_E_REDIRECT_REFUSED, "it leads from https to http");
            else
                assert_sent(requests[i]);
    }
    ahttp_session_unref(strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_redirect_keeps_what_it_may_and_no_more, begin, end),
        cmocka_unit_test_setup_teardown(an_origin_that_the_program_trusts_gets_the_secrets, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_way_from_https_to_http_may_be_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
