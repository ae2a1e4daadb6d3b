/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_LOG_H
#define AH_LOOP_LOG_H
/* Telling of what happens:

       if (AH_UNLIKELY(ah_log_wants(AHTTP_LOG_DEBUG)))
           ah_log(loop, AHTTP_LOG_DEBUG, "connection", "%s: closed", name);          */
#include "base/error.h"
#include <ahttp/log.h>
#include <stdatomic.h>

typedef struct ah_log_settings {
    ahttp_log_level level;
    ahttp_log_fn *fn; /* NULL: standard error */
    void *ctx;
} ah_log_settings;

/* The most that any loop of the process has ever wanted. */
extern _Atomic int ah_log_most;

/* Whether it is worth making the line. */
static inline bool ah_log_wants(ahttp_log_level level)
{
    return atomic_load_explicit(&ah_log_most, memory_order_relaxed) >= (int)level;
}

/* Tells it, if this loop wants it; loop may be NULL.  Lines are cut at 1000 bytes. */
void ah_log(const ahttp_loop *loop, ahttp_log_level level, const char *topic, const char *format,
            ...) AHTTP_PRINTF(4, 5);
/* A warning "create: <message>", for a function that makes something and gives NULL.  Without a
   loop it goes to standard error if the environment wants warnings.  Takes error over; is NULL, for
   that function to return. */
void *ah_log_not_made(const ahttp_loop *loop, const char *topic, ahttp_error *error);

#endif
