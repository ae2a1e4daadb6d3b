/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_LATCH_H
#define AH_LOOP_LATCH_H
/* Something that moves through stages 1, 2, ... on one thread, while others wait for that. */
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct ah_latch {
    uv_mutex_t mutex; /* for whatever else the threads share as well */
    uv_cond_t moved;
    int stage; /* 0 at first */
} ah_latch;

/* False when the system has none. */
bool ah_latch_init(ah_latch *latch);
void ah_latch_release(ah_latch *latch);
void ah_latch_move(ah_latch *latch, int stage);
/* Waits at most limit_ms, AHTTP_NEVER: for ever; whether the stage was reached. */
bool ah_latch_wait(ah_latch *latch, int stage, int64_t limit_ms);

static inline void ah_latch_lock(ah_latch *latch)
{
    uv_mutex_lock(&latch->mutex);
}

static inline void ah_latch_unlock(ah_latch *latch)
{
    uv_mutex_unlock(&latch->mutex);
}

#endif
