/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_LARGE_H
#define TESTS_SUPPORT_LARGE_H
/* For tests that measure what is used: memory for bodies of any size, time while nothing is done.
 */
#include <stddef.h>
#include <stdint.h>

/* A gigabyte; less where instrumented code would take too long. */
uint64_t large_size(void);
/* Memory of the process now. */
size_t resident_bytes(void);
/* By how much it may grow; more where instruments keep notes of all memory that is touched. */
size_t resident_growth_allowed(void);
/* Time of the CPU, in microseconds, that is none at all in so many milliseconds: a hundredth; more
   where each instruction becomes many. */
int64_t idle_cpu_allowed_us(int64_t of_ms);

#endif
