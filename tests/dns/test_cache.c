/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "dns/cache.h"
#include "support/failing_alloc.h"
#include <stdio.h>

static ah_address address(const char *text)
{
    ah_address made;

    assert_true(ah_address_parse(ah_str_from(text), 0, &made));
    return made;
}

/* "[::1]:80 1.2.3.4:80", or "nothing". */
static const char *listed(const ah_answer *answer, size_t turn)
{
    static char text[500];
    char each[AH_ADDRESS_TEXT];
    size_t len = 0;
    ah_address *list = ah_answer_list(answer, turn, 80);

    assert_non_null(list);
    for (size_t i = 0; i < answer->v6_count + answer->v4_count; i++) {
        ah_address_format(&list[i], each);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", each);
    }
    ah_free(list);
    return text;
}

static const char *found(ah_cache *cache, const char *key, int64_t now_ms)
{
    ah_answer answer;
    size_t turn;

    if (!ah_cache_find(cache, ah_str_from(key), now_ms, &answer, &turn))
        return "nothing";
    return answer.error ? answer.error->message : listed(&answer, turn);
}

static void put_v4(ah_cache *cache, const char *key, const char *text, int64_t now_ms,
                   int64_t expires_ms)
{
    ah_address v4 = address(text);

    ah_cache_put(cache, ah_str_from(key), &(ah_answer){.v4 = &v4, .v4_count = 1}, now_ms,
                 expires_ms);
}

static void an_answer_is_found_until_its_time_is_over(void **state)
{
    ah_cache cache;

    (void)state;
    ah_cache_init(&cache, 10);
    put_v4(&cache, "a", "1.2.3.4", 0, 1000);

    assert_string_equal(found(&cache, "a", 999), "1.2.3.4:80");
    assert_string_equal(found(&cache, "b", 999), "nothing");
    assert_string_equal(found(&cache, "a", 1000), "nothing");
    assert_string_equal(found(&cache, "a", 999), "nothing");
    ah_cache_release(&cache);
}

static void an_answer_that_is_over_at_once_is_not_kept(void **state)
{
    ah_cache cache;

    (void)state;
    ah_cache_init(&cache, 10);
    put_v4(&cache, "a", "1.2.3.4", 500, 500);

    assert_string_equal(found(&cache, "a", 499), "nothing");
    ah_cache_release(&cache);
}

static void a_newer_answer_takes_the_place_of_the_older(void **state)
{
    ah_cache cache;

    (void)state;
    ah_cache_init(&cache, 10);
    put_v4(&cache, "a", "1.2.3.4", 0, 1000);
    put_v4(&cache, "a", "5.6.7.8", 0, 1000);

    assert_string_equal(found(&cache, "a", 0), "5.6.7.8:80");
    ah_cache_release(&cache);
}

static void the_least_recently_used_name_makes_room(void **state)
{
    ah_cache cache;

    (void)state;
    ah_cache_init(&cache, 2);
    put_v4(&cache, "a", "1.1.1.1", 0, 1000);
    put_v4(&cache, "b", "2.2.2.2", 0, 1000);
    found(&cache, "a", 0);
    put_v4(&cache, "c", "3.3.3.3", 0, 1000);

    assert_string_equal(found(&cache, "a", 0), "1.1.1.1:80");
    assert_string_equal(found(&cache, "b", 0), "nothing");
    assert_string_equal(found(&cache, "c", 0), "3.3.3.3:80");
    ah_cache_release(&cache);
}

static void a_failure_is_kept_too(void **state)
{
    ah_cache cache;
    ahttp_error *error = ah_error_new(AHTTP_E_DNS, "resolve a: no");

    (void)state;
    ah_cache_init(&cache, 2);
    ah_cache_put(&cache, AH_STR("a"), &(ah_answer){.error = error}, 0, 1000);
    ah_error_free(error);

    assert_string_equal(found(&cache, "a", 999), "resolve a: no");
    ah_cache_release(&cache);
}

static void each_find_starts_one_address_later(void **state)
{
    ah_cache cache;
    ah_address v6[] = {address("2001:db8::1"), address("2001:db8::2")};
    ah_address v4[] = {address("1.1.1.1"), address("2.2.2.2"), address("3.3.3.3")};

    (void)state;
    ah_cache_init(&cache, 2);
    ah_cache_put(&cache, AH_STR("a"), &(ah_answer){v6, 2, v4, 3, NULL}, 0, 1000);

    assert_string_equal(found(&cache, "a", 0),
                        "[2001:db8::2]:80 2.2.2.2:80 [2001:db8::1]:80 3.3.3.3:80 1.1.1.1:80");
    assert_string_equal(found(&cache, "a", 0),
                        "[2001:db8::1]:80 3.3.3.3:80 [2001:db8::2]:80 1.1.1.1:80 2.2.2.2:80");
    ah_cache_release(&cache);
}

static void families_come_by_turns(void **state)
{
    ah_address v6[] = {address("2001:db8::1"), address("2001:db8::2"), address("2001:db8::3")};
    ah_address v4[] = {address("1.1.1.1"), address("2.2.2.2")};

    (void)state;
    assert_string_equal(listed(&(ah_answer){v6, 3, v4, 2, NULL}, 0),
                        "[2001:db8::1]:80 1.1.1.1:80 [2001:db8::2]:80 2.2.2.2:80 [2001:db8::3]:80");
    assert_string_equal(listed(&(ah_answer){v6, 3, v4, 1, NULL}, 0),
                        "[2001:db8::1]:80 1.1.1.1:80 [2001:db8::2]:80 [2001:db8::3]:80");
    assert_string_equal(listed(&(ah_answer){v6, 1, v4, 2, NULL}, 0),
                        "[2001:db8::1]:80 1.1.1.1:80 2.2.2.2:80");
    assert_string_equal(listed(&(ah_answer){NULL, 0, v4, 2, NULL}, 1), "2.2.2.2:80 1.1.1.1:80");
}

static void fill_and_release(void *ctx)
{
    ah_cache cache;
    char key[8];
    ahttp_error *error = ah_error_new(AHTTP_E_DNS, "resolve z: no");

    (void)ctx;
    ah_cache_init(&cache, 40);
    ah_cache_put(&cache, AH_STR("z"), &(ah_answer){.error = error}, 0, 1000);
    ah_error_free(error);
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "n%d", i);
        put_v4(&cache, key, "1.2.3.4", 0, 1000);
    }
    ah_cache_release(&cache);
}

static void a_cache_without_memory_just_forgets(void **state)
{
    (void)state;
    for_each_allocation(fill_and_release, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_found_until_its_time_is_over),
        cmocka_unit_test(an_answer_that_is_over_at_once_is_not_kept),
        cmocka_unit_test(a_newer_answer_takes_the_place_of_the_older),
        cmocka_unit_test(the_least_recently_used_name_makes_room),
        cmocka_unit_test(a_failure_is_kept_too),
        cmocka_unit_test(each_find_starts_one_address_later),
        cmocka_unit_test(families_come_by_turns),
        cmocka_unit_test(a_cache_without_memory_just_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
