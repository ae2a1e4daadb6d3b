/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_INSTRUCTIONS_H
#define TESTS_SUPPORT_INSTRUCTIONS_H
/* What a piece of code costs: instructions in user mode on this thread, which do not depend on
   what else the machine does.  Where the system does not count them, nanoseconds. */
#include <stdbool.h>
#include <stdint.h>

/* Whether it counts instructions; else it is time. */
bool cost_is_exact(void);
/* So far; differences matter. */
uint64_t cost_so_far(void);

#endif
