/* SPDX-License-Identifier: MIT */
/* How far requests are, in counters and in callbacks; how their bodies are framed, and how much
   of a response waits to be read. */
#include "sending.h"

enum { MANY = 300000 };

typedef struct told {
    ahttp_progress last;
    int calls;
    bool went_back;
} told;

static void note(const ahttp_progress *progress, void *ctx)
{
    told *to = ctx;

    to->went_back =
        to->went_back || progress->sent < to->last.sent || progress->received < to->last.received;
    to->last = *progress;
    to->calls++;
}

/* ---- Progress ---- */

static void a_download_tells_how_far_it_is(void **state)
{
    (void)state;
    told t = {.calls = 0};
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/bytes/300000"), .on_progress = note,
                              .on_progress_ctx = &t));

    assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);

    assert_true(t.calls > 1);
    assert_false(t.went_back);
    assert_int_equal(t.last.received, MANY);
    assert_int_equal(t.last.to_receive, MANY);
    assert_int_equal(t.last.to_send, 0);
    assert_true(ahttp_response_bytes_received(response) > MANY);
    ahttp_response_unref(response);
}

static void upload(ahttp_body *body, const char *text, int64_t to_send)
{
    told t = {.calls = 0};
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/ok"), .body = body, .text = text,
                               .on_progress = note, .on_progress_ctx = &t));

    assert_true(t.calls > 0);
    assert_false(t.went_back);
    assert_int_equal(t.last.sent, MANY);
    assert_int_equal(t.last.to_send, to_send);
    assert_int_equal(seen().body_len, MANY);
    assert_true(ahttp_response_bytes_sent(response) > MANY);
    ahttp_response_unref(response);
}

static void an_upload_tells_how_far_it_is(void **state)
{
    char *text = make_pattern(MANY);
    const char *path = make_file(text, MANY);
    ahttp_bytes bytes = {text, MANY};

    (void)state;
    upload(NULL, text, MANY);
    upload(ahttp_body_file(path, 0, 0), NULL, MANY);
    upload(ahttp_body_bytes(bytes), NULL, MANY);
    upload(ahttp_body_produced(produce, &(producer){.pieces = PIECES(text)}, -1), NULL, -1);
    remove_file(path);
    free(text);
}

static void each_request_counts_anew(void **state)
{
    (void)state;
    uint64_t sent = 0;
    for (int i = 0; i < 2; i++) {
        ahttp_response *response =
            response_of(ahttp_post(f.session, server_url(f.server, "/ok"), .text = "hello"));
        assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);
        assert_int_equal(ahttp_response_bytes_sent(response), seen().head_len + 5);
        assert_true(sent == 0 || ahttp_response_bytes_sent(response) == sent);
        sent = ahttp_response_bytes_sent(response);
        ahttp_response_unref(response);
    }
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void cancel_request(const ahttp_progress *progress, void *ctx)
{
    ahttp_future **request = ctx;

    (void)progress;
    if (*request)
        ahttp_future_cancel(*request);
}

static void a_request_may_be_cancelled_by_who_is_told(void **state)
{
    (void)state;
    ahttp_future *request = NULL;
    char *text = make_pattern(MANY);
    request = ahttp_post(f.session, server_url(f.server, "/ok"), .text = text,
                         .on_progress = cancel_request, .on_progress_ctx = &request);

    assert_int_equal(ahttp_await_status(request), AHTTP_E_CANCELLED);
    free(text);
}

/* ---- Framing ---- */

static void chunks_can_be_asked_for(void **state)
{
    (void)state;
    assert_sent(
        ahttp_post(f.session, server_url(f.server, "/ok"), .text = "hello", .chunked = true));
    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_true(server_request_has_line(seen(), "Content-Type: text/plain; charset=utf-8"));
    assert_false(server_request_has_field(seen(), "Content-Length"));
    assert_string_equal(seen().body, "hello");

    ahttp_bytes bytes = {"hello", 5};
    assert_sent(ahttp_post(f.session, server_url(f.server, "/ok"), .body = ahttp_body_bytes(bytes),
                           .chunked = true));
    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
}

static void http_1_0_asks_to_be_kept_alive(void **state)
{
    (void)state;
    assert_sent(ahttp_get(f.session, server_url(f.server, "/ok"), .http_1_0 = true));
    assert_true(server_request_has_line(seen(), "GET /ok HTTP/1.0"));
    assert_true(server_request_has_line(seen(), "Connection: keep-alive"));

    assert_sent(ahttp_get(f.session, server_url(f.server, "/ok"), .http_1_0 = true,
                          .headers = AHTTP_PAIRS({"Connection", "close"})));
    assert_false(server_request_has_line(seen(), "Connection: keep-alive"));
    assert_true(server_request_has_line(seen(), "Connection: close"));
}

static void a_session_may_speak_http_1_0(void **state)
{
    (void)state;
    ahttp_session *old = ahttp_session_new(.loop = f.loop, .http_1_0 = true);

    assert_sent(ahttp_post(old, server_url(f.server, "/ok"), .text = "hello"));

    assert_true(server_request_has_line(seen(), "POST /ok HTTP/1.0"));
    assert_true(server_request_has_line(seen(), "Content-Length: 5"));
    ahttp_session_unref(old);
}

static void http_1_0_has_no_chunks(void **state)
{
    (void)state;
    producer p = {.pieces = PIECES("a")};

    assert_fails(ahttp_post(f.session, server_url(f.server, "/ok"), .http_1_0 = true,
                            .body = ahttp_body_produced(produce, &p, -1)),
                 AHTTP_E_ARGUMENT, "HTTP/1.0 has no chunks");
    assert_int_equal(server_count(f.server, SERVER_REQUESTS), 0);
}

/* ---- Buffers ---- */

/* What has come after the sender was stopped because nobody reads. */
static uint64_t held_with(int64_t of_session, int64_t of_request)
{
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .read_buffer_bytes = of_session);
    ahttp_response *response = response_of(ahttp_get(
        session, server_url(f.server, "/bytes/40000000"), .read_buffer_bytes = of_request));
    ahttp_stream *stream = ahttp_response_stream(response);
    uint64_t before;

    do {
        run_until(&f, SERVER_BLOCKED, 1);
        before = ahttp_stream_raw_total(stream);
        for (int i = 0; i < 200; i++)
            let_run();
    } while (ahttp_stream_raw_total(stream) != before);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return before;
}

static void the_sender_is_stopped_when_as_much_is_held_as_the_options_say(void **state)
{
    (void)state;
    const uint64_t most_read_at_once = 65536;

    assert_in_range(held_with(0, 0), 131072, 131072 + most_read_at_once);
    assert_in_range(held_with(1000, 0), 2000, 2000 + most_read_at_once);
    assert_in_range(held_with(1000, 300000), 600000, 600000 + most_read_at_once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_download_tells_how_far_it_is),
        WITH_SERVER(an_upload_tells_how_far_it_is),
        WITH_SERVER(each_request_counts_anew),
        WITH_SERVER(a_request_may_be_cancelled_by_who_is_told),
        WITH_SERVER(chunks_can_be_asked_for),
        WITH_SERVER(http_1_0_asks_to_be_kept_alive),
        WITH_SERVER(a_session_may_speak_http_1_0),
        WITH_SERVER(http_1_0_has_no_chunks),
        WITH_SERVER(the_sender_is_stopped_when_as_much_is_held_as_the_options_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
