/* SPDX-License-Identifier: MIT */
#include "support/instructions.h"
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/syscall.h>
#endif

enum { UNKNOWN = -2 };

static int counter = UNKNOWN; /* a descriptor; -1: the system does not count */

static void open_counter(void)
{
#ifdef __linux__
    struct perf_event_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.type = PERF_TYPE_HARDWARE;
    attr.size = sizeof attr;
    attr.config = PERF_COUNT_HW_INSTRUCTIONS;
    attr.exclude_kernel = 1;
    attr.exclude_hv = 1;
    counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
#else
    counter = -1;
#endif
}

bool cost_is_exact(void)
{
    if (counter == UNKNOWN)
        open_counter();
    return counter >= 0;
}

uint64_t cost_so_far(void)
{
    uint64_t count;
    struct timespec now;

    if (cost_is_exact() && read(counter, &count, sizeof count) == (ssize_t)sizeof count)
        return count;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
