/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H
/* The clock of clients and server. */
#include <time.h>

/* Seconds. */
static inline double clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void compute_for(double seconds)
{
    const double end = clock_now() + seconds;

    while (clock_now() < end)
        ;
}

#endif
