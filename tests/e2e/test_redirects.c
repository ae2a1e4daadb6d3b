/* SPDX-License-Identifier: MIT */
/* Redirects of a real httpbin. */
#include "httpbin.h"

static void assert_hops(const char *path, size_t hops)
{
    ahttp_response *response = response_of(ahttp_get(session, at(path)));

    assert_int_equal(ahttp_response_status(response), 200);
    assert_int_equal(ahttp_response_history_count(response), hops);
    assert_true(ahttp_await_status(ahttp_response_read(response)) == 0);
    ahttp_response_unref(response);
}

static void chains_of_each_kind_are_followed(void **state)
{
    (void)state;
    assert_hops("/redirect/1", 1);
    assert_hops("/redirect/10", 10);
    assert_hops("/relative-redirect/6", 6);
    assert_hops("/absolute-redirect/6", 6);
    assert_hops("/redirect-to?url=/get", 1);
    assert_hops("/redirect-to?url=/get&status_code=307", 1);
}

static void one_more_than_allowed_is_too_many(void **state)
{
    size_t count = 0;
    (void)state;

    assert_null(ahttp_await(ahttp_get(session, at("/relative-redirect/11"))));
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_TOO_MANY_REDIRECTS);
    while (ahttp_task_error()->hops[count].url)
        count++;
    assert_int_equal(count, 11);
}

static void a_post_becomes_a_get_or_stays_one(void **state)
{
    static const struct {
        const char *path, *method;
    } table[] = {{"/redirect-to?url=/anything&status_code=302", "\"method\":\"GET\""},
                 {"/redirect-to?url=/anything&status_code=307", "\"method\":\"POST\""}};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        ahttp_response *response =
            response_of(ahttp_post(session, at(table[i].path), .text = "body"));
        char *text = without_spaces(ahttp_await(ahttp_response_text(response)));
        assert_non_null(strstr(text, table[i].method));
        free(text);
        ahttp_response_unref(response);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(chains_of_each_kind_are_followed),
        TEST(one_more_than_allowed_is_too_many),
        TEST(a_post_becomes_a_get_or_stays_one),
    };
#undef TEST
    return cmocka_run_group_tests(tests, find_httpbin, NULL);
}
