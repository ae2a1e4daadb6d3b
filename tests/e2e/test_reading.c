/* SPDX-License-Identifier: MIT */
/* Bodies of a real httpbin, read in every style: AHTTP_HTTPBIN_URL says where it is. */
#include "support/check.h"

#include <ahttp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *httpbin;
static ahttp_loop *loop;
static ahttp_session *session;
static ahttp_response *response;

static int begin(void **state)
{
    (void)state;
    loop = ahttp_loop_new();
    session = ahttp_session_new(.loop = loop);
    response = NULL;
    return session ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_response_unref(response);
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
    assert_int_equal(ahttp_loop_close(loop), 0);
    return 0;
}

/* The stream of a response that must be 200; it is unref'd at the end of the test. */
static ahttp_stream *get(const char *path)
{
    char url[512];

    snprintf(url, sizeof url, "%s%s", httpbin, path);
    ahttp_response_unref(response);
    response = ahttp_await(ahttp_get(session, url));
    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    assert_int_equal(ahttp_response_status(response), 200);
    return ahttp_response_stream(response);
}

static const ahttp_bytes *result_of(ahttp_future *read)
{
    const ahttp_bytes *piece = ahttp_await(read);

    if (!piece)
        fail_msg("%s", ahttp_task_error()->message);
    return piece;
}

static void a_stream_is_read_line_by_line(void **state)
{
    int lines = 0;

    (void)state;
    ahttp_stream *stream = get("/stream/50");
    const ahttp_bytes *line;
    while ((line = result_of(ahttp_stream_read_line(stream, 0)))->len > 0) {
        const char *text = line->data;
        assert_int_equal(text[0], '{');
        assert_int_equal(text[line->len - 2], '}');
        assert_int_equal(text[line->len - 1], '\n');
        lines++;
    }

    assert_int_equal(lines, 50);
    assert_true(ahttp_stream_at_end(stream));
}

static void bytes_are_read_exactly(void **state)
{
    (void)state;
    ahttp_stream *stream = get("/bytes/1000");
    for (int i = 0; i < 10; i++)
        assert_int_equal(result_of(ahttp_stream_read_exactly(stream, 100))->len, 100);

    assert_true(ahttp_stream_at_end(stream));
    assert_null(ahttp_await(ahttp_stream_read_exactly(stream, 1)));
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_BODY_CUT);
}

static void chunks_that_come_and_pieces_that_go_need_not_match(void **state)
{
    size_t total = 0;

    (void)state;
    ahttp_stream *stream = get("/stream-bytes/50000?chunk_size=777&seed=3");
    const ahttp_bytes *piece;
    while ((piece = result_of(ahttp_stream_read_some(stream, 1000)))->len > 0) {
        assert_true(piece->len <= 1000);
        total += piece->len;
    }

    assert_int_equal(total, 50000);
    assert_int_equal(ahttp_stream_raw_total(stream), 50000);
}

static void what_drips_is_there_as_soon_as_it_comes(void **state)
{
    (void)state;
    ahttp_stream *stream = get("/drip?numbytes=5&duration=1");
    int64_t before = ahttp_loop_now(loop);
    assert_int_equal(result_of(ahttp_stream_read_exactly(stream, 1))->len, 1);
    int64_t first = ahttp_loop_now(loop) - before;
    assert_int_equal(result_of(ahttp_stream_read_exactly(stream, 4))->len, 4);
    int64_t all = ahttp_loop_now(loop) - before;

    assert_true(all >= first + 300); /* the server takes a second for all */
    assert_true(ahttp_stream_at_end(stream));
}

static void a_range_is_read_up_to_a_delimiter(void **state)
{
    (void)state;
    ahttp_stream *stream = get("/range/52");
    const ahttp_bytes *piece =
        result_of(ahttp_stream_read_until(stream, (ahttp_bytes){"xyz", 3}, 0));

    assert_int_equal(piece->len, 26);
    assert_memory_equal(piece->data, "abcdefghijklmnopqrstuvwxyz", 26);
    assert_int_equal(result_of(ahttp_stream_read(stream))->len, 26);
}

static void utf_8_is_text(void **state)
{
    (void)state;
    get("/encoding/utf8");
    const char *text = ahttp_await(ahttp_response_text(response));

    assert_non_null(text);
    assert_string_equal(ahttp_response_content_type(response), "text/html");
    assert_string_equal(ahttp_response_charset(response), "utf-8");
    assert_true(strlen(text) > 10);
}

static void a_head_is_understood(void **state)
{
    (void)state;
    get("/response-headers?Content-Disposition=attachment%3B%20filename%3D%22..%2Freport.txt%22"
        "&Link=%3C%2Fpage%2F2%3E%3B%20rel%3D%22next%22");

    assert_string_equal(ahttp_response_content_type(response), "application/json");
    assert_string_equal(ahttp_response_file_name(response), "report.txt");
    assert_string_equal(ahttp_response_link(response, "next"), "/page/2");
}

/* A parser that only copies; what matters is which text it gets. */
static void *copy_json(const char *text, size_t len, char *why, size_t size)
{
    if (*text != '{')
        snprintf(why, size, "no object");
    return *text == '{' ? strndup(text, len) : NULL;
}

static void json_is_told_by_its_type(void **state)
{
    (void)state;
    get("/get?answer=42");
    char *value = ahttp_await(ahttp_response_json(response, copy_json, free, false));
    assert_non_null(value);
    assert_non_null(strstr(value, "42"));
    free(value);

    get("/html");
    assert_null(ahttp_await(ahttp_response_json(response, copy_json, free, false)));
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_CONTENT_TYPE);
    assert_null(ahttp_await(ahttp_response_json(response, copy_json, free, true)));
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_JSON);
}

static void compressed_json_is_json(void **state)
{
    static const struct {
        const char *path, *word;
    } pages[] = {{"/gzip", "gzipped"}, {"/deflate", "deflated"}, {"/brotli", "brotli"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        if (i == 2 && !ahttp_has_feature(AHTTP_FEATURE_BROTLI))
            continue;
        ahttp_stream *stream = get(pages[i].path);
        char *value = ahttp_await(ahttp_response_json(response, copy_json, free, false));
        assert_non_null(value);
        assert_non_null(strstr(value, pages[i].word));
        assert_int_equal(ahttp_stream_raw_total(stream), ahttp_response_content_length(response));
        free(value);
    }
}

static void a_body_is_saved_and_read_again_from_the_file(void **state)
{
    char path[] = "/tmp/ahttp-e2e-XXXXXX";

    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(ahttp_await_status(ahttp_stream_save(get("/range/102400"), path)), 0);
    get("/range/102400");
    const ahttp_bytes *body = ahttp_await(ahttp_response_read(response));
    ahttp_bytes *saved = ahttp_await(ahttp_file_load(path));
    unlink(path);

    assert_int_equal(saved->len, 102400);
    assert_int_equal(body->len, 102400);
    assert_memory_equal(saved->data, body->data, body->len);
    ahttp_file_free(saved);
}

static int find_httpbin(void **state)
{
    (void)state;
    httpbin = getenv("AHTTP_HTTPBIN_URL");
    if (httpbin)
        return 0;
    fprintf(stderr, "AHTTP_HTTPBIN_URL is not set: run the tests by ./dev test, which starts "
                    "httpbin, or by tools/with_httpbin.py\n");
    return -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_stream_is_read_line_by_line),
        TEST(bytes_are_read_exactly),
        TEST(chunks_that_come_and_pieces_that_go_need_not_match),
        TEST(what_drips_is_there_as_soon_as_it_comes),
        TEST(a_range_is_read_up_to_a_delimiter),
        TEST(utf_8_is_text),
        TEST(a_head_is_understood),
        TEST(json_is_told_by_its_type),
        TEST(compressed_json_is_json),
        TEST(a_body_is_saved_and_read_again_from_the_file),
    };
#undef TEST

    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
