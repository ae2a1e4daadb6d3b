/* SPDX-License-Identifier: MIT */
/* Items are in a ring.  It always has room for those that may still come: of puts that wait,
   and of gets whose future has not ended, for they come back if nobody claims them.  Numbers
   tell where: an item that comes back goes before all that came after it.  A queue that has
   got one back may be longer than its bound for a while. */
#include "base/error.h"
#include "loop/waiter.h"
#include <ahttp/sync.h>

#define SHUT_DOWN "it was shut down"

enum { FIRST_CAP = 16 };

typedef struct entry {
    void *item;
    uint64_t number;
} entry;

struct ahttp_queue {
    ahttp_loop *loop;
    ahttp_free_fn *free_item;
    size_t most;
    entry *ring;
    size_t cap; /* 0 or a power of two */
    size_t head;
    size_t count;
    size_t expected; /* that may still come */
    uint64_t next_number;
    size_t unfinished; /* that task_done was not called for */
    ah_list putters;   /* while there are some, there is no room */
    ah_list getters;   /* while there are some, there is no item */
    ah_list given;     /* getters with an item whose future has not ended */
    ah_list joiners;
    bool shut_down;
    bool serving; /* an item that comes back in the midst of it goes to the next as well */
};

typedef struct putter {
    ah_waiter waiter;
    void *item;
    ahttp_free_fn *free_item; /* if nobody waits to hear that the item did not get in */
} putter;

typedef struct getter {
    ah_waiter waiter;
    uint64_t number; /* of its item */
} getter;

AH_WAITER_FITS(putter);
AH_WAITER_FITS(getter);

static void discard(void *item, ahttp_free_fn *free_item)
{
    if (item && free_item)
        free_item(item);
}

/* ---- The ring ---- */

static entry *entry_at(const ahttp_queue *queue, size_t index)
{
    return &queue->ring[(queue->head + index) & (queue->cap - 1)];
}

/* Makes sure of room for one more beside those that may come. */
static bool reserve(ahttp_queue *queue)
{
    if (queue->count + queue->expected < queue->cap)
        return true;
    if (queue->cap > SIZE_MAX / sizeof(entry) / 2)
        return false;
    size_t cap = queue->cap > 0 ? queue->cap * 2 : FIRST_CAP;
    entry *ring = ah_alloc(cap * sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < queue->count; i++)
        ring[i] = *entry_at(queue, i);
    ah_free(queue->ring);
    queue->ring = ring;
    queue->cap = cap;
    queue->head = 0;
    return true;
}

static bool has_room(const ahttp_queue *queue)
{
    return !queue->shut_down && queue->count < queue->most;
}

static void append(ahttp_queue *queue, void *item)
{
    queue->count++;
    *entry_at(queue, queue->count - 1) = (entry){item, queue->next_number++};
    queue->unfinished++;
}

static entry take_first(ahttp_queue *queue)
{
    entry first = *entry_at(queue, 0);

    queue->head++;
    queue->count--;
    return first;
}

static void put_back(ahttp_queue *queue, entry returned)
{
    size_t index = 0;

    queue->head--;
    queue->count++;
    for (; index + 1 < queue->count; index++) {
        entry *next = entry_at(queue, index + 1);
        if (next->number > returned.number)
            break;
        *entry_at(queue, index) = *next;
    }
    *entry_at(queue, index) = returned;
}

/* ---- Serving those who wait ---- */

static void give(ahttp_queue *queue, getter *taker)
{
    entry first = take_first(queue);

    taker->number = first.number;
    queue->expected++;
    ah_link_remove(&taker->waiter.link);
    ah_list_append(&queue->given, &taker->waiter.link);
    ah_future_resolve(&taker->waiter.future, first.item, queue->free_item);
}

static void let_in(ahttp_queue *queue, putter *giver)
{
    append(queue, giver->item);
    giver->free_item = NULL;
    queue->expected--;
    ah_link_remove(&giver->waiter.link);
    ah_waiter_settle(&giver->waiter);
}

static bool serve_one(ahttp_queue *queue)
{
    ah_waiter *taker = ah_waiter_first(&queue->getters);
    ah_waiter *giver = ah_waiter_first(&queue->putters);

    if (taker && queue->count > 0)
        give(queue, AH_CONTAINER(taker, getter, waiter));
    else if (giver && has_room(queue))
        let_in(queue, AH_CONTAINER(giver, putter, waiter));
    else
        return false;
    return true;
}

static void serve(ahttp_queue *queue)
{
    if (queue->serving)
        return;
    queue->serving = true;
    while (serve_one(queue))
        ;
    queue->serving = false;
}

/* ---- put ---- */

static void fail_put(putter *giver, int code, const char *reason)
{
    ahttp_queue *queue = giver->waiter.object;

    queue->expected--;
    ah_waiter_fail(&giver->waiter, code, reason);
}

static void cancel_put(ahttp_future *future)
{
    fail_put(AH_CONTAINER(future, putter, waiter.future), AHTTP_E_CANCELLED, "cancelled");
}

static void end_put(ahttp_future *future)
{
    putter *giver = AH_CONTAINER(future, putter, waiter.future);

    if (!future->claimed)
        discard(giver->item, giver->free_item);
}

static putter *init_putter(ahttp_future *future, ahttp_queue *queue, void *item)
{
    ah_waiter *waiter = ah_waiter_init(future, "put into queue", queue);
    putter *giver = AH_CONTAINER(waiter, putter, waiter);

    giver->item = item;
    giver->free_item = queue->free_item;
    future->cancel = cancel_put;
    future->ended = end_put;
    return giver;
}

static ahttp_future *fail_for_memory(ahttp_queue *queue, void *item)
{
    ahttp_future *future = ah_future_spare(queue->loop);

    if (!future)
        return ah_future_failed(queue->loop, ah_error_no_memory());
    init_putter(future, queue, item);
    ah_future_reject(future, ah_error_no_memory());
    return future;
}

ahttp_future *ahttp_queue_put(ahttp_queue *queue, void *item)
{
    ahttp_future *future = reserve(queue) ? ah_future_new(queue->loop) : NULL;

    if (!future)
        return fail_for_memory(queue, item);
    putter *giver = init_putter(future, queue, item);
    if (queue->shut_down) {
        ah_waiter_fail(&giver->waiter, AHTTP_E_CLOSED, SHUT_DOWN);
        return future;
    }
    queue->expected++;
    ah_list_append(&queue->putters, &giver->waiter.link);
    serve(queue);
    return future;
}

bool ahttp_queue_try_put(ahttp_queue *queue, void *item)
{
    if (!has_room(queue) || !reserve(queue))
        return false;
    append(queue, item);
    serve(queue);
    return true;
}

/* ---- get ---- */

/* One that is in no list has failed, or outlives the queue. */
static void end_get(ahttp_future *future)
{
    getter *taker = AH_CONTAINER(future, getter, waiter.future);
    ahttp_queue *queue = taker->waiter.object;

    if (!ah_link_is_in_list(&taker->waiter.link))
        return;
    ah_link_remove(&taker->waiter.link);
    queue->expected--;
    if (future->claimed)
        return;
    put_back(queue, (entry){future->result, taker->number});
    future->result = NULL;
    serve(queue);
}

ahttp_future *ahttp_queue_get(ahttp_queue *queue)
{
    ahttp_future *future = ah_future_new(queue->loop);

    if (!future)
        return ah_future_failed(queue->loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "get from queue", queue);
    if (queue->shut_down && queue->count == 0) {
        ah_waiter_fail(waiter, AHTTP_E_CLOSED, SHUT_DOWN);
        return future;
    }
    future->ended = end_get;
    ah_list_append(&queue->getters, &waiter->link);
    serve(queue);
    return future;
}

bool ahttp_queue_try_get(ahttp_queue *queue, void **item)
{
    if (queue->count == 0)
        return false;
    *item = take_first(queue).item;
    serve(queue);
    return true;
}

/* ---- join ---- */

void ahttp_queue_task_done(ahttp_queue *queue)
{
    if (queue->unfinished == 0)
        ah_misuse("ahttp_queue_task_done: called more often than there were items; call it once "
                  "for each item that was got");
    if (--queue->unfinished == 0)
        ah_waiters_settle(&queue->joiners);
}

ahttp_future *ahttp_queue_join(ahttp_queue *queue)
{
    ahttp_future *future = ah_future_new(queue->loop);

    if (!future)
        return ah_future_failed(queue->loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "join queue", queue);
    if (queue->unfinished == 0)
        ah_waiter_settle(waiter);
    else
        ah_list_append(&queue->joiners, &waiter->link);
    return future;
}

/* ---- The queue ---- */

ahttp_queue *ahttp_queue_new(size_t most, ahttp_free_fn *free_item)
{
    ahttp_loop *loop = ah_loop_need_current("ahttp_queue_new: this thread has no loop; call it "
                                            "from a task or callback, or after ahttp_loop_create");
    ahttp_queue *queue = AH_NEW(ahttp_queue);

    if (!queue)
        return NULL;
    queue->loop = loop;
    queue->free_item = free_item;
    queue->most = most > 0 ? most : SIZE_MAX;
    ah_list_init(&queue->putters);
    ah_list_init(&queue->getters);
    ah_list_init(&queue->given);
    ah_list_init(&queue->joiners);
    return queue;
}

size_t ahttp_queue_size(const ahttp_queue *queue)
{
    return queue->count;
}

static void refuse(ahttp_queue *queue, const char *reason)
{
    queue->shut_down = true;
    for (ah_waiter *giver; (giver = ah_waiter_first(&queue->putters));)
        fail_put(AH_CONTAINER(giver, putter, waiter), AHTTP_E_CLOSED, reason);
    ah_waiters_fail(&queue->getters, AHTTP_E_CLOSED, reason);
}

void ahttp_queue_shutdown(ahttp_queue *queue)
{
    refuse(queue, SHUT_DOWN);
}

void ahttp_queue_free(ahttp_queue *queue)
{
    if (!queue)
        return;
    refuse(queue, AH_WAITER_FREED);
    ah_waiters_fail(&queue->joiners, AHTTP_E_CLOSED, AH_WAITER_FREED);
    ah_links_forget(&queue->given);
    while (queue->count > 0)
        discard(take_first(queue).item, queue->free_item);
    ah_free(queue->ring);
    ah_free(queue);
}
