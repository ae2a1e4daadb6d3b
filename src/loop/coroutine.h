/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_COROUTINE_H
#define AH_LOOP_COROUTINE_H
/* Functions with stacks of their own, and switching between them and whoever resumes them.
   A stack is 256 KiB of address space if nothing else is asked for, of which only touched
   pages cost memory, above a guard of 64 KiB: wide enough that no large array steps over it
   unnoticed.  A coroutine stays on the thread that made it.  ASan, LSan, TSan and valgrind
   are told of every stack. */
#include "base/mem.h"
#include "base/str.h"
#include <stdbool.h>

typedef struct ah_coroutine ah_coroutine;
typedef void ah_coroutine_fn(void *arg);

enum { AH_STACK_SIZE = 256 * 1024, AH_COROUTINE_ROOM = 64 };

/* Stacks of that size to use again, newest first.  Zeroed memory is an empty pool. */
typedef struct ah_coroutine_pool {
    ah_coroutine *free;
    size_t free_count;
} ah_coroutine_pool;

/* All coroutines of the pool must have ended. */
void ah_coroutine_pool_release(ah_coroutine_pool *pool);

/* fn(arg) runs from the first resume on.  stack_bytes 0: AH_STACK_SIZE; others are rounded up
   to pages.  NULL when the system refuses; errno says why. */
ah_coroutine *ah_coroutine_new(ah_coroutine_pool *pool, size_t stack_bytes, ah_coroutine_fn *fn,
                               void *arg);
/* Runs it until it suspends or returns.  Whether it has returned: then it is gone. */
bool ah_coroutine_resume(ah_coroutine *coroutine);
/* Its owner's AH_COROUTINE_ROOM bytes, raw at first, until it has returned.  They are a line of
   memory of their own above all that it touches when it is resumed: see ah_coroutine_look_ahead. */
void *ah_coroutine_room(ah_coroutine *coroutine);
/* Only in the coroutine itself: go back to who resumed it. */
void ah_coroutine_suspend(ah_coroutine *coroutine);

/* It will be resumed shortly: fetches its room, and what lies below that on its stack. */
static inline void ah_coroutine_look_ahead(const void *room)
{
    enum { BELOW = 9 * AH_LINE_SIZE }; /* the coroutine, and frames of functions that wait */

    ah_fetch((const char *)room - BELOW, BELOW + AH_COROUTINE_ROOM);
}

/* Whether address lies in the guard below its stack.  Safe in a signal's handler. */
bool ah_coroutine_guard_has(ah_coroutine *coroutine, const void *address);

#endif
