/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_STRESS_H
#define TESTS_SUPPORT_STRESS_H
/* How much tests of many threads do. */
#include <stdlib.h>

/* Requests of all threads together: as the environment says, or so many. */
static inline int stress_requests(int usual)
{
    const char *text = getenv("AHTTP_STRESS_REQUESTS");
    int given = text ? atoi(text) : 0;

    return given > 0 ? given : usual;
}

#endif
