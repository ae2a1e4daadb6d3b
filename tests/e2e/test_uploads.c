/* SPDX-License-Identifier: MIT */
/* Request bodies as a real httpbin understands them. */
#include "httpbin.h"
#include <unistd.h>

static char path[] = "/tmp/ahttp-e2e-XXXXXX";

static int begin_with_file(void **state)
{
    strcpy(strrchr(path, '-'), "-XXXXXX");
    int fd = mkstemp(path);
    bool written = fd >= 0 && write(fd, "from a file", 11) == 11;

    if (fd >= 0)
        close(fd);
    return written ? begin(state) : -1;
}

static int end_with_file(void **state)
{
    unlink(path);
    return end(state);
}

static void a_form_with_a_file_arrives(void **state)
{
    (void)state;
    expect(ahttp_post(session, at("/post"),
                      .multipart = AHTTP_PARTS({.name = "city", .value = "Basel"},
                                               {.name = "quoted \"name\"", .value = "a\r\nb"},
                                               {.name = "file", .file = path})),
           200,
           WORDS("\"files\": {\"file\": \"from a file\"}", "\"city\": \"Basel\"",
                 "multipart/form-data; boundary="));
}

static void a_file_is_put(void **state)
{
    (void)state;
    expect(ahttp_put(session, at("/put"), .body = ahttp_body_file(path, 5, 0)), 200,
           WORDS("\"data\": \"a file\"", "\"Content-Length\": \"6\""));
}

static int pieces_left;

static ahttp_future *three_pieces(void *ctx)
{
    static const ahttp_bytes piece = {"piece ", 6};
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)ctx;
    ahttp_promise_resolve(promise, pieces_left-- > 0 ? (void *)(uintptr_t)&piece : NULL, NULL);
    return future;
}

static void a_produced_body_arrives_in_chunks(void **state)
{
    (void)state;
    pieces_left = 3;
    expect(ahttp_post(session, at("/post"), .body = ahttp_body_produced(three_pieces, NULL, -1)),
           200, WORDS("\"data\": \"piece piece piece \"", "\"Transfer-Encoding\": \"chunked\""));
}

static void a_compressed_body_says_so(void **state)
{
    (void)state;
    expect(ahttp_post(session, at("/post"), .text = "hello hello hello", .compress = "gzip"), 200,
           WORDS("\"Content-Encoding\": \"gzip\"",
                 "\"data\": \"data:application/octet-stream;base64,H4sI"));
    expect(ahttp_post(session, at("/post"), .text = "hello hello hello", .compress = "deflate"),
           200, WORDS("\"Content-Encoding\": \"deflate\""));
}

static void a_response_is_passed_on(void **state)
{
    (void)state;
    ahttp_response *from = response_of(ahttp_get(session, at("/encoding/utf8")));
    ahttp_stream *stream = ahttp_response_stream(from);
    expect(ahttp_post(session, at("/post"), .body = ahttp_body_stream(stream)), 200,
           WORDS("\"Content-Length\": \""));

    assert_true(ahttp_stream_at_end(stream));
    ahttp_response_unref(from);
}

static void a_body_that_waits_for_100_arrives(void **state)
{
    (void)state;
    expect(ahttp_post(session, at("/post"), .text = "hello", .expect_100 = true), 200,
           WORDS("\"data\": \"hello\"", "\"Expect\": \"100-continue\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_with_file, end_with_file)
    const struct CMUnitTest tests[] = {
        TEST(a_form_with_a_file_arrives),        TEST(a_file_is_put),
        TEST(a_produced_body_arrives_in_chunks), TEST(a_compressed_body_says_so),
        TEST(a_response_is_passed_on),           TEST(a_body_that_waits_for_100_arrives),
    };
#undef TEST

    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
