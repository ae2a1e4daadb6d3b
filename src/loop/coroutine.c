/* SPDX-License-Identifier: MIT */
/* What belongs to a coroutine lies at the top of its own stack, so that a small task touches
   one page.  A coroutine whose function has returned waits inside run_forever for the next
   one: nothing is set up again, and the tools see a stack that lives on. */
#include "loop/coroutine.h"
#include "loop/stack_switch.h"
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif
#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

#ifndef MAP_STACK
#define MAP_STACK 0
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#if defined(__linux__) && !defined(MADV_GUARD_INSTALL)
#define MADV_GUARD_INSTALL 102
#endif

enum { SMALLEST_STACK = 16 * 1024, GUARD_SIZE = 64 * 1024, MOST_FREE_STACKS = 1024 };

struct ah_coroutine {
    ah_stack_point point; /* where to go on */
    ah_stack_point resumer;
    ah_coroutine_fn *fn;
    void *arg;
    ah_coroutine_pool *pool;
    ah_coroutine *next_free;
    size_t stack_size;
    bool returned;
#ifdef __SANITIZE_ADDRESS__
    void *fake_stack;
    void *resumer_fake_stack;
    const void *resumer_bottom;
    size_t resumer_size;
#endif
#ifdef __SANITIZE_THREAD__
    void *fiber;
    void *resumer_fiber;
#endif
    unsigned valgrind_id;
};

/* From the lowest byte of the mapping: the guard, the stack, the coroutine, its owner's room. */
enum {
    COROUTINE_SIZE = (sizeof(ah_coroutine) + AH_LINE_SIZE - 1) / AH_LINE_SIZE * AH_LINE_SIZE,
    TOP_SIZE = COROUTINE_SIZE + AH_COROUTINE_ROOM
};

void *ah_coroutine_room(ah_coroutine *coroutine)
{
    return (char *)coroutine + COROUTINE_SIZE;
}

static char *stack_top(ah_coroutine *coroutine)
{
    return (char *)coroutine;
}

static char *stack_bottom(ah_coroutine *coroutine)
{
    return (char *)coroutine + TOP_SIZE - coroutine->stack_size;
}

/* ---- Telling the tools ---- */

static void announce(ah_coroutine *coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan_register_root_region(stack_bottom(coroutine), coroutine->stack_size);
#endif
#ifdef __SANITIZE_THREAD__
    coroutine->fiber = __tsan_create_fiber(0);
#endif
#ifdef VALGRIND_STACK_REGISTER
    coroutine->valgrind_id =
        (unsigned)VALGRIND_STACK_REGISTER(stack_bottom(coroutine), stack_top(coroutine));
#endif
    (void)coroutine;
}

static void withdraw(ah_coroutine *coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(stack_bottom(coroutine), coroutine->stack_size);
    __lsan_unregister_root_region(stack_bottom(coroutine), coroutine->stack_size);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_destroy_fiber(coroutine->fiber);
#endif
#ifdef VALGRIND_STACK_DEREGISTER
    VALGRIND_STACK_DEREGISTER(coroutine->valgrind_id);
#endif
    (void)coroutine;
}

static void switch_in(ah_coroutine *coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&coroutine->resumer_fake_stack, stack_bottom(coroutine),
                                   (size_t)(stack_top(coroutine) - stack_bottom(coroutine)));
#endif
#ifdef __SANITIZE_THREAD__
    coroutine->resumer_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(coroutine->fiber, 0);
#endif
    ah_stack_go(&coroutine->resumer, &coroutine->point);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(coroutine->resumer_fake_stack, NULL, NULL);
#endif
}

static void arrive(ah_coroutine *coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(coroutine->fake_stack, &coroutine->resumer_bottom,
                                    &coroutine->resumer_size);
#endif
    (void)coroutine;
}

static void switch_out(ah_coroutine *coroutine)
{
#ifdef __SANITIZE_ADDRESS__
    /* Without a place to keep it, ASan frees the fake stack of what has returned. */
    coroutine->fake_stack = NULL;
    __sanitizer_start_switch_fiber(coroutine->returned ? NULL : &coroutine->fake_stack,
                                   coroutine->resumer_bottom, coroutine->resumer_size);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(coroutine->resumer_fiber, 0);
#endif
    ah_stack_go(&coroutine->point, &coroutine->resumer);
    arrive(coroutine);
}

/* ---- Stacks ---- */

static int guard(char *start)
{
#ifdef MADV_GUARD_INSTALL
    /* Since Linux 6.13; unlike mprotect it does not split the mapping. */
    if (madvise(start, GUARD_SIZE, MADV_GUARD_INSTALL) == 0)
        return 0;
#endif
    return mprotect(start, GUARD_SIZE, PROT_NONE);
}

static void unmap(char *start, size_t stack_size)
{
    int saved = errno;

    munmap(start, GUARD_SIZE + stack_size);
    errno = saved;
}

static char *map(size_t stack_size)
{
    char *start = mmap(NULL, GUARD_SIZE + stack_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

    if (start == MAP_FAILED)
        return NULL;
#ifdef MADV_NOHUGEPAGE
    madvise(start, GUARD_SIZE + stack_size, MADV_NOHUGEPAGE);
#endif
    if (guard(start) == 0)
        return start;
    unmap(start, stack_size);
    return NULL;
}

static void destroy(ah_coroutine *coroutine)
{
    withdraw(coroutine);
    unmap(stack_bottom(coroutine) - GUARD_SIZE, coroutine->stack_size);
}

static void recycle(ah_coroutine *coroutine)
{
    ah_coroutine_pool *pool = coroutine->pool;

    if (coroutine->stack_size != AH_STACK_SIZE || pool->free_count == MOST_FREE_STACKS) {
        destroy(coroutine);
        return;
    }
    coroutine->next_free = pool->free;
    pool->free = coroutine;
    pool->free_count++;
}

void ah_coroutine_pool_release(ah_coroutine_pool *pool)
{
    for (ah_coroutine *coroutine; (coroutine = pool->free);) {
        pool->free = coroutine->next_free;
        destroy(coroutine);
    }
    pool->free_count = 0;
}

/* ---- Coroutines ---- */

static void run_forever(void *arg)
{
    ah_coroutine *coroutine = arg;

    arrive(coroutine);
    for (;;) {
        coroutine->fn(coroutine->arg);
        coroutine->returned = true;
        switch_out(coroutine);
    }
}

/* Whole pages, and room for a few calls at least; 0 when there is no such size. */
static size_t round_up(size_t stack_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (stack_bytes < SMALLEST_STACK)
        stack_bytes = SMALLEST_STACK;
    if (stack_bytes > SIZE_MAX - GUARD_SIZE - page)
        return 0;
    return (stack_bytes + page - 1) / page * page;
}

static ah_coroutine *new_coroutine(ah_coroutine_pool *pool, size_t stack_size)
{
    char *start = map(stack_size);

    if (!start)
        return NULL;
    ah_coroutine *coroutine = (ah_coroutine *)(void *)(start + GUARD_SIZE + stack_size - TOP_SIZE);
    coroutine->pool = pool;
    coroutine->stack_size = stack_size;
    announce(coroutine);
    ah_stack_point_init(&coroutine->point, stack_bottom(coroutine), stack_top(coroutine),
                        run_forever, coroutine);
    return coroutine;
}

static ah_coroutine *take_coroutine(ah_coroutine_pool *pool)
{
    ah_coroutine *coroutine = pool->free;

    if (!coroutine)
        return new_coroutine(pool, AH_STACK_SIZE);
    pool->free = coroutine->next_free;
    pool->free_count--;
    return coroutine;
}

ah_coroutine *ah_coroutine_new(ah_coroutine_pool *pool, size_t stack_bytes, ah_coroutine_fn *fn,
                               void *arg)
{
    size_t stack_size = stack_bytes ? round_up(stack_bytes) : AH_STACK_SIZE;
    ah_coroutine *coroutine;

    if (stack_size == 0) {
        errno = ENOMEM;
        return NULL;
    }
    if (stack_size == AH_STACK_SIZE)
        coroutine = take_coroutine(pool);
    else
        coroutine = new_coroutine(pool, stack_size);
    if (!coroutine)
        return NULL;
    coroutine->fn = fn;
    coroutine->arg = arg;
    coroutine->returned = false;
    return coroutine;
}

bool ah_coroutine_resume(ah_coroutine *coroutine)
{
    switch_in(coroutine);
    if (!coroutine->returned)
        return false;
    recycle(coroutine);
    return true;
}

void ah_coroutine_suspend(ah_coroutine *coroutine)
{
    switch_out(coroutine);
}

bool ah_coroutine_guard_has(ah_coroutine *coroutine, const void *address)
{
    uintptr_t end = (uintptr_t)stack_bottom(coroutine);

    return (uintptr_t)address >= end - GUARD_SIZE && (uintptr_t)address < end;
}
