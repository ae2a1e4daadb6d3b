/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SKIPPED_TIME_H
#define TESTS_SUPPORT_SKIPPED_TIME_H
/* c-ares reads the system's clock itself, so a loop's virtual clock alone does not let its time
   limits pass.  A program that includes this has a clock_gettime that goes ahead by what was
   skipped: for c-ares, and for whoever else asks. */
#include <ahttp/loop.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t skipped_ms;

/* Visible, so that a shared c-ares finds it. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, now);

    if (rc == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME)) {
        int64_t ns = now->tv_nsec + skipped_ms % 1000 * 1000000;
        now->tv_sec += (time_t)(skipped_ms / 1000 + ns / 1000000000);
        now->tv_nsec = (long)(ns % 1000000000);
    }
    return rc;
}

/* For the loop, which has a virtual clock, and for c-ares. */
static inline void skip_time(ahttp_loop *loop, int64_t ms)
{
    skipped_ms += ms;
    ahttp_loop_advance(loop, ms);
}

#endif
