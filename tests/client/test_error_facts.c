/* SPDX-License-Identifier: MIT */
/* What an error knows: in which phase of the request it happened, of whom, and whether the
   request may be sent again. */
#include "fixture.h"

#include <errno.h>
#if AHTTP_TLS
#include "support/certificates.h"
#include "support/tls_front.h"
#include <unistd.h>
#endif

static fixture f;

static int end(void **state)
{
    (void)state;
    finish(&f);
    return 0;
}

/* What it fails with; valid until the next await. */
static const ahttp_error *error_of(ahttp_future *future)
{
    if (ahttp_await(future))
        fail_msg("it did not fail");
    return ahttp_task_error();
}

static const ahttp_error *body_error_of(ahttp_future *request)
{
    ahttp_response *response = response_of(request);

    error_of(ahttp_response_read(response));
    ahttp_response_unref(response);
    return ahttp_task_error();
}

/* ---- One server, one script, one request ---- */

static const server_step says_nothing[] = {READ_REQUEST, CLOSE};
static const server_step half_a_head[] = {READ_REQUEST, SEND("HTTP/1.1 20"), CLOSE};
static const server_step garbage[] = {READ_REQUEST, SEND("hello\r\n\r\n"), CLOSE};
static const server_step interim[] = {READ_REQUEST, SEND("HTTP/1.1 103 Hints\r\n\r\n"), CLOSE};
static const server_step half_a_body[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), CLOSE};
static const server_step not_found[] = {
    READ_REQUEST, SEND("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), CLOSE};
static const server_step bad_redirect[] = {
    READ_REQUEST, SEND("HTTP/1.1 302 No\r\nLocation: ftp://h/\r\nContent-Length: 0\r\n\r\n"),
    CLOSE};
static const server_step holds[] = {READ_REQUEST, HOLD};
static const server_step takes_nothing[] = {READ_HEAD, STOP_READING, WAIT_GATE(1), CLOSE};
static const server_step refuses_tunnel[] = {
    READ_HEAD, SEND("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), CLOSE};
static const server_step socks_refuses[] = {READ_BYTES(3), SEND_BYTES("\5\377", 2), CLOSE};

enum { HUGE = 64 << 20 };

typedef struct row {
    const char *name;
    const server_step *script;
    ahttp_request_options request;
    const char *proxy; /* scheme of the server, which is the proxy then */
    int code;
    ahttp_phase phase;
    ahttp_resend resend;
    int status;
    bool in_body, big, was_on_wire;
} row;

#define TIMES(...) .timeout = {__VA_ARGS__}

static const row rows[] = {
    {.name = "nothing",
     .script = says_nothing,
     .code = AHTTP_E_DISCONNECTED,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_UNKNOWN,
     .was_on_wire = true},
    {.name = "half a head",
     .script = half_a_head,
     .code = AHTTP_E_DISCONNECTED,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED,
     .was_on_wire = true},
    {.name = "garbage",
     .script = garbage,
     .code = AHTTP_E_PROTOCOL,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED,
     .was_on_wire = true},
    {.name = "interim only",
     .script = interim,
     .code = AHTTP_E_DISCONNECTED,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED,
     .was_on_wire = true},
    {.name = "half a body",
     .script = half_a_body,
     .code = AHTTP_E_BODY_CUT,
     .phase = AHTTP_PHASE_BODY,
     .resend = AHTTP_RESEND_ANSWERED,
     .status = 200,
     .in_body = true,
     .was_on_wire = true},
    {.name = "a status",
     .script = not_found,
     .request = {.raise_for_status = AHTTP_RAISE_FAILURES},
     .code = AHTTP_E_STATUS,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED,
     .status = 404,
     .was_on_wire = true},
    {.name = "a bad redirect",
     .script = bad_redirect,
     .code = AHTTP_E_REDIRECT_SCHEME,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_ANSWERED,
     .status = 302,
     .was_on_wire = true},
    {.name = "first byte",
     .script = holds,
     .request = {TIMES(.first_byte_ms = 30)},
     .code = AHTTP_E_FIRST_BYTE_TIMEOUT,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_UNKNOWN,
     .was_on_wire = true},
    {.name = "total",
     .script = holds,
     .request = {TIMES(.total_ms = 30)},
     .code = AHTTP_E_TOTAL_TIMEOUT,
     .phase = AHTTP_PHASE_HEAD,
     .resend = AHTTP_RESEND_UNKNOWN,
     .was_on_wire = true},
    {.name = "write",
     .script = takes_nothing,
     .request = {TIMES(.write_ms = 50)},
     .code = AHTTP_E_WRITE_TIMEOUT,
     .phase = AHTTP_PHASE_SEND,
     .resend = AHTTP_RESEND_UNKNOWN,
     .big = true,
     .was_on_wire = true},
    {.name = "a tunnel",
     .script = refuses_tunnel,
     .proxy = "http",
     .code = AHTTP_E_PROXY,
     .phase = AHTTP_PHASE_PROXY,
     .status = 403},
    {.name = "SOCKS",
     .script = socks_refuses,
     .proxy = "socks5h",
     .code = AHTTP_E_PROXY,
     .phase = AHTTP_PHASE_PROXY},
};

static void hold(const row *it)
{
    ahttp_request_options request = it->request;
    char proxy[64], host[32];
    char *body = it->big ? calloc(1, HUGE) : NULL;

    f = start(&(server_script){.connections = {it->script}}, false);
    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", it->proxy, server_port(f.server));
    snprintf(host, sizeof host, "127.0.0.1:%u", server_port(f.server));
    request.size = sizeof request;
    request.url = it->proxy ? "http://a.test/" : server_url(f.server, "/");
    request.data = (ahttp_bytes){body, it->big ? HUGE : 0};
    if (it->proxy)
        request.proxy = (ahttp_proxy){.url = proxy, .tunnel = true};
    ahttp_future *future = ahttp_session_send(f.session, &request);
    const ahttp_error *error = it->in_body ? body_error_of(future) : error_of(future);

    if (error->code != it->code || error->phase != it->phase || error->resend != it->resend ||
        error->status != it->status || (error->address != NULL) != it->was_on_wire)
        fail_msg("%s: %s, phase %d, resend %d, status %d, address %s", it->name, error->message,
                 error->phase, error->resend, error->status, error->address ? error->address : "-");
    assert_string_equal(error->host, it->proxy ? "a.test:80" : host);
    if (error->address)
        assert_string_equal(error->address, host);
    assert_string_equal(error->method, "GET");
    assert_string_equal(error->url, request.url);
    server_open_gate(f.server, 1);
    free(body);
    finish(&f);
}

static void each_failure_knows_its_phase_and_whether_to_send_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        hold(&rows[i]);
}

/* ---- What needs more than that ---- */

static void assert_facts(const ahttp_error *error, int code, ahttp_phase phase, ahttp_resend resend)
{
    if (error->code != code || error->phase != phase || error->resend != resend)
        fail_msg("%s: %s, phase %d, resend %d", ahttp_error_name(error->code), error->message,
                 error->phase, error->resend);
}

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

#define HERE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_knows_its_phase_and_whether_to_send_again),
        HERE(a_refused_connection_knows_address_and_errno),
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
