/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_SYNC_H
#define AHTTP_SYNC_H
/* Semaphore, lock, event, condition, barrier and queue for the tasks and callbacks of one loop;
   they are no use between threads.  Who waits is served first come first; who gives up waiting
   (cancelled, past a limit) never takes a permit or an item along.  What a future brings goes
   back if nobody waits for it to the end: if it was dropped, say, or is one of a gather that
   failed.

   All `_new` work on the current loop and give NULL when out of memory.  `_free` fails those
   who wait with E_CLOSED; NULL does nothing.  A loop that is closed does the same for those who
   wait; what is left is memory, to be freed then or later. */
#include <ahttp/future.h>
AHTTP_BEGIN

/* ---- Semaphore: at most so many at once (asyncio.BoundedSemaphore) ---- */

typedef struct ahttp_semaphore ahttp_semaphore;
AHTTP_API ahttp_semaphore *ahttp_semaphore_new(size_t permits);
AHTTP_API void ahttp_semaphore_free(ahttp_semaphore *semaphore);
/* Resolves to nothing, when the caller has a permit; to be given back by release. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_semaphore_acquire(ahttp_semaphore *semaphore);
/* More releases than acquires abort with a message. */
AHTTP_API void ahttp_semaphore_release(ahttp_semaphore *semaphore);
/* Whether an acquire would have to wait: no permit is left, or others wait. */
AHTTP_API bool ahttp_semaphore_locked(const ahttp_semaphore *semaphore);

/* ---- Lock: a semaphore of one (asyncio.Lock) ---- */

typedef struct ahttp_lock ahttp_lock;
AHTTP_API ahttp_lock *ahttp_lock_new(void);
AHTTP_API void ahttp_lock_free(ahttp_lock *lock);
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_lock_acquire(ahttp_lock *lock);
AHTTP_API void ahttp_lock_release(ahttp_lock *lock);
AHTTP_API bool ahttp_lock_locked(const ahttp_lock *lock);

/* ---- Event: a flag to wait for (asyncio.Event) ---- */

typedef struct ahttp_event ahttp_event;
AHTTP_API ahttp_event *ahttp_event_new(void);
AHTTP_API void ahttp_event_free(ahttp_event *event);
AHTTP_API void ahttp_event_set(ahttp_event *event); /* wakes all */
AHTTP_API void ahttp_event_clear(ahttp_event *event);
AHTTP_API bool ahttp_event_is_set(const ahttp_event *event);
/* Resolves to nothing; at once if it is set.  Who was woken stays so if it is cleared. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_event_wait(ahttp_event *event);

/* ---- Condition: to be told of a change made under a lock (asyncio.Condition) ---- */

typedef struct ahttp_condition ahttp_condition;
/* The lock is borrowed and must outlive it. */
AHTTP_API ahttp_condition *ahttp_condition_new(ahttp_lock *lock);
AHTTP_API void ahttp_condition_free(ahttp_condition *condition);
/* The caller holds the lock: this gives it up, waits to be notified, and takes it again.  The
   future is done only when the lock is held again, also when it fails or was cancelled; the
   lock is given back if nobody waits for that.  Out of memory, it fails at once. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_condition_wait(ahttp_condition *condition);
/* Wakes so many, those who wait longest first; SIZE_MAX wakes all.  The caller holds the
   lock.  One who was woken but cancelled meanwhile wakes the next. */
AHTTP_API void ahttp_condition_notify(ahttp_condition *condition, size_t count);

/* ---- Barrier: to go on when all are there (asyncio.Barrier) ---- */

typedef struct ahttp_barrier ahttp_barrier;
AHTTP_API ahttp_barrier *ahttp_barrier_new(size_t parties); /* at least 1 */
AHTTP_API void ahttp_barrier_free(ahttp_barrier *barrier);
/* Waits until so many wait; then all of them go on, and the next meet anew.  Resolves to:
   const size_t *, a place from 0 to parties - 1 that no other of them has, valid as long as the
   barrier.  Who is cancelled does not count any more.  E_CLOSED when it is broken or reset. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_barrier_wait(ahttp_barrier *barrier);
AHTTP_API size_t ahttp_barrier_waiting(const ahttp_barrier *barrier);
/* Break fails those who wait, and who comes later; reset fails those who wait, and mends it. */
AHTTP_API void ahttp_barrier_break(ahttp_barrier *barrier);
AHTTP_API void ahttp_barrier_reset(ahttp_barrier *barrier);
AHTTP_API bool ahttp_barrier_is_broken(const ahttp_barrier *barrier);

/* ---- Queue of pointers, bounded or not (asyncio.Queue) ---- */

typedef struct ahttp_queue ahttp_queue;
/* At most so many items; 0: no bound.  free_item, if given, is called for the items that are
   in the queue when it is freed, and for those whose put failed or whose get succeeded with
   nobody waiting for it any more and no queue to go back to. */
AHTTP_API ahttp_queue *ahttp_queue_new(size_t most, ahttp_free_fn *free_item);
/* The item that came last is got first (asyncio.LifoQueue). */
AHTTP_API ahttp_queue *ahttp_queue_new_lifo(size_t most, ahttp_free_fn *free_item);
/* The least item is got first, and of equal ones the oldest (asyncio.PriorityQueue).  compare
   says < 0 when a goes before b, 0 when they are equal; it must not use the queue. */
typedef int ahttp_compare_fn(const void *a, const void *b, void *ctx);
AHTTP_API ahttp_queue *ahttp_queue_new_priority(size_t most, ahttp_free_fn *free_item,
                                                ahttp_compare_fn *compare, void *ctx);
AHTTP_API void ahttp_queue_free(ahttp_queue *queue);
AHTTP_API size_t ahttp_queue_size(const ahttp_queue *queue);
/* Resolves to nothing, when there was room for the item.  If it fails, the item is still the
   caller's.  E_CLOSED after shutdown. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_queue_put(ahttp_queue *queue, void *item);
/* Resolves to: the item whose turn it is, the caller's.  E_CLOSED when shut down and empty. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_queue_get(ahttp_queue *queue);
/* The same without waiting: false when full (or out of memory), empty or shut down. */
AHTTP_API bool ahttp_queue_try_put(ahttp_queue *queue, void *item);
AHTTP_API bool ahttp_queue_try_get(ahttp_queue *queue, void **item);
/* Says that the work for one item that was got is done; join waits until that was said as
   often as there were items. */
AHTTP_API void ahttp_queue_task_done(ahttp_queue *queue);
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_queue_join(ahttp_queue *queue);
/* Nothing more goes in; what is in can be got. */
AHTTP_API void ahttp_queue_shutdown(ahttp_queue *queue);

AHTTP_END
#endif
