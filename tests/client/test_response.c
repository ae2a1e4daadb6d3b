/* SPDX-License-Identifier: MIT */
/* What comes back: heads, bodies, codings, and what is wrong with bad ones. */
#include "one_server.h"

#include "support/misuse.h"

/* One request to a server that does just these steps on its first connection. */
static void restart(const server_step *steps)
{
    restart_with(&(server_script){.connections = {steps}});
}

static void a_response_shows_status_headers_and_body(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 404 Not There\r\nX-One: 1\r\nx-two: a\r\nX-Two:  b \r\n"
             "Content-Length: 4\r\n\r\nnope"),
        HOLD,
    };

    (void)state;
    restart(steps);
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/x?y#z")));

    assert_int_equal(ahttp_response_status(response), 404);
    assert_false(ahttp_response_ok(response));
    assert_string_equal(ahttp_response_reason(response), "Not There");
    assert_string_equal(ahttp_response_method(response), "GET");
    assert_string_equal(ahttp_response_url(response), server_url(f.server, "/x?y"));
    assert_string_equal(ahttp_response_header(response, "X-TWO"), "a");
    assert_string_equal(ahttp_headers_get_nth(ahttp_response_headers(response), "x-two", 1), "b");
    assert_string_equal(ahttp_headers_at(ahttp_response_headers(response), 1).name, "x-two");
    assert_null(ahttp_response_header(response, "X-Three"));
    assert_int_equal(ahttp_response_content_length(response), 4);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "nope");
    const ahttp_bytes *again = ahttp_await(ahttp_response_read(response));
    assert_int_equal(again->len, 4);
    ahttp_response_unref(response);
}

static void two_requests_in_a_row_use_one_connection(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_text(ahttp_get(f.session, server_url(f.server, "/chunked/3")), "abc");
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
    assert_int_equal(stats.idle, 1);
    assert_int_equal(stats.opened, 1);
    assert_int_equal(stats.reused, 1);
}

static void heads_without_body_keep_the_connection(void **state)
{
    (void)state;
    assert_text(ahttp_head(f.session, server_url(f.server, "/bytes/100")), "");
    assert_text(ahttp_get(f.session, server_url(f.server, "/status/204")), "");
    assert_text(ahttp_get(f.session, server_url(f.server, "/status/304")), "");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void a_body_until_close_is_whole_and_ends_the_connection(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/until-close/4")), "abcd");
    assert_text(ahttp_get(f.session, server_url(f.server, "/close")), "bye");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 3);
}

static void a_response_one_byte_at_a_time_reads_the_same(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND_SLOWLY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
                    "5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nT: z\r\n\r\n"),
        HOLD,
    };

    (void)state;
    restart(steps);
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "hello!");
}

static void interim_responses_are_passed_over(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        HOLD,
    };

    (void)state;
    restart(steps);
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
}

/* gzip of "hello hello hello\n". */
#define GZIPPED                                                                                    \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x5c\x00\x3b"     \
    "\x7c\x8a\xdf\x12\x00\x00\x00"
#define GZIP_HEAD "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 29\r\n\r\n"

static void a_gzipped_body_is_decoded_unless_asked_not_to(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND(GZIP_HEAD),
        SEND_BYTES(GZIPPED, sizeof GZIPPED - 1),
        AGAIN,
    };

    (void)state;
    restart(steps);
    ahttp_response *response =
        response_of(ahttp_get(f.session, server_url(f.server, "/"), .no_decompress = true));
    const ahttp_bytes *bytes = ahttp_await(ahttp_response_read(response));
    assert_int_equal(bytes->len, sizeof GZIPPED - 1);
    assert_memory_equal(bytes->data, GZIPPED, sizeof GZIPPED - 1);
    ahttp_response_unref(response);

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "hello hello hello\n");
}

static void a_damaged_gzip_body_is_an_error_that_names_the_request(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        HOLD,
    };

    (void)state;
    restart(steps);
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/page")));

    assert_fails(ahttp_response_read(response), AHTTP_E_CODING, "/page: ");
    ahttp_response_unref(response);
}

static void a_body_cut_short_is_an_error_with_both_numbers(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        CLOSE,
    };

    (void)state;
    restart(steps);
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));

    assert_fails(ahttp_response_read(response), AHTTP_E_BODY_CUT, "4 of 100");
    ahttp_response_unref(response);
}

static void the_part_that_arrived_of_a_cut_body_stays_readable(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        CLOSE,
    };

    (void)state;
    restart(steps);
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    ahttp_stream *stream = ahttp_response_stream(response);
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(stream));

    assert_int_equal(piece->len, 4);
    assert_memory_equal(piece->data, "half", 4);
    assert_fails(ahttp_stream_read(stream), AHTTP_E_BODY_CUT, "4 of 100");
    assert_fails(ahttp_stream_read(stream), AHTTP_E_BODY_CUT, "4 of 100");
    ahttp_response_unref(response);
}

static void garbage_is_a_protocol_error_and_the_next_request_works(void **state)
{
    static const server_step steps[] = {READ_REQUEST, SEND("SSH-2.0-OpenSSH_9.2\r\n"), HOLD};

    (void)state;
    restart(steps);
    assert_fails(ahttp_get(f.session, server_url(f.server, "/")), AHTTP_E_PROTOCOL, "127.0.0.1");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
}

static void bytes_behind_a_response_are_never_the_next_answer(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
             "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
        HOLD,
    };

    (void)state;
    restart(steps);
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "first");
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void bytes_on_an_idle_connection_close_it(void **state)
{
    static const server_step steps[] = {
        READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"),
        WAIT_GATE(0), SEND("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
        HOLD,
    };

    (void)state;
    restart(steps);
    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "first");
    server_open_gate(f.server, 0);
    run_until(&f, SERVER_PEER_CLOSED, 1);

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
}

static void a_body_above_its_limit_is_refused(void **state)
{
    (void)state;
    ahttp_session *small = ahttp_session_new(.loop = f.loop, .max_body_bytes = 10);

    assert_text(ahttp_get(small, server_url(f.server, "/bytes/10")), "abcdefghij");
    ahttp_response *response = response_of(ahttp_get(small, server_url(f.server, "/bytes/11")));
    assert_fails(ahttp_response_read(response), AHTTP_E_BODY_TOO_LARGE, "10");

    ahttp_response_unref(response);
    ahttp_session_unref(small);
}

static void an_early_answer_is_delivered_though_the_upload_breaks(void **state)
{
    static const server_step steps[] = {
        READ_HEAD,
        SEND("HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\nConnection: close\r\n\r\nstop"),
        HOLD,
    };
    size_t size = 16 << 20;
    char *data = calloc(1, size);

    (void)state;
    restart(steps);
    ahttp_response *response =
        response_of(ahttp_post(f.session, server_url(f.server, "/"), .data = {data, size}));

    assert_int_equal(ahttp_response_status(response), 413);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "stop");
    ahttp_response_unref(response);
    free(data);
}

/* ---- Requests that failed, and nobody looked ---- */

static void ask_for_the_status(void)
{
    ahttp_response_status(NULL);
}

static void ask_for_the_type(void)
{
    ahttp_response_content_type(NULL);
}

static void ask_for_a_header(void)
{
    ahttp_response_header(NULL, "X");
}

static void ask_for_the_url(void)
{
    ahttp_response_url(NULL);
}

static void ask_for_a_hop(void)
{
    ahttp_response_history(NULL, 0);
}

static void read_the_body(void)
{
    ahttp_drop(ahttp_response_read(NULL));
}

static void read_the_text(void)
{
    ahttp_drop(ahttp_response_text(NULL));
}

static void read_the_text_as(void)
{
    ahttp_drop(ahttp_response_text_as(NULL, "utf-8", true));
}

static void ask_for_the_stream(void)
{
    ahttp_response_stream(NULL);
}

static void take_the_duplex(void)
{
    ahttp_duplex_close(ahttp_response_take_duplex(NULL));
}

static void a_response_that_is_null_aborts_with_a_sentence(void **state)
{
    void (*const breaches[])(void) = {
        ask_for_the_status, ask_for_the_type, ask_for_a_header, ask_for_the_url,    ask_for_a_hop,
        read_the_body,      read_the_text,    read_the_text_as, ask_for_the_stream, take_the_duplex,
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(breaches); i++)
        assert_misuse(breaches[i], "a response is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_response_shows_status_headers_and_body),
        WITH_SERVER(two_requests_in_a_row_use_one_connection),
        WITH_SERVER(heads_without_body_keep_the_connection),
        WITH_SERVER(a_body_until_close_is_whole_and_ends_the_connection),
        WITH_SERVER(a_response_one_byte_at_a_time_reads_the_same),
        WITH_SERVER(interim_responses_are_passed_over),
        WITH_SERVER(a_gzipped_body_is_decoded_unless_asked_not_to),
        WITH_SERVER(a_damaged_gzip_body_is_an_error_that_names_the_request),
        WITH_SERVER(a_body_cut_short_is_an_error_with_both_numbers),
        WITH_SERVER(the_part_that_arrived_of_a_cut_body_stays_readable),
        WITH_SERVER(garbage_is_a_protocol_error_and_the_next_request_works),
        WITH_SERVER(bytes_behind_a_response_are_never_the_next_answer),
        WITH_SERVER(bytes_on_an_idle_connection_close_it),
        WITH_SERVER(a_body_above_its_limit_is_refused),
        WITH_SERVER(an_early_answer_is_delivered_though_the_upload_breaks),
        cmocka_unit_test(a_response_that_is_null_aborts_with_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
