/* SPDX-License-Identifier: MIT */
#include "http/h1_writer.h"
#include "support/check.h"
#include "support/failing_alloc.h"

static ah_arena arena;
static ah_buf out;

static const ahttp_headers *fields(const ahttp_pair *pairs)
{
    static ahttp_headers headers;

    ah_arena_reset(&arena);
    ah_headers_init(&headers, &arena);
    for (; pairs->name; pairs++)
        ah_headers_add(&headers, ah_str_from(pairs->name), ah_str_from(pairs->value));
    return &headers;
}

static ah_request_head request(const char *method)
{
    return (ah_request_head){
        .method = ah_str_from(method), .target = AH_STR("/a?b"), .authority = AH_STR("h:81")};
}

static ah_str written(ah_request_head head)
{
    ah_buf_clear(&out);
    ah_h1_write_head(&out, &head);
    return ah_buf_str(&out);
}

static void a_get_is_its_line_and_host_and_nothing_more(void **state)
{
    (void)state;

    assert_str(written(request("GET")), "GET /a?b HTTP/1.1\r\nHost: h:81\r\n\r\n");
}

static void host_comes_before_the_fields_which_keep_order_case_and_repeats(void **state)
{
    ah_request_head head = request("GET");
    (void)state;

    head.fields = fields(AHTTP_PAIRS({"accept", "*/*"}, {"X-Two", "1"}, {"X-two", ""}));

    assert_str(written(head),
               "GET /a?b HTTP/1.1\r\nHost: h:81\r\naccept: */*\r\nX-Two: 1\r\nX-two: \r\n\r\n");
}

static void fields_as_text_go_instead_of_fields(void **state)
{
    ah_request_head head = request("GET");
    (void)state;

    head.fields = fields(AHTTP_PAIRS({"A", "list"}));
    head.fields_text = AH_STR("A: text\r\n");

    assert_str(written(head), "GET /a?b HTTP/1.1\r\nHost: h:81\r\nA: text\r\n\r\n");
}

static void the_text_of_fields_is_what_the_head_would_have(void **state)
{
    (void)state;

    ah_buf_clear(&out);
    ah_h1_write_fields(&out, fields(AHTTP_PAIRS({"A", "1"}, {"Content-Length", "7"}, {"B", "2"})));

    assert_str(ah_buf_str(&out), "A: 1\r\nB: 2\r\n");
}

static void connect_has_its_host_too(void **state)
{
    ah_request_head head = request("CONNECT");
    (void)state;

    head.target = head.authority = AH_STR("h:443");

    assert_str(written(head), "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
}

static void a_body_of_known_length_says_it(void **state)
{
    ah_request_head head = request("POST");
    (void)state;

    head.body_length = INT64_MAX;

    assert_str(written(head), "POST /a?b HTTP/1.1\r\nHost: h:81\r\n"
                              "Content-Length: 9223372036854775807\r\n\r\n");
}

static void a_body_of_unknown_length_is_chunked(void **state)
{
    ah_request_head head = request("PUT");
    (void)state;

    head.body_length = -1;

    assert_str(written(head),
               "PUT /a?b HTTP/1.1\r\nHost: h:81\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void an_absent_body_is_said_where_one_is_expected(void **state)
{
    static const char *const expecting[] = {"POST", "PUT", "PATCH"};
    static const char *const others[] = {"GET", "HEAD", "DELETE", "OPTIONS", "post"};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(expecting); i++)
        assert_true(ah_str_ends_with(written(request(expecting[i])),
                                     AH_STR("\r\nContent-Length: 0\r\n\r\n")));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_true(ah_str_ends_with(written(request(others[i])), AH_STR("Host: h:81\r\n\r\n")));
}

static void an_empty_body_is_said_for_any_method(void **state)
{
    ah_request_head head = request("DELETE");
    (void)state;

    head.has_body = true;

    assert_str(written(head), "DELETE /a?b HTTP/1.1\r\nHost: h:81\r\nContent-Length: 0\r\n\r\n");
}

static void only_the_writer_frames_the_body(void **state)
{
    ah_request_head head = request("POST");
    (void)state;

    head.body_length = 3;
    head.fields = fields(AHTTP_PAIRS({"content-length", "9"}, {"Transfer-encoding", "chunked"},
                                     {"HOST", "evil"}, {"Hosts", "x"}));

    assert_str(written(head),
               "POST /a?b HTTP/1.1\r\nHost: h:81\r\nHosts: x\r\nContent-Length: 3\r\n\r\n");
}

static void the_last_request_of_a_connection_says_close_once(void **state)
{
    ah_request_head head = request("GET");
    (void)state;

    head.wants_close = true;
    assert_str(written(head), "GET /a?b HTTP/1.1\r\nHost: h:81\r\nConnection: close\r\n\r\n");

    head.fields = fields(AHTTP_PAIRS({"Connection", "x, Close"}));
    assert_str(written(head), "GET /a?b HTTP/1.1\r\nHost: h:81\r\nConnection: x, Close\r\n\r\n");
}

static void a_head_is_appended_to_what_is_there(void **state)
{
    ah_request_head head = request("GET");
    (void)state;

    ah_buf_clear(&out);
    ah_buf_append(&out, AH_STR("before "));
    ah_h1_write_head(&out, &head);

    assert_str(ah_buf_str(&out), "before GET /a?b HTTP/1.1\r\nHost: h:81\r\n\r\n");
}

static void a_chunk_starts_with_its_size_in_hexadecimal(void **state)
{
    static const struct {
        size_t size;
        const char *line;
    } cases[] = {{1, "1\r\n"}, {10, "a\r\n"}, {0x1F00, "1f00\r\n"}, {SIZE_MAX, NULL}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ah_buf_clear(&out);
        ah_h1_write_chunk_start(&out, cases[i].size);
        if (cases[i].line)
            assert_str(ah_buf_str(&out), cases[i].line);
        else
            assert_int_equal(out.len, 2 * sizeof(size_t) + 2);
    }
}

static void write_one(void *ctx)
{
    ah_buf own = {0};
    ah_request_head head = request("POST");
    (void)ctx;

    head.fields_text = AH_STR("A: b\r\n");
    ah_h1_write_head(&own, &head);
    if (!ah_buf_failed(&own))
        assert_true(ah_str_ends_with(ah_buf_str(&own), AH_STR("Content-Length: 0\r\n\r\n")));
    ah_buf_release(&own);
}

static void running_out_of_memory_is_remembered_by_the_buffer(void **state)
{
    (void)state;

    for_each_allocation(write_one, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    ah_buf_release(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_its_line_and_host_and_nothing_more),
        cmocka_unit_test(host_comes_before_the_fields_which_keep_order_case_and_repeats),
        cmocka_unit_test(fields_as_text_go_instead_of_fields),
        cmocka_unit_test(the_text_of_fields_is_what_the_head_would_have),
        cmocka_unit_test(connect_has_its_host_too),
        cmocka_unit_test(a_body_of_known_length_says_it),
        cmocka_unit_test(a_body_of_unknown_length_is_chunked),
        cmocka_unit_test(an_absent_body_is_said_where_one_is_expected),
        cmocka_unit_test(an_empty_body_is_said_for_any_method),
        cmocka_unit_test(only_the_writer_frames_the_body),
        cmocka_unit_test(the_last_request_of_a_connection_says_close_once),
        cmocka_unit_test(a_head_is_appended_to_what_is_there),
        cmocka_unit_test(a_chunk_starts_with_its_size_in_hexadecimal),
        cmocka_unit_test(running_out_of_memory_is_remembered_by_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
