/* SPDX-License-Identifier: MIT */
#include "support/failing_alloc.h"
#include "support/check.h"
#include <ahttp/memory.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_size_t allocations, live, failing;

static int must_fail(void)
{
    size_t number = atomic_fetch_add(&allocations, 1) + 1;

    return number == atomic_load(&failing);
}

static void *count_allocate(size_t size, void *ctx)
{
    (void)ctx;
    void *block = must_fail() ? NULL : malloc(size);
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

static void *count_reallocate(void *old, size_t size, void *ctx)
{
    (void)ctx;
    void *block = must_fail() ? NULL : realloc(old, size);
    if (block && !old)
        atomic_fetch_add(&live, 1);
    return block;
}

static void count_deallocate(void *block, void *ctx)
{
    (void)ctx;
    atomic_fetch_sub(&live, 1);
    free(block);
}

void counting_alloc_install(void)
{
    static const ahttp_allocator counting = {count_allocate, count_reallocate, count_deallocate,
                                             NULL};

    atomic_store(&allocations, 0);
    atomic_store(&live, 0);
    atomic_store(&failing, 0);
    ahttp_set_allocator(&counting);
}

void counting_alloc_remove(void)
{
    size_t left = atomic_load(&live);

    ahttp_set_allocator(NULL);
    if (left != 0)
        fail_msg("%zu blocks were not given back", left);
}

alloc_counts counting_alloc_counts(void)
{
    return (alloc_counts){atomic_load(&allocations), atomic_load(&live)};
}

void counting_alloc_fail_nth(size_t n)
{
    atomic_store(&failing, n ? atomic_load(&allocations) + n : 0);
}

void for_each_allocation(void (*scenario)(void *ctx), void *ctx)
{
    size_t used;

    for (size_t n = 1;; n++) {
        counting_alloc_install();
        counting_alloc_fail_nth(n);
        scenario(ctx);
        used = counting_alloc_counts().allocations;
        counting_alloc_remove();
        if (used < n)
            return;
    }
}
