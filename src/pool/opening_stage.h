/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_OPENING_STAGE_H
#define AH_POOL_OPENING_STAGE_H
/* What an opening does at each stage, and what happens when that takes too long. */
#include <ahttp/error.h>
#include <ahttp/timeout.h>

typedef enum ah_opening_stage {
    AH_OPENING_RESOLVING,
    AH_OPENING_DIALLING,
    AH_OPENING_SECURING,
    AH_OPENING_PASSING
} ah_opening_stage;

typedef struct ah_opening_facts {
    const char *doing, *verb, *limit; /* "connecting", "connect to", "connect_ms" */
    size_t limit_at;                  /* in ahttp_timeout */
    int code;                         /* of its time limit */
    ahttp_phase phase;
} ah_opening_facts;

extern const ah_opening_facts ah_opening_facts_of[];

/* How long the stage may take. */
int64_t ah_opening_limit(ah_opening_stage stage, const ahttp_timeout *limits);

#endif
