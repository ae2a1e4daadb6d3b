/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_AT_REST_H
#define TESTS_SUPPORT_AT_REST_H
/* Whether anything is still to come of the threads beside a test: its servers, libuv's workers.
   So a test can let time pass exactly when nothing else would ever happen. */
#include <stdbool.h>
#include <stddef.h>

struct uv_loop_s;

/* Of the process, this one included. */
size_t count_threads(void);

/* Waits until all other threads of the process sleep. */
void wait_for_other_threads(void);

/* Waits until the loop has something to do, or the others sleep without having caused any; whether
   it has. */
bool loop_has_work(const struct uv_loop_s *loop);

#endif
