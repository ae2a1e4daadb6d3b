/* SPDX-License-Identifier: MIT */
/* Each code that a request can fail with: how it comes about, in which phase, and whether the
   request may be sent again. */
#include "error_facts.h"

#include "http/compress.h"
#include "support/dns_server.h"
#if AHTTP_TLS
#include "support/tls_front.h"
#endif

enum { HUGE = 64 << 20, BOMB = 12 << 20, SOON_MS = 30 };

static fixture f;

/* ---- Servers ---- */

#define OK(fields) "HTTP/1.1 200 OK\r\n" fields
#define REDIRECT(location)                                                                         \
    {                                                                                              \
        READ_REQUEST,                                                                              \
            SEND("HTTP/1.1 307 No\r\nLocation: " location "\r\nContent-Length: 0\r\n\r\n"), AGAIN  \
    }

static const server_step holds[] = {READ_REQUEST, HOLD};
static const server_step says_nothing[] = {READ_REQUEST, CLOSE};
static const server_step half_a_head[] = {READ_REQUEST, SEND("HTTP/1.1 20"), CLOSE};
static const server_step garbage[] = {READ_REQUEST, SEND("hello\r\n\r\n"), CLOSE};
static const server_step interim[] = {READ_REQUEST, SEND("HTTP/1.1 103 Hints\r\n\r\n"), CLOSE};
static const server_step half_a_body[] = {READ_REQUEST, SEND(OK("Content-Length: 9\r\n\r\nhalf")),
                                          CLOSE};
static const server_step stops_in_the_body[] = {READ_REQUEST,
                                                SEND(OK("Content-Length: 9\r\n\r\nhalf")), HOLD};
static const server_step text[] = {
    READ_REQUEST, SEND(OK("Content-Type: text/plain\r\nContent-Length: 4\r\n\r\na\xff{\n")), AGAIN};
static const server_step json[] = {
    READ_REQUEST, SEND(OK("Content-Type: application/json\r\nContent-Length: 1\r\n\r\n{")), AGAIN};
static const server_step not_gzip[] = {
    READ_REQUEST, SEND(OK("Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone")), AGAIN};
static const server_step not_found[] = {
    READ_REQUEST, SEND("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), CLOSE};
static const server_step takes_nothing[] = {READ_HEAD, STOP_READING, WAIT_GATE(1), CLOSE};
static const server_step to_itself[] = REDIRECT("/");
static const server_step to_nowhere[] = REDIRECT("http://");
static const server_step to_ftp[] = REDIRECT("ftp://h/");
static const server_step refuses_tunnel[] = {
    READ_HEAD, SEND("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), CLOSE};
static const server_step socks_refuses[] = {READ_BYTES(3), SEND_BYTES("\5\377", 2), CLOSE};
static server_step bomb[4];
static ah_buf zipped;

static void make_bomb(void)
{
    static char head[128];
    char *zeros = calloc(1, BOMB);

    compress_level(&zipped, ah_str_make(zeros, BOMB), GZIP, 9);
    free(zeros);
    snprintf(head, sizeof head, OK("Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n"),
             zipped.len);
    memcpy(bomb,
           ((server_step[]){READ_REQUEST, SEND(head), SEND_BYTES(zipped.data, zipped.len), AGAIN}),
           sizeof bomb);
}

/* ---- Programs ---- */

static ahttp_body *file_that_is_not_there(void)
{
    return ahttp_body_file("/nowhere/at/all", 0, 0);
}

static ahttp_future *produce(void *ctx)
{
    static const ahttp_bytes piece = {"hello", 5};
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);
    bool *was_given = ctx;

    ahttp_promise_resolve(promise, *was_given ? NULL : (void *)(uintptr_t)&piece, NULL);
    *was_given = true;
    return future;
}

static bool was_given;

static ahttp_body *shorter_than_promised(void)
{
    was_given = false;
    return ahttp_body_produced(produce, &was_given, 9);
}

static ahttp_body *only_once(void)
{
    was_given = false;
    return ahttp_body_produced(produce, &was_given, 5);
}

static ahttp_future *give_nothing(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)request;
    (void)next;
    (void)ctx;
    ahttp_promise_resolve(promise, NULL, NULL);
    return future;
}

static ahttp_hop_choice refuse(const ahttp_hop *hop, void *ctx)
{
    (void)hop;
    (void)ctx;
    return AHTTP_HOP_REFUSE;
}

static bool allow_none(const char *address, void *ctx)
{
    (void)address;
    (void)ctx;
    return false;
}

static void *parse_nothing(const char *json_text, size_t len, char *why, size_t size)
{
    (void)json_text;
    (void)len;
    snprintf(why, size, "it is not closed");
    return NULL;
}

/* ---- The table ---- */

typedef enum reading { NOT_AT_ALL, WHOLE, AS_TEXT, AS_KLINGON, AS_JSON, BY_LINE } reading;
typedef enum hindrance { NONE, BUSY, CANCELLED, CLOSED } hindrance;

typedef struct row {
    int code;
    ahttp_phase phase;
    ahttp_resend resend;
    int status;
    bool was_on_wire; /* there is an address */

    server_script script;
    ahttp_request_options request;
    ahttp_session_options session;
    ahttp_connector_options connector;
    ahttp_body *(*body)(void);
    const char *url;   /* instead of that of the server; "https": the same by that scheme */
    const char *proxy; /* its scheme: the server is one; or all of its URL */
    reading reading;   /* fails, not the request */
    hindrance hindrance;
    bool big; /* its body */
    bool is_refused;
} row;

#define TIMES(...)    .request.timeout = {__VA_ARGS__}
#define NEVER_SENT(p) .phase = AHTTP_PHASE_##p, .resend = AHTTP_RESEND_SAFE
#define UNANSWERED(p) .phase = AHTTP_PHASE_##p, .resend = AHTTP_RESEND_UNKNOWN, .was_on_wire = true
#define ANSWERED(p)   .phase = AHTTP_PHASE_##p, .resend = AHTTP_RESEND_ANSWERED, .was_on_wire = true

static const row rows[] = {
    /* The program's affair. */
    {AHTTP_E_ARGUMENT, NEVER_SENT(NONE), .request = {.text = "a", .json = "{}"}},
    {AHTTP_E_URL, NEVER_SENT(NONE), .url = "nonsense"},
    {AHTTP_E_CLOSED, NEVER_SENT(NONE), .hindrance = CLOSED},
    {AHTTP_E_SYSTEM, NEVER_SENT(PREPARE), .body = file_that_is_not_there},
    {AHTTP_E_STATE, NEVER_SENT(PREPARE),
     .request.middlewares = (const ahttp_middleware[]){{.fn = give_nothing}, {.fn = NULL}}},
    {AHTTP_E_CANCELLED, UNANSWERED(HEAD), .script.others = holds, .hindrance = CANCELLED},
    {AHTTP_E_BODY_LENGTH, UNANSWERED(SEND), .script.others = holds, .body = shorter_than_promised},

    /* On the way to the host. */
    {AHTTP_E_POOL_TIMEOUT, NEVER_SENT(POOL), TIMES(.pool_ms = SOON_MS), .script.others = holds,
     .connector.limit = 1, .hindrance = BUSY},
    {AHTTP_E_DNS, NEVER_SENT(DNS), .url = "http://gone.test/"},
    {AHTTP_E_DNS_TIMEOUT, NEVER_SENT(DNS), TIMES(.dns_ms = SOON_MS), .url = "http://silent.test/"},
    {AHTTP_E_ADDRESS_REFUSED, NEVER_SENT(DNS), .connector.allow_address = allow_none},
    {AHTTP_E_CONNECT, NEVER_SENT(CONNECT), .is_refused = true, .was_on_wire = true},
    {AHTTP_E_CONNECT_TIMEOUT, NEVER_SENT(CONNECT), TIMES(.connect_ms = SOON_MS),
     .script.black_hole = true, .was_on_wire = true},
    {AHTTP_E_PROXY_DNS, NEVER_SENT(DNS), .proxy = "http://gone.test:80"},
    {AHTTP_E_PROXY_CONNECT, NEVER_SENT(CONNECT), .proxy = "http", .is_refused = true,
     .was_on_wire = true},
    {AHTTP_E_PROXY, NEVER_SENT(PROXY), .status = 403, .script.others = refuses_tunnel,
     .proxy = "http"},
    {AHTTP_E_PROXY, NEVER_SENT(PROXY), .script.others = socks_refuses, .proxy = "socks5h"},

    /* On the wire. */
    {AHTTP_E_WRITE_TIMEOUT, UNANSWERED(SEND), TIMES(.write_ms = SOON_MS),
     .script.others = takes_nothing, .big = true},
    {AHTTP_E_DISCONNECTED, UNANSWERED(HEAD), .script.others = says_nothing},
    {AHTTP_E_DISCONNECTED, ANSWERED(HEAD), .script.others = half_a_head},
    {AHTTP_E_DISCONNECTED, ANSWERED(HEAD), .script.others = interim},
    {AHTTP_E_FIRST_BYTE_TIMEOUT, UNANSWERED(HEAD), TIMES(.first_byte_ms = SOON_MS),
     .script.others = holds},
    {AHTTP_E_TOTAL_TIMEOUT, UNANSWERED(HEAD), TIMES(.total_ms = 10 * SOON_MS),
     .script.others = holds},
    {AHTTP_E_PROTOCOL, ANSWERED(HEAD), .script.others = garbage},
    {AHTTP_E_HEAD_TOO_LARGE, ANSWERED(HEAD), .script.others = text, .request.max_fields = 1},

    /* What the response is. */
    {AHTTP_E_STATUS, ANSWERED(HEAD), .status = 404, .script.others = not_found,
     .request.raise_for_status = AHTTP_RAISE_FAILURES},
    {AHTTP_E_TOO_MANY_REDIRECTS, ANSWERED(HEAD), .status = 307, .script.others = to_itself},
    {AHTTP_E_REDIRECT_URL, ANSWERED(HEAD), .status = 307, .script.others = to_nowhere},
    {AHTTP_E_REDIRECT_SCHEME, ANSWERED(HEAD), .status = 307, .script.others = to_ftp},
    {AHTTP_E_REDIRECT_REFUSED, ANSWERED(HEAD), .status = 307, .script.others = to_itself,
     .request.on_redirect = refuse},
    {AHTTP_E_BODY_ONCE, ANSWERED(HEAD), .status = 307, .script.others = to_itself,
     .body = only_once},

    /* Its body. */
    {AHTTP_E_BODY_CUT, ANSWERED(BODY), .status = 200, .script.others = half_a_body,
     .reading = WHOLE},
    {AHTTP_E_READ_TIMEOUT, ANSWERED(BODY), TIMES(.read_ms = SOON_MS), .status = 200,
     .script.others = stops_in_the_body, .reading = WHOLE},
    {AHTTP_E_BODY_TOO_LARGE, ANSWERED(BODY), .status = 200, .script.others = text,
     .session.max_body_bytes = 1, .reading = WHOLE},
    {AHTTP_E_CODING, ANSWERED(BODY), .status = 200, .script.others = not_gzip, .reading = WHOLE},
    {AHTTP_E_DECODED_TOO_LARGE, ANSWERED(BODY), .status = 200, .script.others = bomb,
     .reading = WHOLE},
    {AHTTP_E_CHARSET, ANSWERED(BODY), .status = 200, .script.others = text, .reading = AS_TEXT},
    {AHTTP_E_UNSUPPORTED, ANSWERED(BODY), .status = 200, .script.others = text,
     .reading = AS_KLINGON},
    {AHTTP_E_CONTENT_TYPE, ANSWERED(BODY), .status = 200, .script.others = text,
     .reading = AS_JSON},
    {AHTTP_E_JSON, ANSWERED(BODY), .status = 200, .script.others = json, .reading = AS_JSON},
    {AHTTP_E_LINE_TOO_LONG, ANSWERED(BODY), .status = 200, .script.others = text,
     .reading = BY_LINE},
};

/* Those that need more than a row, or are of no request. */
static const int elsewhere[] = {
    AHTTP_E_NO_MEMORY,   /* for_each_allocation everywhere */
    AHTTP_E_TIMEOUT,     /* of ahttp_within and scopes */
    AHTTP_E_INTERRUPTED, /* of ahttp_run */
};

/* ---- One row ---- */

static bool seen[AHTTP_ERROR_LAST - AHTTP_ERROR_FIRST];

/* When it is done: time passes where all wait for each other. */
static ahttp_future *in_time(ahttp_future *future)
{
    while (!ahttp_future_done(future)) {
        settle(&f);
        if (!ahttp_future_done(future))
            ahttp_loop_advance(f.loop, SOON_MS);
    }
    return future;
}

static ahttp_future *read_as(reading how, ahttp_response *response)
{
    switch (how) {
    case AS_TEXT: return ahttp_response_text(response);
    case AS_KLINGON: return ahttp_response_text_as(response, "klingon", false);
    case AS_JSON: return ahttp_response_json(response, parse_nothing, NULL, false);
    case BY_LINE: return ahttp_stream_read_line(ahttp_response_stream(response), 2);
    default: return ahttp_response_read(response);
    }
}

static ahttp_future *send(const row *it, ahttp_session *session, ahttp_request_options request)
{
    static char url[64], proxy[64];
    unsigned port = it->is_refused ? server_refused_port() : server_port(f.server);

    snprintf(url, sizeof url, "%s://127.0.0.1:%u/", it->url ? it->url : "http", port);
    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", it->proxy, port);
    request.size = sizeof request;
    request.url = it->proxy                                  ? "http://a.test/"
                  : it->url && strcmp(it->url, "https") != 0 ? it->url
                                                             : url;
    if (it->body)
        request.body = it->body();
    if (it->proxy)
        request.proxy =
            (ahttp_proxy){.url = strchr(it->proxy, ':') ? it->proxy : proxy, .tunnel = true};
    return ahttp_session_send(session, &request);
}

static void look(const row *it, const ahttp_error *error)
{
    const char *url = it->proxy ? "http://a.test/" : NULL;

    if (error->code != it->code || error->phase != it->phase || error->resend != it->resend ||
        error->status != it->status || (error->address != NULL) != it->was_on_wire)
        fail_msg("%s: %s, phase %d, resend %d, status %d, address %s", ahttp_error_name(it->code),
                 error->message, error->phase, error->resend, error->status,
                 error->address ? error->address : "-");
    seen[it->code - AHTTP_ERROR_FIRST] = true;
    if (it->phase == AHTTP_PHASE_NONE)
        return;
    assert_string_equal(error->method, "GET");
    assert_non_null(error->host);
    if (url)
        assert_string_equal(error->url, url);
}

static void hold(const row *it)
{
    static const dns_rule rules[] = {
        {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
        {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
        {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
    };
    ahttp_connector_options connector_options = it->connector;
    ahttp_session_options session_options = it->session;
    ahttp_request_options request = it->request;
    char *huge = it->big ? calloc(1, HUGE) : NULL;
    dns_server *dns = dns_server_start(rules);

    f = start(&it->script, true);
    connector_options.size = sizeof connector_options;
    connector_options.loop = f.loop;
    connector_options.dns_servers = dns_server_text(dns);
    session_options.size = sizeof session_options;
    session_options.connector = ahttp_connector_create(&connector_options);
    ahttp_session *session = ahttp_session_create(&session_options);
    request.data = (ahttp_bytes){huge, it->big ? HUGE : 0};
    if (it->hindrance == BUSY) {
        ahttp_drop(ahttp_get(session, server_url(f.server, "/")));
        run_until(&f, SERVER_REQUESTS, 1);
    }
    if (it->hindrance == CLOSED)
        ahttp_drop(ahttp_session_close(session));
    ahttp_future *future = send(it, session, request);
    if (it->hindrance == CANCELLED) {
        run_until(&f, SERVER_REQUESTS, 1);
        ahttp_future_cancel(future);
    }
    ahttp_response *response = it->reading ? response_of(in_time(future)) : NULL;
    look(it, error_of(in_time(response ? read_as(it->reading, response) : future)));
    ahttp_response_unref(response);

    server_open_gate(f.server, 1);
    ahttp_drop(ahttp_session_close(session));
    ahttp_session_unref(session);
    ahttp_connector_unref(session_options.connector);
    finish(&f);
    dns_server_stop(dns);
    free(huge);
}

static void each_failure_knows_its_phase_and_whether_to_send_again(void **state)
{
    (void)state;
    make_bomb();
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        hold(&rows[i]);
    ah_buf_release(&zipped);
}

#if AHTTP_TLS
static const server_step greets[] = {SEND("hello, who is there?\r\n"), HOLD};

static void with_tls(const char *url, ahttp_tls *tls, row it)
{
    it.url = url;
    it.request.tls = tls;
    hold(&it);
    ahttp_tls_unref(tls);
}

static void failures_of_tls_are_safe(void **state)
{
    static const char pin[] =
        "cert-sha256:0000000000000000000000000000000000000000000000000000000000000000";
    (void)state;
    test_server *server = server_start(NULL);
    tls_front *front = tls_front_start(server_port(server));
    char url[64];
    snprintf(url, sizeof url, "%s", tls_front_url(front, "/ok"));

    with_tls("https", NULL, (row){AHTTP_E_TLS, NEVER_SENT(TLS), .script.others = greets});
    with_tls("https", NULL,
             (row){AHTTP_E_TLS_TIMEOUT, NEVER_SENT(TLS), TIMES(.tls_ms = SOON_MS),
                   .script.others = holds});
    with_tls(url, NULL,
             (row){AHTTP_E_CERTIFICATE, NEVER_SENT(TLS), .request.server_name = "other.test"});
    with_tls(url, ahttp_tls_new(.pins = AHTTP_PINS(pin)), (row){AHTTP_E_PIN, NEVER_SENT(TLS)});
    with_tls(url, ahttp_tls_new(.ca_file = "/nowhere/at/all"),
             (row){AHTTP_E_TLS_SETTINGS, NEVER_SENT(TLS)});

    tls_front_stop(front);
    server_stop(server);
}
#else
static void failures_of_tls_are_safe(void **state)
{
    (void)state;
    for (int code = AHTTP_ERROR_FIRST + 1; code < AHTTP_ERROR_LAST; code++)
        if (ahttp_error_is(code, AHTTP_KIND_TLS))
            seen[code - AHTTP_ERROR_FIRST] = true; /* there is none in this library */
}
#endif

static void there_is_no_other_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
        seen[elsewhere[i] - AHTTP_ERROR_FIRST] = true;
    for (int code = AHTTP_ERROR_FIRST + 1; code < AHTTP_ERROR_LAST; code++)
        if (!seen[code - AHTTP_ERROR_FIRST])
            fail_msg("no row has %s", ahttp_error_name(code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_knows_its_phase_and_whether_to_send_again),
        cmocka_unit_test(failures_of_tls_are_safe),
        cmocka_unit_test(there_is_no_other_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
