/* SPDX-License-Identifier: MIT */
#include "tunnel_fixture.h"

#include "conn/http_tunnel.h"
#include "support/failing_alloc.h"

#define WHAT "ask proxy http://p:3128 for [::1]:443"

static ah_http_tunnel *tunnel;
static const char *login;  /* the line to send */
static const char *answer; /* ... when it was challenged; NULL: there is no other */
static int challenges, openings;
static bool waits; /* whoever knows has to be asked first */

static void on_done(void *ctx, ah_transport *transport, ahttp_error *error)
{
    (void)ctx;
    tunnel = NULL;
    note(transport, error);
}

static int code_of_authorizing;

static int authorize(void *ctx, ah_str target, ah_buf *out)
{
    (void)ctx;
    assert_str(target, "[::1]:443");
    if (waits && !login)
        return AH_HTTP_TUNNEL_WAIT;
    ah_buf_append(out, ah_str_from(login));
    return code_of_authorizing;
}

static int challenged(void *ctx, const ahttp_headers *fields)
{
    (void)ctx;
    challenges++;
    assert_true(ah_headers_has(fields, AH_STR("Proxy-Authenticate")));
    if (waits)
        return AH_HTTP_TUNNEL_WAIT;
    if (!answer)
        return false;
    login = answer;
    answer = NULL;
    return true;
}

static void on_opened(void *ctx, const ahttp_headers *fields)
{
    (void)ctx;
    openings += ah_headers_has(fields, AH_STR("Via"));
}

static void ask(void)
{
    const ah_http_tunnel_request request = {.target = "[::1]:443",
                                            .what = WHAT,
                                            .fields_text = AH_STR("X: y\r\n"),
                                            .authorize = authorize,
                                            .challenged = challenged,
                                            .opened = on_opened};

    tunnel = ah_http_tunnel_open(loop, &wire.base, &request, on_done, NULL);
    if (tunnel)
        run_ready();
}

static int begin_tunnel(void **state)
{
    login = answer = NULL;
    challenges = openings = code_of_authorizing = 0;
    waits = false;
    return begin(state);
}

#define ASKED(login)                                                                               \
    "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n" login "X: y\r\n\r\n",                      \
        sizeof "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n" login "X: y\r\n\r\n" - 1
#define SAYS(text) text, sizeof text - 1

#define WANTS_LOGIN "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"

/* ---- Success ---- */

static void any_2xx_opens_the_way(void **state)
{
    (void)state;

    ask();
    assert_written(ASKED(""));
    arrives(SAYS("HTTP/1.1 299 Fine\r\nContent-Length: 5\r\n\r\n"));

    assert_int_equal(calls, 1);
    assert_ptr_equal(opened, &wire.base);
    assert_int_equal(wire.wanted, 0);
}

static void old_proxies_say_http_1_0(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.0 200 Connection established\r\n\r\n"));

    assert_ptr_equal(opened, &wire.base);
}

static void the_answer_may_come_byte_by_byte(void **state)
{
    (void)state;

    wire.most_a_read = 1;
    wire.write_room = 0;
    ask();
    for (int i = 0; i < 100; i++) {
        wire.write_room = 1;
        fake_turn(&wire);
    }
    assert_written(ASKED(""));
    arrives(SAYS("HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\nVia: p\r\n\r\n"));

    assert_ptr_equal(opened, &wire.base);
    assert_int_equal(openings, 1);
}

/* ---- Refusals ---- */

static void assert_response(int status, const char *name, const char *value, const char *body)
{
    const ahttp_pair *pair = refusal->headers;

    assert_int_equal(refusal->status, status);
    while (pair->name && strcmp(pair->name, name) != 0)
        pair++;
    assert_non_null(pair->name);
    assert_string_equal(pair->value, value);
    assert_int_equal(refusal->body.len, strlen(body));
    assert_memory_equal(refusal->body.data, body, strlen(body));
}

static void a_refusal_has_status_headers_and_body(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nX-Why: policy\r\n\r\nno"));
    assert_int_equal(calls, 0);
    arrives(SAYS("pe"));

    assert_refused(0, WHAT ": it answers 403 Forbidden");
    assert_response(403, "X-Why", "policy", "nope");
    assert_true(wire.closed);
}

static void a_refusal_may_end_with_the_connection(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 502\r\nA: b\r\n\r\nbad"));
    wire.ends = true;
    fake_turn(&wire);

    assert_refused(0, WHAT ": it answers 502");
    assert_response(502, "A", "b", "bad");
}

static void a_refusal_counts_also_when_its_body_is_cut_or_broken(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 503 Busy\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbad\r\nx"));

    assert_refused(0, WHAT ": it answers 503 Busy");
    assert_response(503, "A", "b", "bad");
}

static void a_redirect_is_a_refusal(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n"));

    assert_refused(0, WHAT ": it answers 302 Found");
    assert_response(302, "Location", "http://evil.test/", "");
}

static void of_a_long_refusal_the_beginning_is_kept(void **state)
{
    (void)state;
    ah_buf body = {0};

    for (int i = 0; i < AH_HTTP_TUNNEL_MOST_BODY + 1000; i++)
        ah_buf_append_char(&body, 'x');
    ask();
    arrives(SAYS("HTTP/1.1 500 Oh\r\nContent-Length: 1000000000\r\n\r\n"));
    assert_int_equal(calls, 0);
    arrives(body.data, body.len);

    assert_refused(0, WHAT ": it answers 500 Oh");
    assert_int_equal(refusal->body.len, AH_HTTP_TUNNEL_MOST_BODY);
    ah_buf_release(&body);
}

static void a_refusal_without_an_end_is_waited_for_as_long_as_it_comes(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n"));
    time_passes(AH_HTTP_TUNNEL_GAP_MS - 1);
    arrives(SAYS("why"));
    time_passes(AH_HTTP_TUNNEL_GAP_MS - 1);
    assert_int_equal(calls, 0);
    time_passes(1);

    assert_refused(0, WHAT ": it answers 400 Bad");
    assert_response(400, "Connection", "close", "why");
    assert_true(wire.closed);
}

static void assert_final(const char *status_line, bool is_final)
{
    if (calls > 0) {
        end(NULL);
        begin_tunnel(NULL);
    }
    ask();
    arrives(status_line, strlen(status_line));
    arrives(SAYS("\r\nContent-Length: 0\r\n\r\n"));

    assert_int_equal(refusal->kinds & AHTTP_KIND_RETRY, is_final ? 0 : AHTTP_KIND_RETRY);
    assert_true(ahttp_error_is(refusal->code, AHTTP_KIND_PROXY));
}

static void only_some_refusals_say_that_later_it_may_do(void **state)
{
    (void)state;
    assert_final("HTTP/1.1 403 Forbidden", true);
    assert_final("HTTP/1.1 407 Who\r\nProxy-Authenticate: Toy", true);
    assert_final("HTTP/1.1 302 Found", true);
    assert_final("HTTP/1.1 501 Never", true);
    assert_final("HTTP/1.1 429 Slowly", false);
    assert_final("HTTP/1.1 502 Oh", false);
    assert_final("HTTP/1.1 503 Busy", false);
    assert_final("HTTP/1.1 504 Late", false);
}

static void what_has_come_of_a_refusal_is_there_when_time_is_up(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 403 No\r\nA: b\r\nContent-Le"));
    assert_null(ah_http_tunnel_refusal(tunnel));
    arrives(SAYS("ngth: 9\r\n\r\nhalf"));
    refusal = ah_http_tunnel_refusal(tunnel);
    ah_http_tunnel_cancel(tunnel);

    assert_int_equal(calls, 0);
    assert_response(403, "A", "b", "half");
}

/* ---- What is no answer ---- */

static void garbage_is_no_answer(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("\5\0\0\0SSH-2.0-x\r\n"));

    assert_int_equal(calls, 1);
    assert_int_equal(refusal->code, AHTTP_E_PROXY);
    assert_int_equal(refusal->status, 0);
    assert_true(strncmp(refusal->message, SAYS(WHAT ": read response head: ")) == 0);
}

static void an_endless_head_is_no_answer(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < 65536 / 6; i++)
        arrives(SAYS("A: b\r\n"));

    assert_int_equal(calls, 1);
    assert_int_equal(refusal->code, AHTTP_E_PROXY);
}

static void bytes_behind_the_answer_cannot_be_the_host_s(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));

    assert_refused(0, WHAT ": it sends bytes before the host was asked anything");
}

static void a_switch_of_protocols_was_not_asked_for(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"));

    assert_refused(0, WHAT ": it switched to a protocol that nobody asked for");
}

static void a_proxy_that_closes_is_named(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 200"));
    wire.ends = true;
    fake_turn(&wire);

    assert_refused(0, WHAT ": it closed the connection");
}

/* ---- Who are you? ---- */

static void a_login_is_sent_with_the_first_question(void **state)
{
    (void)state;

    login = "Proxy-Authorization: Basic dTpw\r\n";
    ask();

    assert_written(ASKED("Proxy-Authorization: Basic dTpw\r\n"));
    arrives(SAYS("HTTP/1.1 200 OK\r\n\r\n"));
    assert_ptr_equal(opened, &wire.base);
}

static void a_challenge_is_answered_on_the_same_connection(void **state)
{
    (void)state;

    answer = "Proxy-Authorization: Digest x\r\n";
    ask();
    assert_written(ASKED(""));
    arrives(SAYS(WANTS_LOGIN "Content-Length: 3\r\n\r\nwho"));
    assert_written(ASKED("Proxy-Authorization: Digest x\r\n"));
    arrives(SAYS("HTTP/1.1 200 OK\r\n\r\n"));

    assert_ptr_equal(opened, &wire.base);
    assert_int_equal(challenges, 1);
}

static void where_that_ends_a_new_one_is_asked_for(void **state)
{
    (void)state;

    answer = "Proxy-Authorization: Digest x\r\n";
    ask();
    arrives(SAYS(WANTS_LOGIN "Connection: close\r\nContent-Length: 0\r\n\r\n"));

    assert_int_equal(calls, 1);
    assert_null(opened);
    assert_null(refusal);
    assert_true(wire.closed);
}

static void so_it_is_when_the_challenge_ends_with_the_connection(void **state)
{
    (void)state;

    answer = "Proxy-Authorization: Digest x\r\n";
    ask();
    arrives(SAYS(WANTS_LOGIN "\r\nwho"));
    wire.ends = true;
    fake_turn(&wire);

    assert_int_equal(calls, 1);
    assert_null(refusal);
}

static void a_challenge_that_cannot_be_answered_is_told(void **state)
{
    (void)state;

    code_of_authorizing = AHTTP_E_UNSUPPORTED;
    ask();

    assert_int_equal(calls, 1);
    assert_int_equal(refusal->code, AHTTP_E_UNSUPPORTED);
    assert_string_equal(refusal->message,
                        WHAT ": answer its challenge: not built in, or not installed");
}

static void a_challenge_without_an_answer_is_a_refusal(void **state)
{
    (void)state;

    answer = "Proxy-Authorization: Digest x\r\n";
    ask();
    arrives(SAYS(WANTS_LOGIN "Content-Length: 0\r\n\r\n"));
    arrives(SAYS(WANTS_LOGIN "Content-Length: 2\r\n\r\nno"));

    assert_int_equal(challenges, 2);
    assert_refused(0, WHAT ": it answers 407 Who?");
    assert_response(407, "Proxy-Authenticate", "Basic realm=\"p\"", "no");
}

/* ---- Who knows has to be asked ---- */

static void nothing_is_said_before_somebody_knows_who_we_are(void **state)
{
    (void)state;

    waits = true;
    ask();
    assert_written("", 0);
    login = "Proxy-Authorization: Toy 1\r\n";
    ah_http_tunnel_go_on(tunnel, 1, NULL);
    fake_turn(&wire);

    assert_written(ASKED("Proxy-Authorization: Toy 1\r\n"));
    arrives(SAYS("HTTP/1.1 200 OK\r\n\r\n"));
    assert_ptr_equal(opened, &wire.base);
}

static void challenge_with_a_body(void)
{
    waits = true;
    login = "";
    ask();
    assert_written(ASKED(""));
    arrives(SAYS(WANTS_LOGIN "Content-Length: 3\r\n\r\nwh"));
    assert_int_equal(challenges, 1);
}

static void an_answer_may_come_before_the_end_of_the_challenge(void **state)
{
    (void)state;

    challenge_with_a_body();
    login = "Proxy-Authorization: Toy 2\r\n";
    ah_http_tunnel_go_on(tunnel, 1, NULL);
    assert_written("", 0);
    arrives(SAYS("o"));

    assert_written(ASKED("Proxy-Authorization: Toy 2\r\n"));
    ah_http_tunnel_cancel(tunnel);
}

static void or_after_it(void **state)
{
    (void)state;

    challenge_with_a_body();
    arrives(SAYS("o"));
    time_passes(60000);
    assert_written("", 0);
    login = "Proxy-Authorization: Toy 2\r\n";
    ah_http_tunnel_go_on(tunnel, 1, NULL);
    fake_turn(&wire);

    assert_written(ASKED("Proxy-Authorization: Toy 2\r\n"));
    assert_int_equal(calls, 0);
    ah_http_tunnel_cancel(tunnel);
}

static void where_the_proxy_has_closed_meanwhile_a_new_connection_is_asked_for(void **state)
{
    (void)state;

    challenge_with_a_body();
    arrives(SAYS("o"));
    wire.ends = true;
    fake_turn(&wire);
    assert_int_equal(wire.wanted, 0);
    ah_http_tunnel_go_on(tunnel, 1, NULL);

    assert_int_equal(calls, 1);
    assert_null(opened);
    assert_null(refusal);
}

static void so_it_is_where_it_says_what_nobody_asked_for(void **state)
{
    (void)state;

    challenge_with_a_body();
    arrives(SAYS("oHTTP/1.1 200 OK\r\n\r\n"));
    ah_http_tunnel_go_on(tunnel, 1, NULL);
    assert_int_equal(calls, 1);
    assert_null(opened);
    assert_null(refusal);
}

static void without_an_answer_it_is_a_refusal(void **state)
{
    (void)state;

    challenge_with_a_body();
    arrives(SAYS("o"));
    ah_http_tunnel_go_on(tunnel, 0, NULL);

    assert_refused(0, WHAT ": it answers 407 Who?");
    assert_response(407, "Proxy-Authenticate", "Basic realm=\"p\"", "who");
}

static void why_there_is_none_is_told(void **state)
{
    (void)state;

    challenge_with_a_body();
    ah_http_tunnel_go_on(tunnel, 0, ah_error_new(AHTTP_E_STATE, "no ticket"));

    assert_int_equal(calls, 1);
    assert_int_equal(refusal->code, AHTTP_E_STATE);
}

/* ---- Ends ---- */

static void cancelling_closes_the_transport_and_tells_nobody(void **state)
{
    (void)state;

    ask();
    arrives(SAYS("HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\nhalf"));
    ah_http_tunnel_cancel(tunnel);

    assert_true(wire.closed);
    assert_int_equal(calls, 0);
}

static void ask_once(void *ctx)
{
    begin_tunnel(ctx);
    if (!loop)
        return;
    answer = "Proxy-Authorization: Digest x\r\n";
    ask();
    arrives(SAYS(WANTS_LOGIN "Content-Length: 0\r\n\r\n"));
    arrives(SAYS("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nhalf"));
    if (tunnel) /* where there was no memory for what arrives */
        ah_http_tunnel_cancel(tunnel);
    end(ctx);
}

static void memory_may_run_out_at_any_point(void **state)
{
    (void)state;
    for_each_allocation(ask_once, NULL);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, begin_tunnel, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(any_2xx_opens_the_way),
        HERE(old_proxies_say_http_1_0),
        HERE(the_answer_may_come_byte_by_byte),
        HERE(a_refusal_has_status_headers_and_body),
        HERE(a_refusal_may_end_with_the_connection),
        HERE(a_refusal_counts_also_when_its_body_is_cut_or_broken),
        HERE(a_redirect_is_a_refusal),
        HERE(of_a_long_refusal_the_beginning_is_kept),
        HERE(a_refusal_without_an_end_is_waited_for_as_long_as_it_comes),
        HERE(only_some_refusals_say_that_later_it_may_do),
        HERE(what_has_come_of_a_refusal_is_there_when_time_is_up),
        HERE(garbage_is_no_answer),
        HERE(an_endless_head_is_no_answer),
        HERE(bytes_behind_the_answer_cannot_be_the_host_s),
        HERE(a_switch_of_protocols_was_not_asked_for),
        HERE(a_proxy_that_closes_is_named),
        HERE(a_login_is_sent_with_the_first_question),
        HERE(a_challenge_is_answered_on_the_same_connection),
        HERE(where_that_ends_a_new_one_is_asked_for),
        HERE(so_it_is_when_the_challenge_ends_with_the_connection),
        HERE(a_challenge_that_cannot_be_answered_is_told),
        HERE(a_challenge_without_an_answer_is_a_refusal),
        HERE(nothing_is_said_before_somebody_knows_who_we_are),
        HERE(an_answer_may_come_before_the_end_of_the_challenge),
        HERE(or_after_it),
        HERE(where_the_proxy_has_closed_meanwhile_a_new_connection_is_asked_for),
        HERE(so_it_is_where_it_says_what_nobody_asked_for),
        HERE(without_an_answer_it_is_a_refusal),
        HERE(why_there_is_none_is_told),
        HERE(cancelling_closes_the_transport_and_tells_nobody),
        cmocka_unit_test(memory_may_run_out_at_any_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
