/* SPDX-License-Identifier: MIT */
#include "stock/retry_plan.h"
#include "cookies/date.h"
#include <ahttp/error.h>

enum {
    FIRST_WAIT_MS = 200,
    MOST_WAIT_MS = 10000,
    MOST_AFTER_MS = 60000,
    ATTEMPTS = 3,
    BUDGET_PERCENT = 20,
    BUDGET_RESERVE = 10,
    ONE = 100 /* a retry, in the units of the budget */
};

static int64_t or_else(int64_t given, int64_t otherwise)
{
    return given > 0 ? given : otherwise;
}

void ah_retry_plan_init(ah_retry_plan *plan, const ahttp_retry_options *options)
{
    static const int usual[] = {429, 502, 503, 504, 0};
    const int *statuses = options->statuses ? options->statuses : usual;
    int percent = options->budget_percent ? options->budget_percent : BUDGET_PERCENT;

    *plan = (ah_retry_plan){
        .first_wait_ms = or_else(options->first_wait_ms, FIRST_WAIT_MS),
        .most_wait_ms = or_else(options->most_wait_ms, MOST_WAIT_MS),
        .most_after_ms = or_else(options->most_after_ms, MOST_AFTER_MS),
        .attempts = (int)or_else(options->attempts, ATTEMPTS),
        .any_method = options->any_method,
        .too_large = !options->statuses,
        .budget_most = or_else(options->budget_reserve, BUDGET_RESERVE) * ONE,
        .budget_per_request = percent,
    };
    plan->budget = plan->budget_most;
    while (*statuses && plan->status_count < AH_RETRY_STATUSES)
        plan->statuses[plan->status_count++] = *statuses++;
}

void ah_retry_begin(ah_retry_plan *plan)
{
    plan->budget += plan->budget_per_request;
    if (plan->budget > plan->budget_most)
        plan->budget = plan->budget_most;
}

static bool says_later(const ah_retry_plan *plan, int status, int64_t after_ms)
{
    for (size_t i = 0; i < plan->status_count; i++)
        if (plan->statuses[i] == status)
            return true;
    return plan->too_large && status == 413 && after_ms >= 0; /* RFC 9110 §15.5.14 */
}

/* RFC 9110 §10.2.3; below 0: it says nothing that can be read. */
static int64_t retry_after_ms(const ah_retry_facts *facts)
{
    uint64_t seconds;
    int64_t at;

    if (ah_str_to_u64(facts->retry_after, &seconds))
        return seconds < INT64_MAX / 1000 ? (int64_t)seconds * 1000 : INT64_MAX;
    if (facts->retry_after.len == 0 || !ah_cookie_date_read(facts->retry_after, &at))
        return -1;
    return at > facts->now_s ? (at - facts->now_s) * 1000 : 0;
}

static int64_t backoff_ms(const ah_retry_plan *plan, const ah_retry_facts *facts)
{
    int64_t wait_ms = plan->first_wait_ms;

    for (int i = 1; i < facts->sent && wait_ms < plan->most_wait_ms; i++)
        wait_ms *= 2;
    if (wait_ms > plan->most_wait_ms)
        wait_ms = plan->most_wait_ms;
    return wait_ms - (int64_t)((double)wait_ms / 2 * facts->cut);
}

static bool may_help(const ah_retry_plan *plan, const ah_retry_facts *facts, int64_t after_ms)
{
    if (facts->choice != AH_RETRY_NOT_ASKED)
        return facts->choice == AH_RETRY_YES;
    if (facts->status)
        return says_later(plan, facts->status, after_ms);
    if (facts->error_kinds & AHTTP_KIND_PROXY && !(facts->error_kinds & AHTTP_KIND_RETRY))
        return false; /* it has answered that it will not */
    return !(facts->error_kinds & AHTTP_KIND_TLS) &&
           facts->error_kinds & (AHTTP_KIND_RETRY | AHTTP_KIND_CONNECTION);
}

static bool may_repeat(const ah_retry_plan *plan, const ah_retry_facts *facts)
{
    return facts->is_replayable && (facts->is_safe || facts->is_idempotent || plan->any_method);
}

int64_t ah_retry_decide(ah_retry_plan *plan, const ah_retry_facts *facts)
{
    int64_t after_ms = facts->status ? retry_after_ms(facts) : -1;
    int64_t wait_ms = after_ms >= 0 ? after_ms : backoff_ms(plan, facts);

    if (facts->sent >= plan->attempts || !may_repeat(plan, facts) ||
        !may_help(plan, facts, after_ms))
        return -1;
    if (after_ms > plan->most_after_ms)
        return -1;
    if (facts->left_ms >= 0 && wait_ms >= facts->left_ms)
        return -1;
    if (plan->budget_per_request < 0)
        return wait_ms;
    if (plan->budget < ONE)
        return -1;
    plan->budget -= ONE;
    return wait_ms;
}
