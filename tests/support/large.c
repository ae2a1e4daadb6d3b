/* SPDX-License-Identifier: MIT */
#include "support/large.h"
#include "support/check.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#if defined(__has_include) && __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

uint64_t large_size(void)
{
    if (RUNNING_ON_VALGRIND)
        return 8 << 20;
    return IS_SANITIZED ? 64 << 20 : 1 << 30;
}

size_t resident_growth_allowed(void)
{
    return IS_SANITIZED || RUNNING_ON_VALGRIND ? 32 << 20 : 8 << 20;
}

int64_t idle_cpu_allowed_us(int64_t of_ms)
{
    return of_ms * 1000 / (RUNNING_ON_VALGRIND ? 10 : 100);
}

size_t resident_bytes(void)
{
    char text[128] = "";
    unsigned long total, resident = 0;
    int fd = open("/proc/self/statm", O_RDONLY);

    assert_true(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_int_equal(sscanf(text, "%lu %lu", &total, &resident), 2);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}
