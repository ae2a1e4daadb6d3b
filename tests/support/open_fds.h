/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_OPEN_FDS_H
#define TESTS_SUPPORT_OPEN_FDS_H
/* How many descriptors the process has open, to see that none was left behind. */
#include <stddef.h>

size_t count_open_fds(void);

#endif
