/* SPDX-License-Identifier: MIT */
/* Bodies piece by piece: memory stays small, and who does not read stops the sender. */
#include "one_server.h"

#include "support/large.h"

static void assert_piece(ahttp_future *reading, const char *expected)
{
    const ahttp_bytes *piece = ahttp_await(reading);

    assert_non_null(piece);
    assert_int_equal(piece->len, strlen(expected));
    assert_memory_equal(piece->data, expected, piece->len);
}

static void a_body_comes_in_pieces_up_to_its_end(void **state)
{
    char seen[101] = "";
    size_t len = 0;

    (void)state;
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/chunked/100")));
    ahttp_stream *stream = ahttp_response_stream(response);
    for (;;) {
        const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(stream));
        assert_non_null(piece);
        if (piece->len == 0)
            break;
        assert_true(len + piece->len <= 100);
        memcpy(seen + len, piece->data, piece->len);
        len += piece->len;
    }

    assert_int_equal(len, 100);
    assert_int_equal(ahttp_stream_total(stream), 100);
    assert_true(ahttp_stream_at_end(stream));
    assert_memory_equal(seen, "abcdefghijklmnopqrstuvwxyzabc", 29);
    ahttp_response_unref(response);
}

static void a_gigabyte_is_read_in_little_memory(void **state)
{
    char path[64];
    uint64_t total = 0;

    (void)state;
    snprintf(path, sizeof path, "/bytes/%llu", (unsigned long long)large_size());
    assert_text(ahttp_get(f.session, server_url(f.server, "/bytes/3")), "abc");
    size_t before = resident_bytes();
    size_t most = 0;
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, path)));
    ahttp_stream *stream = ahttp_response_stream(response);
    for (int i = 0;; i++) {
        const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(stream));
        assert_non_null(piece);
        if (piece->len == 0)
            break;
        assert_int_equal(*(const char *)piece->data, 'a' + (int)(total % 26));
        total += piece->len;
        if (i % 256 == 0 && resident_bytes() > most)
            most = resident_bytes();
    }

    assert_int_equal(total, large_size());
    if (most > before + resident_growth_allowed())
        fail_msg("memory grew by %zu KiB", (most - before) / 1024);
    ahttp_response_unref(response);
}

static void a_reader_that_stops_reading_stops_the_sender(void **state)
{
    static const server_step endless[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"),
        SEND_PATTERN(1073741824),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {endless}, .send_buffer = 65536});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    assert_non_null(ahttp_await(ahttp_stream_read(ahttp_response_stream(response))));
    run_until(&f, SERVER_BLOCKED, 1);

    /* Socket buffers, the library's high-water mark, and no more. */
    assert_true(server_count(f.server, SERVER_BYTES_SENT) < 16 << 20);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    ahttp_response_unref(response);
    run_until(&f, SERVER_PEER_CLOSED, 1);
}

static void a_stalled_reader_goes_on_where_it_was(void **state)
{
    enum { SIZE = 8 << 20 };
    char path[32];
    uint64_t total = 0;

    (void)state;
    snprintf(path, sizeof path, "/bytes/%d", SIZE);
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, path)));
    run_until(&f, SERVER_BLOCKED, 1);
    ahttp_stream *stream = ahttp_response_stream(response);
    const ahttp_bytes *piece;
    while ((piece = ahttp_await(ahttp_stream_read(stream))) && piece->len > 0) {
        for (size_t i = 0; i < piece->len; i++)
            if (((const char *)piece->data)[i] != (char)('a' + (total + i) % 26))
                fail_msg("byte %llu is wrong", (unsigned long long)(total + i));
        total += piece->len;
    }

    assert_int_equal(total, SIZE);
    ahttp_response_unref(response);
}

static void reading_whole_and_piecewise_exclude_each_other(void **state)
{
    (void)state;
    ahttp_response *whole = response_of(ahttp_get(f.session, server_url(f.server, "/bytes/9")));
    assert_string_equal(ahttp_await(ahttp_response_text(whole)), "abcdefghi");
    assert_fails(ahttp_stream_read(ahttp_response_stream(whole)), AHTTP_E_STATE, "as a whole");
    ahttp_response_unref(whole);

    ahttp_response *pieces = response_of(ahttp_get(f.session, server_url(f.server, "/bytes/9")));
    assert_non_null(ahttp_await(ahttp_stream_read(ahttp_response_stream(pieces))));
    assert_fails(ahttp_response_text(pieces), AHTTP_E_STATE, "from the stream");
    ahttp_response_unref(pieces);
}

static void a_body_that_is_read_again_is_the_same(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/bytes/9")));

    for (int i = 0; i < 3; i++) {
        const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
        assert_int_equal(body->len, 9);
        assert_memory_equal(body->data, "abcdefghi", 9);
        assert_string_equal(ahttp_await(ahttp_response_text(response)), "abcdefghi");
    }
    ahttp_response_unref(response);
}

static void a_stream_that_has_ended_gives_nothing_more(void **state)
{
    (void)state;
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/bytes/9")));
    ahttp_stream *stream = ahttp_response_stream(response);
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read_exactly(stream, 9));

    assert_int_equal(piece->len, 9);
    for (int i = 0; i < 3; i++) {
        piece = ahttp_await(ahttp_stream_read(stream));
        assert_int_equal(piece->len, 0);
    }
    assert_true(ahttp_stream_at_end(stream));
    ahttp_response_unref(response);
}

static void a_body_that_came_at_once_is_read_in_any_mixture(void **state)
{
    static const server_step at_once[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\none\ntwo 3 four"),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {at_once}});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_stream *stream = ahttp_response_stream(response);
    assert_piece(ahttp_stream_read_some(stream, 2), "on");
    assert_piece(ahttp_stream_read_line(stream, 0), "e\n");
    assert_piece(ahttp_stream_read_some(stream, 1), "t");
    assert_piece(ahttp_stream_read_exactly(stream, 3), "wo ");
    assert_fails(ahttp_stream_read_some(stream, 0), AHTTP_E_ARGUMENT, "at most 0 bytes");
    assert_false(ahttp_stream_at_end(stream));
    assert_piece(ahttp_stream_read(stream), "3 four");

    assert_true(ahttp_stream_at_end(stream));
    assert_int_equal(ahttp_stream_total(stream), 14);
    assert_piece(ahttp_stream_read(stream), "");
    assert_fails(ahttp_response_text(response), AHTTP_E_STATE, "from the stream");
    ahttp_response_unref(response);
}

static void a_second_read_while_one_is_pending_is_refused(void **state)
{
    static const server_step slow[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
        WAIT_GATE(0), SEND("late"),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {slow}});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_future *first = ahttp_response_text(response);

    assert_fails(ahttp_response_text(response), AHTTP_E_STATE, "another read is pending");
    server_open_gate(f.server, 0);
    assert_string_equal(ahttp_await(first), "late");
    ahttp_response_unref(response);
}

static void a_cancelled_read_loses_nothing(void **state)
{
    static const server_step slow[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsoon"),
        WAIT_GATE(0), SEND("late"),
        HOLD,
    };

    (void)state;
    restart_with(&(server_script){.connections = {slow}});
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_future *first = ahttp_response_text(response);
    ahttp_future_cancel(first);
    assert_fails(first, AHTTP_E_CANCELLED, "cancelled");
    server_open_gate(f.server, 0);

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "soonlate");
    ahttp_response_unref(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_body_comes_in_pieces_up_to_its_end),
        WITH_SERVER(a_gigabyte_is_read_in_little_memory),
        WITH_SERVER(a_reader_that_stops_reading_stops_the_sender),
        WITH_SERVER(a_stalled_reader_goes_on_where_it_was),
        WITH_SERVER(reading_whole_and_piecewise_exclude_each_other),
        WITH_SERVER(a_body_that_is_read_again_is_the_same),
        WITH_SERVER(a_stream_that_has_ended_gives_nothing_more),
        WITH_SERVER(a_body_that_came_at_once_is_read_in_any_mixture),
        WITH_SERVER(a_second_read_while_one_is_pending_is_refused),
        WITH_SERVER(a_cancelled_read_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
