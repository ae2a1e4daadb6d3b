/* SPDX-License-Identifier: MIT */
#include "client/time_limits.h"
#include <string.h>

enum { COUNT = sizeof(ahttp_timeout) / sizeof(int64_t), TOTAL_MS = 300000, STEP_MS = 30000 };

/* A set as a list, in the order of its fields. */
typedef union list {
    ahttp_timeout timeout;
    int64_t ms[COUNT];
} list;

static const char *const names[] = {"total_ms", "connect_ms", "pool_ms",       "dns_ms",
                                    "tls_ms",   "write_ms",   "first_byte_ms", "read_ms"};
_Static_assert(sizeof names / sizeof *names == COUNT, "each limit has a name");

static bool is_empty(const ahttp_timeout *timeout)
{
    return (timeout->total_ms | timeout->connect_ms | timeout->pool_ms | timeout->dns_ms |
            timeout->tls_ms | timeout->write_ms | timeout->first_byte_ms | timeout->read_ms) == 0;
}

const char *ah_timeout_check(const ahttp_timeout *timeout)
{
    if (is_empty(timeout))
        return NULL;
    list all = {.timeout = *timeout};
    for (int i = 0; i < COUNT; i++)
        if (all.ms[i] < AHTTP_NEVER)
            return names[i];
    return NULL;
}

/* What is 0 in own becomes as in base. */
static void fill(list *own, const list *base)
{
    for (int i = 0; i < COUNT; i++)
        if (own->ms[i] == 0)
            own->ms[i] = base->ms[i];
}

void ah_timeout_complete(ahttp_timeout *timeout)
{
    static const list defaults = {.timeout = {.total_ms = TOTAL_MS,
                                              .connect_ms = STEP_MS,
                                              .pool_ms = AHTTP_NEVER,
                                              .dns_ms = STEP_MS,
                                              .tls_ms = STEP_MS,
                                              .write_ms = AHTTP_NEVER,
                                              .read_ms = AHTTP_NEVER}};
    list all = {.timeout = *timeout};

    fill(&all, &defaults);
    *timeout = all.timeout;
}

const ahttp_timeout *ah_timeout_merge(const ahttp_timeout *own, const ahttp_timeout *base,
                                      ahttp_timeout *room)
{
    if (is_empty(own))
        return base;
    list all = {.timeout = *own};
    fill(&all, &(const list){.timeout = *base});
    *room = all.timeout;
    return room;
}

bool ah_timeout_limits_gaps(const ahttp_timeout *timeout)
{
    return timeout->write_ms != AHTTP_NEVER || timeout->read_ms != AHTTP_NEVER ||
           timeout->first_byte_ms > 0;
}
