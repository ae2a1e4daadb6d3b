/* SPDX-License-Identifier: MIT */
#ifndef AH_STOCK_RETRY_PLAN_H
#define AH_STOCK_RETRY_PLAN_H
/* Whether a request is sent once more, and when: values only. */
#include "base/str.h"
#include <ahttp/retry.h>

enum { AH_RETRY_STATUSES = 16 };

typedef struct ah_retry_plan {
    int statuses[AH_RETRY_STATUSES];
    size_t status_count;
    int64_t first_wait_ms, most_wait_ms, most_after_ms;
    int attempts;
    bool any_method;
    bool too_large; /* 413 counts, too, where it says when */
    /* In hundredths of a retry: */
    int64_t budget, budget_most, budget_per_request; /* the last below 0: there is no limit */
} ah_retry_plan;

/* Of the program. */
typedef enum ah_retry_choice { AH_RETRY_NOT_ASKED, AH_RETRY_YES, AH_RETRY_NO } ah_retry_choice;

/* How a sending ended. */
typedef struct ah_retry_facts {
    int sent;   /* how often, this time included */
    int status; /* 0: it failed */
    int error_kinds;
    ah_str retry_after; /* the field, or empty */
    int64_t now_s;      /* since 1970 */
    int64_t left_ms;    /* of the total time limit; AHTTP_NEVER */
    ah_retry_choice choice;
    double cut; /* 0 to 1: how much of the half that is random goes */
    bool is_idempotent;
    bool is_replayable;
    bool is_safe; /* it failed, and no byte of it was sent */
} ah_retry_facts;

/* Fills in the defaults. */
void ah_retry_plan_init(ah_retry_plan *plan, const ahttp_retry_options *options);
/* A new request adds to the budget. */
void ah_retry_begin(ah_retry_plan *plan);
/* How long to wait before the next sending, which takes from the budget; below 0: there is none. */
int64_t ah_retry_decide(ah_retry_plan *plan, const ah_retry_facts *facts);

#endif
