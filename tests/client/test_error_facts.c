/* SPDX-License-Identifier: MIT */
/* What an error knows: in which phase of the request it happened, of whom, and whether the
   request may be sent again. */
#include "error_facts.h"
#include "one_server.h"

#include <errno.h>
#if AHTTP_TLS
#include "support/certificates.h"
#include "support/tls_front.h"
#include <unistd.h>
#endif

#define TIMES(...) .timeout = {__VA_ARGS__}

static const server_step holds[] = {READ_REQUEST, HOLD};
static const server_step says_nothing[] = {READ_REQUEST, CLOSE};

static void a_refused_connection_knows_address_and_errno(void **state)
{
    (void)state;
    f = start(NULL, false);
    char url[64], address[32];
    uint16_t port = server_refused_port();
    snprintf(url, sizeof url, "http://localhost:%u/", port);
    snprintf(address, sizeof address, "127.0.0.1:%u", port);

    const ahttp_error *error = error_of(ahttp_get(f.session, url));

    assert_facts(error, AHTTP_E_CONNECT, AHTTP_PHASE_CONNECT, AHTTP_RESEND_SAFE);
    assert_int_equal(error->cause, -ECONNREFUSED);
    assert_string_equal(error->address, address);
    assert_int_equal(strncmp(error->host, "localhost:", 10), 0);
}

static void a_failure_does_not_have_the_status_of_an_earlier_request(void **state)
{
    (void)state;
    f = start(NULL, false);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server_refused_port());

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(error_of(ahttp_get(f.session, url))->status, 0);
}

static void what_was_never_sent_is_safe(void **state)
{
    (void)state;
    f = start(NULL, false);

    assert_facts(error_of(ahttp_get(f.session, "nonsense")), AHTTP_E_URL, AHTTP_PHASE_NONE,
                 AHTTP_RESEND_SAFE);
    assert_facts(error_of(ahttp_post(f.session, server_url(f.server, "/ok"),
                                     .body = ahttp_body_file("/nowhere/at/all", 0, 0))),
                 AHTTP_E_SYSTEM, AHTTP_PHASE_PREPARE, AHTTP_RESEND_SAFE);
    assert_facts(error_of(ahttp_get(f.session, "http://no..name/")), AHTTP_E_DNS, AHTTP_PHASE_DNS,
                 AHTTP_RESEND_SAFE);
}

static void waiting_for_a_connection_is_a_phase(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {holds}}, false);
    ahttp_connector *connector = ahttp_connector_new(.loop = f.loop, .limit = 1);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_future *busy = ahttp_get(session, server_url(f.server, "/"));
    run_until(&f, SERVER_REQUESTS, 1);

    assert_facts(error_of(ahttp_get(session, server_url(f.server, "/"), TIMES(.pool_ms = 20))),
                 AHTTP_E_POOL_TIMEOUT, AHTTP_PHASE_POOL, AHTTP_RESEND_SAFE);
    assert_facts(error_of(ahttp_get(session, server_url(f.server, "/"), TIMES(.total_ms = 20))),
                 AHTTP_E_TOTAL_TIMEOUT, AHTTP_PHASE_POOL, AHTTP_RESEND_SAFE);
    ahttp_future_cancel(busy);
    assert_facts(error_of(busy), AHTTP_E_CANCELLED, AHTTP_PHASE_HEAD, AHTTP_RESEND_UNKNOWN);

    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static const server_step keeps_then_closes[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), READ_REQUEST, CLOSE};

static void what_a_kept_connection_swallowed_is_unknown(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {keeps_then_closes, keeps_then_closes, says_nothing}},
              false);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    assert_facts(error_of(ahttp_post(f.session, server_url(f.server, "/"), .text = "x")),
                 AHTTP_E_DISCONNECTED, AHTTP_PHASE_HEAD, AHTTP_RESEND_UNKNOWN);
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    assert_facts(error_of(ahttp_get(f.session, server_url(f.server, "/"))), AHTTP_E_DISCONNECTED,
                 AHTTP_PHASE_HEAD, AHTTP_RESEND_UNKNOWN);
}

static void it_stays_unknown_when_the_second_sending_never_begins(void **state)
{
    (void)state;
    f = start(&(server_script){.connections = {keeps_then_closes}}, false);
    char *url = strdup(server_url(f.server, "/"));

    assert_text(ahttp_get(f.session, url), "ok");
    ahttp_future *request = ahttp_get(f.session, url);
    server_stop(f.server); /* which reads it or not, and takes no connection any more */
    const ahttp_error *error = error_of(request);

    assert_int_equal(error->code, AHTTP_E_CONNECT);
    assert_int_equal(error->phase, AHTTP_PHASE_CONNECT);
    assert_int_equal(error->resend, AHTTP_RESEND_UNKNOWN);
    f.server = server_start(NULL);
    free(url);
}

static void behind_a_redirect_an_answer_has_come(void **state)
{
    (void)state;
    static char answer[200]; /* the server ends after this function */
    static const server_step redirects[] = {READ_REQUEST, SEND(answer), HOLD};
    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n",
             server_refused_port());
    f = start(&(server_script){.connections = {redirects}}, false);

    assert_facts(error_of(ahttp_get(f.session, server_url(f.server, "/"))), AHTTP_E_CONNECT,
                 AHTTP_PHASE_CONNECT, AHTTP_RESEND_ANSWERED);
}

#if AHTTP_TLS
static void a_handshake_knows_its_reason(void **state)
{
    (void)state;
    f = start(NULL, false);
    tls_front *front = tls_front_start(server_port(f.server));
    ahttp_tls *other = ahttp_tls_new(.max_version = AHTTP_TLS_1_2, .ciphers = "AES128-SHA");
    char path[] = "/tmp/ahttp-root-XXXXXX";
    close(mkstemp(path));
    certificate *root = certificate_new(.common_name = "Stranger", .is_ca = true);
    certificate_write(root, path, NULL);
    ahttp_tls *nobody = ahttp_tls_new(.ca_file = path);

    const ahttp_error *error =
        error_of(ahttp_get(f.session, tls_front_url(front, "/ok"), .tls = other));
    assert_facts(error, AHTTP_E_TLS, AHTTP_PHASE_TLS, AHTTP_RESEND_SAFE);
    assert_non_null(error->tls_reason);
    error = error_of(ahttp_get(f.session, tls_front_url(front, "/ok"), .tls = nobody));
    assert_facts(error, AHTTP_E_CERTIFICATE, AHTTP_PHASE_TLS, AHTTP_RESEND_SAFE);
    assert_non_null(strstr(error->tls_reason, "issuer certificate"));

    ahttp_tls_unref(other);
    ahttp_tls_unref(nobody);
    certificate_free(root);
    unlink(path);
    tls_front_stop(front);
}
#endif

#define HERE(test) cmocka_unit_test_teardown(test, end_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(a_refused_connection_knows_address_and_errno),
        HERE(a_failure_does_not_have_the_status_of_an_earlier_request),
        HERE(what_was_never_sent_is_safe),
        HERE(waiting_for_a_connection_is_a_phase),
        HERE(what_a_kept_connection_swallowed_is_unknown),
        HERE(it_stays_unknown_when_the_second_sending_never_begins),
        HERE(behind_a_redirect_an_answer_has_come),
#if AHTTP_TLS
        HERE(a_handshake_knows_its_reason),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
