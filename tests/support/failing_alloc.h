/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAILING_ALLOC_H
#define TESTS_SUPPORT_FAILING_ALLOC_H
/* An allocator that counts, and makes the nth allocation fail. */
#include <stddef.h>

typedef struct alloc_counts {
    size_t allocations; /* calls that asked for a new or a bigger block */
    size_t live;        /* blocks not given back yet */
} alloc_counts;

/* Use it from now on, counting from 0, nothing failing. */
void counting_alloc_install(void);
/* Back to the C library's; fails the test when blocks are still live. */
void counting_alloc_remove(void);
alloc_counts counting_alloc_counts(void);
/* Makes the allocation number n (1 is the next) fail, and only that; 0: none. */
void counting_alloc_fail_nth(size_t n);

/* Runs scenario(ctx) with allocation 1, 2, ... failing until a run has no failing one left.
   Each run must give back what it took; scenario returns when it is done, whether the
   failure stopped it or not. */
void for_each_allocation(void (*scenario)(void *ctx), void *ctx);

#endif
