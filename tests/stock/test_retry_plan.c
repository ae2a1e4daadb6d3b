/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "stock/retry_plan.h"
#include <ahttp/error.h>

static ah_retry_plan plan_of(ahttp_retry_options options)
{
    ah_retry_plan plan;

    ah_retry_plan_init(&plan, &options);
    return plan;
}

static ah_retry_facts busy(void)
{
    return (ah_retry_facts){.sent = 1,
                            .status = 503,
                            .left_ms = AHTTP_NEVER,
                            .is_idempotent = true,
                            .is_replayable = true};
}

static void waits_grow_twofold_up_to_the_most(void **state)
{
    static const int64_t expected[] = {100, 200, 400, 500, 500};
    ah_retry_plan plan =
        plan_of((ahttp_retry_options){.first_wait_ms = 100, .most_wait_ms = 500, .attempts = 10});
    ah_retry_facts facts = busy();
    (void)state;

    for (int i = 0; i < 5; i++) {
        facts.sent = i + 1;
        assert_int_equal(ah_retry_decide(&plan, &facts), expected[i]);
    }
    facts.cut = 1;
    assert_int_equal(ah_retry_decide(&plan, &facts), 250);
    facts.cut = 0.5;
    assert_int_equal(ah_retry_decide(&plan, &facts), 375);
}

static void attempts_are_counted(void **state)
{
    ah_retry_plan plan = plan_of((ahttp_retry_options){.attempts = 2});
    ah_retry_facts facts = busy();
    (void)state;

    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    facts.sent = 2;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
}

static void statuses_that_say_later(void **state)
{
    static const int own[] = {500, 0};
    ah_retry_plan usual = plan_of((ahttp_retry_options){.attempts = 99, .budget_percent = -1});
    ah_retry_plan other = plan_of((ahttp_retry_options){.statuses = own, .budget_percent = -1});
    (void)state;

    for (int status = 100; status < 600; status++) {
        ah_retry_facts facts = busy();
        facts.status = status;
        bool is_usual = status == 429 || (status >= 502 && status <= 504);
        assert_int_equal(ah_retry_decide(&usual, &facts) >= 0, is_usual);
        assert_int_equal(ah_retry_decide(&other, &facts) >= 0, status == 500);
    }
}

static void too_large_counts_where_it_says_when(void **state)
{
    static const int own[] = {503, 0};
    ah_retry_plan usual = plan_of((ahttp_retry_options){.attempts = 9});
    ah_retry_plan other = plan_of((ahttp_retry_options){.statuses = own});
    ah_retry_facts facts = busy();
    (void)state;
    facts.status = 413;

    assert_int_equal(ah_retry_decide(&usual, &facts), -1);
    facts.retry_after = AH_STR("7");
    assert_int_equal(ah_retry_decide(&usual, &facts), 7000);
    assert_int_equal(ah_retry_decide(&other, &facts), -1);
}

static void a_choice_of_the_program_counts_instead(void **state)
{
    ah_retry_plan plan = plan_of((ahttp_retry_options){.attempts = 2, .budget_reserve = 2});
    ah_retry_facts facts = busy();
    (void)state;

    facts.choice = AH_RETRY_NO;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    facts.choice = AH_RETRY_YES;
    facts.status = 404;
    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    facts.status = 0;
    facts.error_kinds = AHTTP_KIND_TLS;
    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    assert_int_equal(ah_retry_decide(&plan, &facts), -1); /* the budget is used up */

    plan = plan_of((ahttp_retry_options){.attempts = 2});
    facts.is_idempotent = false;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    facts.is_safe = true;
    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    facts.sent = 2;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
}

static void errors_by_what_is_known_of_them(void **state)
{
    static const struct {
        int kinds;
        bool is_safe, idempotent, others;
    } table[] = {
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_RETRY, true, true, true}, /* surely never processed */
        {AHTTP_KIND_CONNECTION, true, true, true},
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_RETRY, false, true, false}, /* an earlier sending was */
        {AHTTP_KIND_CONNECTION, false, true, false},
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT, false, true, false},
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_TLS | AHTTP_KIND_RETRY, true, false, false},
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_PROXY | AHTTP_KIND_RETRY, true, true, true},
        {AHTTP_KIND_CONNECTION | AHTTP_KIND_PROXY, true, false, false}, /* it will not, it says */
        {AHTTP_KIND_USAGE, true, false, false},
        {AHTTP_KIND_RESPONSE, false, false, false},
        {AHTTP_KIND_TIMEOUT, true, false, false}, /* the total time limit */
        {0, true, false, false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        ah_retry_plan plan = plan_of((ahttp_retry_options){.attempts = 9});
        ah_retry_facts facts = busy();
        facts.status = 0;
        facts.error_kinds = table[i].kinds;
        facts.is_safe = table[i].is_safe;
        assert_int_equal(ah_retry_decide(&plan, &facts) >= 0, table[i].idempotent);
        facts.is_idempotent = false;
        assert_int_equal(ah_retry_decide(&plan, &facts) >= 0, table[i].others);
    }
}

static void methods_and_bodies_that_cannot_be_repeated(void **state)
{
    ah_retry_plan plan = plan_of((ahttp_retry_options){.attempts = 9});
    ah_retry_plan any = plan_of((ahttp_retry_options){.attempts = 9, .any_method = true});
    ah_retry_facts facts = busy();
    (void)state;

    facts.is_idempotent = false;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    assert_true(ah_retry_decide(&any, &facts) >= 0);
    facts.is_replayable = false;
    assert_int_equal(ah_retry_decide(&any, &facts), -1);
}

static void retry_after_in_seconds_or_as_a_date(void **state)
{
    static const struct {
        const char *text;
        int64_t wait_ms;
    } table[] = {{"0", 0},
                 {"7", 7000},
                 {"60", 60000},
                 {"61", -1}, /* longer than the longest that is obeyed */
                 {"99999999999999999999", 100},
                 {"9223372036854775807", -1},
                 {"soon", 100},
                 {"-1", 100},
                 {"Sun, 06 Nov 1994 08:49:47 GMT", 10000},
                 {"Sun, 06 Nov 1994 08:49:30 GMT", 0}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        ah_retry_plan plan = plan_of((ahttp_retry_options){.first_wait_ms = 100});
        ah_retry_facts facts = busy();
        facts.retry_after = ah_str_from(table[i].text);
        facts.now_s = 784111777; /* 08:49:37 */
        if (ah_retry_decide(&plan, &facts) != table[i].wait_ms)
            fail_msg("%s", table[i].text);
    }
}

static void the_total_time_limit_is_kept(void **state)
{
    ah_retry_plan plan = plan_of((ahttp_retry_options){.first_wait_ms = 100});
    ah_retry_facts facts = busy();
    (void)state;

    facts.left_ms = 100;
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    facts.left_ms = 101;
    assert_int_equal(ah_retry_decide(&plan, &facts), 100);
}

static void the_budget_is_used_up_and_filled_by_requests(void **state)
{
    ah_retry_plan plan = plan_of((ahttp_retry_options){.budget_percent = 25, .budget_reserve = 2});
    ah_retry_plan none = plan_of((ahttp_retry_options){.budget_percent = AHTTP_UNLIMITED});
    ah_retry_facts facts = busy();
    (void)state;

    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    for (int i = 0; i < 3; i++) {
        ah_retry_begin(&plan);
        assert_int_equal(ah_retry_decide(&plan, &facts), -1);
    }
    ah_retry_begin(&plan);
    assert_true(ah_retry_decide(&plan, &facts) >= 0);
    for (int i = 0; i < 1000; i++)
        assert_true(ah_retry_decide(&none, &facts) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_grow_twofold_up_to_the_most),
        cmocka_unit_test(attempts_are_counted),
        cmocka_unit_test(statuses_that_say_later),
        cmocka_unit_test(too_large_counts_where_it_says_when),
        cmocka_unit_test(a_choice_of_the_program_counts_instead),
        cmocka_unit_test(errors_by_what_is_known_of_them),
        cmocka_unit_test(methods_and_bodies_that_cannot_be_repeated),
        cmocka_unit_test(retry_after_in_seconds_or_as_a_date),
        cmocka_unit_test(the_total_time_limit_is_kept),
        cmocka_unit_test(the_budget_is_used_up_and_filled_by_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
