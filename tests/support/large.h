/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_LARGE_H
#define TESTS_SUPPORT_LARGE_H
/* For tests that bodies of any size need little memory. */
#include <stddef.h>
#include <stdint.h>

/* A gigabyte; less where instrumented code would take too long. */
uint64_t large_size(void);
/* Memory of the process now. */
size_t resident_bytes(void);
/* By how much it may grow; more where instruments keep notes of all memory that is touched. */
size_t resident_growth_allowed(void);

#endif
