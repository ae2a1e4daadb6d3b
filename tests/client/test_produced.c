/* SPDX-License-Identifier: MIT */
/* Request bodies from producers, other responses, factories; and compressed ones. */
#include "sending.h"
#include <ahttp/version.h>

static void restart(const server_step *first)
{
    restart_with(&(server_script){.connections = {first}, .receive_buffer = 65536});
}

static ahttp_future *post(ahttp_body *body)
{
    return ahttp_post(f.session, server_url(f.server, "/ok"), .body = body);
}

/* ---- Producers ---- */

static void what_is_produced_goes_out_in_chunks(void **state)
{
    producer p = {.pieces = PIECES("hel", LATER, "lo", "!")};

    (void)state;
    ahttp_body *body = ahttp_body_produced(produce, &p, -1);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_ONCE);
    ahttp_future *request = post(body);
    while (!p.promise)
        let_run();
    assert_int_equal(p.calls, 2);
    answer_now(&p);
    assert_sent(request);

    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_false(server_request_has_field(seen(), "Content-Length"));
    assert_string_equal(seen().body, "hello!");
    assert_int_equal(p.calls, 4);
}

static void a_promised_length_is_sent_and_kept(void **state)
{
    producer p = {.pieces = PIECES("hel", "lo")};

    (void)state;
    assert_sent(post(ahttp_body_produced(produce, &p, 5)));

    assert_true(server_request_has_line(seen(), "Content-Length: 5"));
    assert_string_equal(seen().body, "hello");
}

static void fewer_or_more_bytes_than_promised_fail_and_close(void **state)
{
    (void)state;
    producer few = {.pieces = PIECES("hell")};
    assert_fails(post(ahttp_body_produced(produce, &few, 5)), AHTTP_E_BODY_LENGTH,
                 "/ok: send request body: it ended after 4 of the 5 bytes");
    producer many = {.pieces = PIECES("hello", "!")};
    assert_fails(post(ahttp_body_produced(produce, &many, 5)), AHTTP_E_BODY_LENGTH,
                 "it goes on behind the 5 bytes");

    assert_true(server_wait_for(f.server, SERVER_CLOSED, 2));
}

static void a_producer_that_fails_fails_the_request(void **state)
{
    producer p = {.pieces = PIECES("hel", FAILS)};

    (void)state;
    assert_fails(post(ahttp_body_produced(produce, &p, -1)), AHTTP_E_STATE, "the well is dry");
    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
}

static void a_producer_that_is_out_of_memory_fails_the_request(void **state)
{
    producer p = {.pieces = PIECES("hel", LATER, "lo")};

    (void)state;
    ahttp_future *request = post(ahttp_body_produced(produce, &p, -1));
    while (!p.promise)
        let_run();
    ahttp_promise_reject(p.promise, AHTTP_E_NO_MEMORY, "out of memory");

    assert_fails(request, AHTTP_E_NO_MEMORY, "out of memory");
}

static void a_slow_server_slows_the_producer(void **state)
{
    static const server_step slow[] = {READ_HEAD,
                                       STOP_READING,
                                       WAIT_GATE(0),
                                       START_READING,
                                       READ_BODY,
                                       SEND("HTTP/1.1 200 OK\r\nContent-Length: "
                                            "0\r\n\r\n"),
                                       HOLD};
    enum { COUNT = 2000, SIZE = 10000 };
    const char **pieces = calloc(COUNT + 1, sizeof *pieces);
    char *piece = make_pattern(SIZE);

    (void)state;
    restart(slow);
    for (int i = 0; i < COUNT; i++)
        pieces[i] = piece;
    producer p = {.pieces = pieces};
    ahttp_future *request = post(ahttp_body_produced(produce, &p, -1));
    run_until(&f, SERVER_AT_GATE, 1);
    for (int i = 0, calls = -1; i < 100 || calls != p.calls; i++) {
        calls = p.calls;
        let_run();
    }
    assert_true(p.calls < COUNT);
    server_open_gate(f.server, 0);
    assert_sent(request);

    assert_int_equal(p.calls, COUNT + 1);
    assert_int_equal(seen().body_len, COUNT * SIZE);
    free(pieces);
    free(piece);
}

static void cancelling_the_request_cancels_what_its_producer_waits_for(void **state)
{
    producer p = {.pieces = PIECES("hel", LATER, "lo")};

    (void)state;
    ahttp_future *request = post(ahttp_body_produced(produce, &p, -1));
    while (!p.promise)
        let_run();
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    let_run();

    assert_true(p.was_cancelled);
    assert_true(server_wait_for(f.server, SERVER_PEER_CLOSED, 1));
}

static void a_deadline_cancels_it_as_well(void **state)
{
    producer p = {.pieces = PIECES("hel", LATER, "lo")};

    (void)state;
    ahttp_future *request =
        ahttp_post(f.session, server_url(f.server, "/ok"),
                   .body = ahttp_body_produced(produce, &p, -1), .timeout = {.total_ms = 1000});
    while (!p.promise)
        let_run();
    ahttp_loop_advance(f.loop, 1000);
    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "1000 ms");
    let_run();

    assert_true(p.was_cancelled);
}

/* ---- What the program may do while it is asked ---- */

typedef struct canceller {
    producer p;
    ahttp_future *request;
} canceller;

static ahttp_future *cancel_and_produce(void *ctx)
{
    canceller *c = ctx;

    if (c->p.calls == 1)
        ahttp_future_cancel(c->request);
    return produce(&c->p);
}

static void a_producer_may_end_its_own_request(void **state)
{
    canceller c = {.p = {.pieces = PIECES("hel", "lo")}};

    (void)state;
    c.request = post(ahttp_body_produced(cancel_and_produce, &c, -1));
    assert_fails(c.request, AHTTP_E_CANCELLED, "cancelled");

    assert_int_equal(c.p.calls, 2);
}

static ahttp_body *cancel_and_make(void *ctx)
{
    canceller *c = ctx;

    ahttp_future_cancel(c->request);
    return ahttp_body_bytes((ahttp_bytes){"x", 1});
}

static void a_factory_may_end_its_own_request(void **state)
{
    canceller c = {0};

    (void)state;
    c.request = post(ahttp_body_factory(cancel_and_make, &c));
    assert_fails(c.request, AHTTP_E_CANCELLED, "cancelled");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static const ahttp_pair *cancel_and_trail(void *ctx)
{
    canceller *c = ctx;

    ahttp_future_cancel(c->request);
    return NULL;
}

static void who_makes_trailers_may_end_the_request(void **state)
{
    canceller c = {0};

    (void)state;
    ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"x", 1});
    ahttp_body_set_trailers(body, cancel_and_trail, &c);
    c.request = post(body);

    assert_fails(c.request, AHTTP_E_CANCELLED, "cancelled");
}

/* ---- Trailers ---- */

static const ahttp_pair *trail(void *ctx)
{
    return *(const ahttp_pair *const *)ctx;
}

static void trailers_make_any_body_one_of_chunks(void **state)
{
    const ahttp_pair *pairs = AHTTP_PAIRS({"Checksum", "7"}, {"X-End", "yes"});

    (void)state;
    ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"hello", 5});
    ahttp_body_set_trailers(body, trail, &pairs);
    assert_sent(post(body));

    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_string_equal(seen().body, "hello");
    assert_string_equal(seen().trailers, "Checksum: 7\r\nX-End: yes\r\n");
}

static void trailers_that_cannot_be_sent_fail_the_request(void **state)
{
    static const ahttp_pair bad[][2] = {{{"a b", "1"}},
                                        {{"a", "1\r\nb: 2"}},
                                        {{"Content-Length", "1"}},
                                        {{"transfer-encoding", "chunked"}},
                                        {{"host", "h"}}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const ahttp_pair *pairs = bad[i];
        ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"hello", 5});
        ahttp_body_set_trailers(body, trail, &pairs);
        assert_fails(post(body), AHTTP_E_ARGUMENT, bad[i]->name);
    }
}

/* ---- Streams ---- */

static void another_response_is_passed_on_as_it_arrives(void **state)
{
    enum { SIZE = 3000000 };

    (void)state;
    ahttp_response *source =
        response_of(ahttp_get(f.session, server_url(f.server, "/bytes/3000000")));
    ahttp_body *body = ahttp_body_stream(ahttp_response_stream(source));
    ahttp_response_unref(source);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_ONCE);
    assert_sent(post(body));

    char *expected = make_pattern(SIZE);
    assert_int_equal(seen().body_len, SIZE);
    assert_true(seen().body_hash == server_hash(SERVER_HASH_START, expected, SIZE));
    free(expected);
}

static void a_stream_goes_on_behind_what_was_read(void **state)
{
    (void)state;
    ahttp_response *source = response_of(ahttp_get(f.session, server_url(f.server, "/bytes/10")));
    ahttp_stream *stream = ahttp_response_stream(source);
    assert_non_null(ahttp_await(ahttp_stream_read_some(stream, 4)));
    assert_sent(post(ahttp_body_stream(stream)));

    assert_true(server_request_has_line(seen(), "Content-Length: 6"));
    assert_string_equal(seen().body, "efghij");
    ahttp_response_unref(source);
}

static void a_stream_of_unknown_length_goes_out_in_chunks(void **state)
{
    (void)state;
    ahttp_response *source = response_of(ahttp_get(f.session, server_url(f.server, "/chunked/10")));
    assert_sent(post(ahttp_body_stream(ahttp_response_stream(source))));
    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_string_equal(seen().body, "abcdefghij");
    ahttp_response_unref(source);

    source = response_of(ahttp_head(f.session, server_url(f.server, "/bytes/10")));
    assert_sent(post(ahttp_body_stream(ahttp_response_stream(source))));
    assert_true(server_request_has_line(seen(), "Content-Length: 0"));
    ahttp_response_unref(source);
}

static void a_stream_that_breaks_off_breaks_the_request(void **state)
{
    static const server_step cut[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), CLOSE};

    (void)state;
    restart(cut);
    ahttp_response *source = response_of(ahttp_get(f.session, server_url(f.server, "/")));

    assert_fails(post(ahttp_body_stream(ahttp_response_stream(source))), AHTTP_E_BODY_CUT, "");
    ahttp_response_unref(source);
}

static void cancelling_leaves_the_stream_to_others(void **state)
{
    static const server_step slow[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsoon"),
        WAIT_GATE(0), SEND("late"),
        HOLD,
    };

    (void)state;
    restart(slow);
    ahttp_response *source = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_stream *stream = ahttp_response_stream(source);
    ahttp_future *request = post(ahttp_body_stream(stream));
    while (ahttp_stream_total(stream) < 4)
        let_run();
    let_run();
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
    server_open_gate(f.server, 0);
    const ahttp_bytes *rest = ahttp_await(ahttp_stream_read(stream));

    assert_non_null(rest);
    assert_memory_equal(rest->data, "late", 4);
    ahttp_response_unref(source);
}

/* ---- Factories ---- */

typedef struct maker {
    int made;
    bool fails;
} maker;

static ahttp_body *make(void *ctx)
{
    maker *m = ctx;
    char text[32];

    snprintf(text, sizeof text, "body %d", ++m->made);
    return m->fails ? NULL : ahttp_body_bytes((ahttp_bytes){text, strlen(text)});
}

static void a_factory_makes_a_body_for_each_sending(void **state)
{
    static const server_step dies_at_the_second[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), READ_REQUEST, CLOSE};
    maker m = {0};

    (void)state;
    restart(dies_at_the_second);
    ahttp_body *body = ahttp_body_factory(make, &m);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_FACTORY);
    assert_sent(post(body));
    assert_true(server_request_has_line(seen(), "Content-Length: 6"));
    assert_sent(
        ahttp_put(f.session, server_url(f.server, "/ok"), .body = ahttp_body_factory(make, &m)));

    assert_int_equal(m.made, 3);
    assert_string_equal(seen().body, "body 3");
}

static void a_factory_that_makes_nothing_is_out_of_memory(void **state)
{
    maker m = {.fails = true};

    (void)state;
    assert_fails(post(ahttp_body_factory(make, &m)), AHTTP_E_NO_MEMORY, "out of memory");
}

static ahttp_body *make_form(void *ctx)
{
    (void)ctx;
    return ahttp_body_compressed("gzip",
                                 ahttp_body_multipart(AHTTP_PARTS({.name = "a", .value = "b"})));
}

static void what_a_factory_makes_says_what_it_is(void **state)
{
    (void)state;
    assert_sent(post(ahttp_body_factory(make_form, NULL)));

    assert_non_null(strstr(seen().head, "\r\nContent-Type: multipart/form-data; boundary="));
    assert_true(server_request_has_line(seen(), "Content-Encoding: gzip"));
}

/* ---- Compressed bodies ---- */

/* Gives back what came, coded as it came, so that the library decodes it again. */
static void give_back(server_connection *connection, const server_request *request, void *ctx)
{
    (void)ctx;
    static const char *const codings[] = {"gzip", "br", "zstd", "deflate"};
    char line[40];
    size_t i = 0;

    for (; i + 1 < COUNT_OF(codings); i++) {
        snprintf(line, sizeof line, "Content-Encoding: %s", codings[i]);
        if (server_request_has_line(*request, line))
            break;
    }
    server_sendf(connection,
                 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nContent-Encoding: %s\r\n\r\n",
                 request->body_kept, codings[i]);
    server_send(connection, request->body, request->body_kept);
}

static void use_mirror(void)
{
    restart_with(&(server_script){.handler = give_back});
}

static void any_body_can_be_compressed_on_the_way(void **state)
{
    (void)state;
    use_mirror();
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .text = "hello hello hello",
                           .compress = "gzip"),
                "hello hello hello");
    assert_true(server_request_has_line(seen(), "Content-Encoding: gzip"));
    assert_true(server_request_has_line(seen(), "Content-Type: text/plain; charset=utf-8"));
    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .form = AHTTP_PAIRS({"a", "b c"}),
                           .compress = "Deflate"),
                "a=b+c");
    assert_true(server_request_has_line(seen(), "Content-Encoding: deflate"));

    producer p = {.pieces = PIECES("hel", "lo")};
    assert_text(ahttp_post(f.session, server_url(f.server, "/"),
                           .body = ahttp_body_produced(produce, &p, 5), .compress = "gzip"),
                "hello");
}

static void long_bodies_survive_being_compressed(void **state)
{
    enum { SIZE = 3000000 };
    char *text = make_pattern(SIZE);
    uint32_t noise = 1;

    (void)state;
    use_mirror();
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .text = text, .compress = "gzip"),
                text);
    for (int i = 0; i < 700000; i++) {
        noise = noise * 1664525 + 1013904223;
        text[i] = (char)(' ' + (noise >> 24) % 90);
    }
    text[700000] = '\0';
    assert_text(
        ahttp_post(f.session, server_url(f.server, "/"), .text = text, .compress = "deflate"),
        text);
    free(text);
}

static void the_codings_that_are_built_in_compress_as_well(void **state)
{
    char *text = make_pattern(300000);

    (void)state;
    use_mirror();
    if (ahttp_has_feature(AHTTP_FEATURE_BROTLI)) {
        assert_text(
            ahttp_post(f.session, server_url(f.server, "/"), .text = text, .compress = "br"), text);
        assert_true(seen().body_kept < 300000);
    }
    if (ahttp_has_feature(AHTTP_FEATURE_ZSTD)) {
        assert_text(
            ahttp_post(f.session, server_url(f.server, "/"), .text = text, .compress = "zstd"),
            text);
        assert_true(server_request_has_line(seen(), "Content-Encoding: zstd"));
    }
    free(text);
}

static void an_empty_body_can_be_compressed(void **state)
{
    (void)state;
    use_mirror();
    assert_text(ahttp_post(f.session, server_url(f.server, "/"), .text = "", .compress = "gzip"),
                "");
}

static void compressing_twice_or_beside_a_header_is_refused(void **state)
{
    ahttp_bytes x = {"x", 1};

    (void)state;
    assert_fails(ahttp_post(f.session, "http://h/", .text = "x", .compress = "lzma"),
                 AHTTP_E_ARGUMENT, "it must be \"gzip\" or \"deflate\"");
    assert_fails(ahttp_post(f.session, "http://h/", .text = "x", .compress = "gzip",
                            .headers = AHTTP_PAIRS({"content-encoding", "br"})),
                 AHTTP_E_ARGUMENT, "headers give a Content-Encoding");
    assert_fails(ahttp_post(f.session, "http://h/", .compress = "gzip",
                            .body = ahttp_body_compressed("gzip", ahttp_body_bytes(x))),
                 AHTTP_E_ARGUMENT, "compressed one already");
    assert_fails(ahttp_post(f.session, "http://h/",
                            .body = ahttp_body_compressed("gzip", ahttp_body_bytes(x)),
                            .headers = AHTTP_PAIRS({"content-encoding", "br"})),
                 AHTTP_E_ARGUMENT, "headers give a Content-Encoding");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(what_is_produced_goes_out_in_chunks),
        WITH_SERVER(a_promised_length_is_sent_and_kept),
        WITH_SERVER(fewer_or_more_bytes_than_promised_fail_and_close),
        WITH_SERVER(a_producer_that_fails_fails_the_request),
        WITH_SERVER(a_producer_that_is_out_of_memory_fails_the_request),
        WITH_SERVER(a_slow_server_slows_the_producer),
        WITH_SERVER(cancelling_the_request_cancels_what_its_producer_waits_for),
        WITH_SERVER(a_deadline_cancels_it_as_well),
        WITH_SERVER(a_producer_may_end_its_own_request),
        WITH_SERVER(a_factory_may_end_its_own_request),
        WITH_SERVER(who_makes_trailers_may_end_the_request),
        WITH_SERVER(trailers_make_any_body_one_of_chunks),
        WITH_SERVER(trailers_that_cannot_be_sent_fail_the_request),
        WITH_SERVER(another_response_is_passed_on_as_it_arrives),
        WITH_SERVER(a_stream_goes_on_behind_what_was_read),
        WITH_SERVER(a_stream_of_unknown_length_goes_out_in_chunks),
        WITH_SERVER(a_stream_that_breaks_off_breaks_the_request),
        WITH_SERVER(cancelling_leaves_the_stream_to_others),
        WITH_SERVER(a_factory_makes_a_body_for_each_sending),
        WITH_SERVER(a_factory_that_makes_nothing_is_out_of_memory),
        WITH_SERVER(what_a_factory_makes_says_what_it_is),
        WITH_SERVER(any_body_can_be_compressed_on_the_way),
        WITH_SERVER(long_bodies_survive_being_compressed),
        WITH_SERVER(the_codings_that_are_built_in_compress_as_well),
        WITH_SERVER(an_empty_body_can_be_compressed),
        WITH_SERVER(compressing_twice_or_beside_a_header_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
