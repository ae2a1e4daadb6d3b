/* SPDX-License-Identifier: MIT */
/* Secrets are planted wherever a request can have one, and requests succeed and fail in many ways:
   no line of the log, no text of an error or a trace, no report of debug mode and no archive has
   one of them. */
#include "sending.h"

#include <stdarg.h>

#define SECRET "SECRET"

static int lines, texts;
static const char *doing; /* which kind of request */

/* The secret itself, and as base64 has it at each of three offsets. */
static void look(const char *what, const char *text)
{
    static const char *const forms[] = {SECRET, "U0VDUkVU", "OlNFQ1JFV", "pTRUNSRV", "TRUNSRV"};

    texts++;
    for (size_t i = 0; text && i < COUNT_OF(forms); i++)
        if (strstr(text, forms[i]))
            fail_msg("%s: a secret is in a %s: %s", doing, what, text);
}

static void on_line(ahttp_log_level level, const char *topic, const char *text, void *ctx)
{
    (void)level;
    (void)topic;
    (void)ctx;
    lines++;
    look("line of the log", text);
}

static void on_report(const char *sentence, void *ctx)
{
    (void)ctx;
    look("report", sentence);
}

/* Heads are shown to traces as they are; all else is not. */
static void on_event(const ahttp_trace_info *info, void *ctx)
{
    (void)ctx;
    look("URL of a trace", info->url);
    look("text of a trace", info->text);
}

static const ahttp_trace trace = {.size = sizeof trace, .any = on_event};

static void look_at_error(const ahttp_error *error)
{
    look("message", error->message);
    look("URL of an error", error->url);
    look("host of an error", error->host);
    look("address of an error", error->address);
    look("reason of TLS", error->tls_reason);
    for (const ahttp_error_hop *hop = error->hops; hop && hop->url; hop++)
        look("hop of an error", hop->url);
}

static void look_at_response(ahttp_response *response)
{
    const ahttp_bytes *body;

    look("URL", ahttp_response_url(response));
    look("real URL", ahttp_response_real_url(response));
    body = ahttp_await(ahttp_response_read(response));
    if (!body)
        look_at_error(ahttp_task_error());
    ahttp_response_unref(response);
}

static void finish_one(ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    if (response)
        look_at_response(response);
    else
        look_at_error(ahttp_task_error());
}

/* ---- The server, which has secrets of its own ---- */

#define CHALLENGE                                                                                  \
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\nSet-Cookie: id=" SECRET    \
    "\r\n"

/* Where "/to/N" leads to; PORT is that of the server. */
static const char *const locations[] = {
    "/ok",
    "//",
    "http://me:" SECRET "@localhost:PORT/ok",
    "//me:" SECRET "@localhost:PORT/ok",
    "http://me:" SECRET "@localhost:PORT1/",
    "ftp://me:" SECRET "@localhost:PORT/",
    "http://me:" SECRET "@bad host:PORT/",
    "https://me:" SECRET "@localhost:PORT/",
    "http://me:" SECRET "@gone.invalid/",
};

static void redirect(server_connection *connection, const server_request *request)
{
    const char *location = locations[atoi(request->target + strlen("/to/"))];
    const char *port = strstr(location, "PORT");
    const char *host = strstr(request->head, "Host: ");
    const char *own = strchr(host + strlen("Host: "), ':') + 1;
    int before = (int)(port ? (size_t)(port - location) : strlen(location));

    server_sendf(connection,
                 "HTTP/1.1 302 Found\r\nLocation: %.*s%.*s%s\r\nSet-Cookie: id=" SECRET
                 "\r\nX-Auth-Token: " SECRET "\r\nContent-Length: 0\r\n\r\n",
                 before, location, port ? (int)strcspn(own, "\r") : 0, own,
                 port ? port + strlen("PORT") : "");
}

static void answer(server_connection *connection, const server_request *request, void *ctx)
{
    if (strncmp(request->target, "/to/", 4) == 0)
        redirect(connection, request);
    else if (strcmp(request->target, "/challenge") == 0)
        server_reply(connection, request, 401, CHALLENGE, "who?");
    else if (strcmp(request->target, "/cookie") == 0)
        server_reply(connection, request, 200, "Set-Cookie: id=" SECRET "; Path=/\r\n", "ok");
    else if (strncmp(request->method, "CONNECT", 7) == 0)
        server_reply(connection, request, 407, "Proxy-Authenticate: Basic realm=\"r\"\r\n", "who?");
    else
        server_routes(connection, request, ctx);
}

static ahttp_session *session;
static ahttp_har *har;

static int begin(void **state)
{
    (void)state;
    f = (fixture){.server = server_start(&(server_script){.handler = answer}),
                  .loop = ahttp_loop_new(.debug = true)};
    ahttp_loop_set_log(f.loop, AHTTP_LOG_TRACE, on_line, NULL);
    ahttp_loop_set_report(f.loop, on_report, NULL);
    ahttp_cookie_jar *jar = ahttp_cookie_jar_new(.ip_hosts = true);
    har = ahttp_har_new(false);
    f.session = ahttp_session_new(.loop = f.loop);
    session =
        ahttp_session_new(.loop = f.loop, .cookie_jar = jar,
                          .traces = AHTTP_TRACES(&trace, ahttp_har_trace(har)),
                          .headers = AHTTP_PAIRS({"X-Session-Id", SECRET}, {"X-Pin", SECRET}),
                          .secret_headers = AHTTP_NAMES("X-Pin"), .timeout = {.total_ms = 300});
    ahttp_cookie_jar_unref(jar);
    return f.session && session ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_session_unref(session);
    finish(&f);
    ahttp_har_free(har);
    return 0;
}

static const char *at(const char *format, ...)
{
    static char urls[4][300];
    static unsigned next;
    char path[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    char *url = urls[next++ % 4];
    snprintf(url, sizeof urls[0], "http://me:" SECRET "@127.0.0.1:%u%s", server_port(f.server),
             path);
    return url;
}

/* ---- Kinds of requests ---- */

static ahttp_future *give_token(const ahttp_auth_request *request, void *ctx)
{
    static const ahttp_pair fields[] = {{"Authorization", "Bearer " SECRET}, {NULL, NULL}};
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)request;
    (void)ctx;
    ahttp_promise_resolve(promise, (void *)(uintptr_t)fields, NULL);
    return future;
}

static ahttp_future *sign(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    (void)ctx;
    ahttp_outgoing_set_header(request, "X-Secret-Signature", SECRET);
    look("URL of a middleware", ahttp_outgoing_url(request));
    return ahttp_next_send(next);
}

static void credentials_of_all_kinds(const char *path)
{
    const char *plain = server_url(f.server, path);

    finish_one(ahttp_get(session, at("%s", path)));
    finish_one(ahttp_get(session, plain, .auth = "me:" SECRET));
    finish_one(ahttp_get(session, plain, .bearer = SECRET));
    finish_one(ahttp_get(session, plain, .digest_auth = "me:" SECRET));
    finish_one(ahttp_get(session, plain, .authorize = give_token));
    finish_one(ahttp_get(session, plain,
                         .headers = AHTTP_PAIRS({"Authorization", SECRET}, {"Cookie", SECRET},
                                                {"Proxy-Authorization", SECRET},
                                                {"X-Api-Key", SECRET}, {"X-Own", SECRET}),
                         .secret_headers = AHTTP_NAMES("x-own")));
    finish_one(ahttp_get(session, plain, .cookies = AHTTP_PAIRS({"a", SECRET})));
    finish_one(ahttp_get(session, plain, .middlewares = AHTTP_MIDDLEWARES({sign, NULL, NULL})));
    finish_one(
        ahttp_get(session, plain,
                  .fields_text = "Host: h\r\nAuthorization: " SECRET "\r\nCookie: " SECRET "\r\n"));
    finish_one(ahttp_post(session, plain, .text = SECRET));
    finish_one(ahttp_post(session, plain, .form = AHTTP_PAIRS({"password", SECRET})));
    finish_one(ahttp_get(session, at("%s", path), .raise_for_status = AHTTP_RAISE_FAILURES));
}

static void requests_with_credentials(void **state)
{
    static const char *const paths[] = {"/ok",   "/challenge",    "/cookie",    "/status/500",
                                        "/drop", "/reset",        "/chunked/5", "/to/0",
                                        "/to/1", "/until-close/5"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        doing = paths[i];
        credentials_of_all_kinds(paths[i]);
    }
    finish_one(ahttp_get(session, at("/gate/9"), .timeout = {.total_ms = 20}));
    assert_true(lines > 1000);
}

static void redirects_that_have_credentials(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(locations); i++) {
        doing = locations[i];
        finish_one(ahttp_get(session, at("/to/%u", i)));
        finish_one(ahttp_get(session, at("/to/%u", i), .redirects = AHTTP_REDIRECTS_RETURN));
        finish_one(ahttp_post(session, at("/to/%u", i), .text = "x", .no_downgrade = true));
    }
}

static void urls_that_are_none(void **state)
{
    static const char *const urls[] = {
        "http://me:" SECRET "@h:99999/", "http://me:" SECRET "@/",
        "ftp://me:" SECRET "@h/",        "me:" SECRET "@h",
        "http:me:" SECRET "@h/",         "//me:" SECRET "@h/",
        "http://me:" SECRET "@127.1/",   "http://me:" SECRET "@a b/"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        doing = urls[i];
        finish_one(ahttp_get(session, urls[i]));
        finish_one(ahttp_get(session, server_url(f.server, "/ok"), .proxy.url = urls[i]));
    }
}

static void proxies_with_passwords(void **state)
{
    static const char *const schemes[] = {"http", "https", "socks4", "socks5", "socks5h"};
    const unsigned ports[] = {server_port(f.server), server_refused_port()};
    char proxy[100];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(schemes) * COUNT_OF(ports); i++) {
        snprintf(proxy, sizeof proxy, "%s://me:" SECRET "@127.0.0.1:%u",
                 schemes[i % COUNT_OF(schemes)], ports[i / COUNT_OF(schemes)]);
        doing = proxy;
        for (int tunnel = 0; tunnel < 2; tunnel++)
            finish_one(ahttp_get(session, at("/ok"), .timeout = {.total_ms = 200},
                                 .proxy = {.url = proxy,
                                           .tunnel = tunnel,
                                           .headers = AHTTP_PAIRS({"X-Token", SECRET})}));
        finish_one(ahttp_get(session, "https://a.test/", .timeout = {.total_ms = 200},
                             .proxy = {.url = proxy, .auth = "you:" SECRET}));
    }
}

#if AHTTP_TLS
static void keys_with_passwords(void **state)
{
    const char *path = make_file("no key", 6);
    (void)state;
    doing = "a key";
    ahttp_tls *tls = ahttp_tls_new(.cert_file = path, .key_file = path, .password = SECRET);

    look_at_error(ahttp_tls_error(tls));
    finish_one(ahttp_get(session, "https://me:" SECRET "@127.0.0.1/", .tls = tls));
    ahttp_tls_unref(tls);
    remove_file(path);
}
#endif

static void what_is_forgotten(void **state)
{
    int before = texts;
    (void)state;
    doing = "what is forgotten";
    ahttp_loop *loop = ahttp_loop_new(.debug = true);
    ahttp_loop_set_report(loop, on_report, NULL);
    ahttp_session *forgotten = ahttp_session_new(.loop = loop, .auth = "me:" SECRET);

    ahttp_response *response = ahttp_await(ahttp_get(forgotten, at("/bytes/100000")));
    ahttp_drop(ahttp_get(forgotten, "http://me:" SECRET "@h:99999/"));
    assert_int_equal(ahttp_await_status(ahttp_sleep(1)), 0);
    assert_int_equal(ahttp_loop_close(loop), 0);
    assert_true(texts > before + 1);
    ahttp_response_unref(response);
    ahttp_session_unref(forgotten);
}

static void archives(void **state)
{
    (void)state;
    credentials_of_all_kinds("/ok");
    credentials_of_all_kinds("/cookie");
    finish_one(ahttp_get(session, at("/to/2")));
    assert_int_equal(ahttp_await_status(ahttp_sleep(1)), 0);

    doing = "an archive";
    const char *text = ahttp_har_text(har).data;
    assert_non_null(strstr(text, "X-Pin"));
    assert_non_null(strstr(text, "Location"));
    look("archive", text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(requests_with_credentials),
        TEST(redirects_that_have_credentials),
        TEST(urls_that_are_none),
        TEST(proxies_with_passwords),
#if AHTTP_TLS
        TEST(keys_with_passwords),
#endif
        TEST(what_is_forgotten),
        TEST(archives),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
