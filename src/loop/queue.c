/* SPDX-License-Identifier: MIT */
/* There is always room in memory for the items that may still come: of puts that wait, and of
   gets whose future has not ended, for they come back if nobody claims them.  A queue that has
   got one back may be longer than its bound for a while. */
#include "base/error.h"
#include "loop/queue_items.h"
#include "loop/sync.h"

#define SHUT_DOWN "it was shut down"

struct ahttp_queue {
    ah_sync sync;
    ahttp_free_fn *free_item;
    size_t most;
    ah_queue_items items;
    size_t expected;   /* that may still come */
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

/* Makes sure of room for one more beside those that may come. */
static bool reserve(ahttp_queue *queue)
{
    return ah_queue_items_reserve(&queue->items, queue->items.count + queue->expected + 1);
}

static bool has_room(const ahttp_queue *queue)
{
    return !queue->shut_down && queue->items.count < queue->most;
}

static void add(ahttp_queue *queue, void *item)
{
    ah_queue_items_add(&queue->items, item);
    queue->unfinished++;
}

/* ---- Serving those who wait ---- */

static void give(ahttp_queue *queue, getter *taker)
{
    ah_queue_item first = ah_queue_items_take(&queue->items);

    taker->number = first.number;
    ah_link_remove(&taker->waiter.link);
    if (!queue->sync.closed) {
        queue->expected++;
        ah_list_append(&queue->given, &taker->waiter.link);
    }
    ah_future_resolve(&taker->waiter.future, first.item, queue->free_item);
}

static void let_in(ahttp_queue *queue, putter *giver)
{
    add(queue, giver->item);
    giver->free_item = NULL;
    queue->expected--;
    ah_link_remove(&giver->waiter.link);
    ah_waiter_settle(&giver->waiter);
}

static bool serve_one(ahttp_queue *queue)
{
    ah_waiter *taker = ah_waiter_first(&queue->getters);
    ah_waiter *giver = ah_waiter_first(&queue->putters);

    if (taker && queue->items.count > 0)
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
    ahttp_loop *loop = ah_sync_loop(&queue->sync);
    ahttp_future *future = ah_future_spare(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    init_putter(future, queue, item);
    ah_future_reject(future, ah_error_no_memory());
    return future;
}

ahttp_future *ahttp_queue_put(ahttp_queue *queue, void *item)
{
    ahttp_loop *loop = ah_sync_loop(&queue->sync);
    ahttp_future *future = reserve(queue) ? ah_future_new(loop) : NULL;

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
    add(queue, item);
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
    ah_queue_items_put_back(&queue->items, (ah_queue_item){future->result, taker->number});
    future->result = NULL;
    serve(queue);
}

ahttp_future *ahttp_queue_get(ahttp_queue *queue)
{
    ahttp_loop *loop = ah_sync_loop(&queue->sync);
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "get from queue", queue);
    if (queue->shut_down && queue->items.count == 0) {
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
    if (queue->items.count == 0)
        return false;
    *item = ah_queue_items_take(&queue->items).item;
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
    ahttp_loop *loop = ah_sync_loop(&queue->sync);
    ahttp_future *future = ah_future_new(loop);

    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    ah_waiter *waiter = ah_waiter_init(future, "join queue", queue);
    if (queue->unfinished == 0)
        ah_waiter_settle(waiter);
    else if (queue->sync.closed)
        ah_waiter_fail(waiter, AHTTP_E_CLOSED, AH_SYNC_CLOSED);
    else
        ah_list_append(&queue->joiners, &waiter->link);
    return future;
}

/* ---- The queue ---- */

static void refuse(ahttp_queue *queue, const char *reason)
{
    queue->shut_down = true;
    for (ah_waiter *giver; (giver = ah_waiter_first(&queue->putters));)
        fail_put(AH_CONTAINER(giver, putter, waiter), AHTTP_E_CLOSED, reason);
    ah_waiters_fail(&queue->getters, AHTTP_E_CLOSED, reason);
}

static void end_all(ahttp_queue *queue, const char *reason)
{
    refuse(queue, reason);
    ah_waiters_fail(&queue->joiners, AHTTP_E_CLOSED, reason);
    ah_links_forget(&queue->given);
}

static void close_guest(ah_guest *guest)
{
    ahttp_queue *queue = AH_CONTAINER(guest, ahttp_queue, sync.guest);

    queue->sync.closed = true;
    end_all(queue, AH_SYNC_CLOSED);
    queue->expected = 0;
}

static ahttp_queue *make(size_t most, ahttp_free_fn *free_item, ah_queue_order order)
{
    ahttp_loop *loop = ah_loop_need_current("ahttp_queue_new: this thread has no loop; call it "
                                            "from a task or callback, or after ahttp_loop_create");
    ahttp_queue *queue = AH_NEW(ahttp_queue);

    if (!queue)
        return NULL;
    ah_sync_enter(&queue->sync, loop, close_guest);
    queue->free_item = free_item;
    queue->most = most > 0 ? most : SIZE_MAX;
    queue->items.order = order;
    ah_list_init(&queue->putters);
    ah_list_init(&queue->getters);
    ah_list_init(&queue->given);
    ah_list_init(&queue->joiners);
    return queue;
}

ahttp_queue *ahttp_queue_new(size_t most, ahttp_free_fn *free_item)
{
    return make(most, free_item, AH_QUEUE_FIFO);
}

ahttp_queue *ahttp_queue_new_lifo(size_t most, ahttp_free_fn *free_item)
{
    return make(most, free_item, AH_QUEUE_LIFO);
}

ahttp_queue *ahttp_queue_new_priority(size_t most, ahttp_free_fn *free_item,
                                      ahttp_compare_fn *compare, void *ctx)
{
    ahttp_queue *queue = make(most, free_item, AH_QUEUE_PRIORITY);

    if (queue) {
        queue->items.compare = compare;
        queue->items.ctx = ctx;
    }
    return queue;
}

size_t ahttp_queue_size(const ahttp_queue *queue)
{
    return queue->items.count;
}

void ahttp_queue_shutdown(ahttp_queue *queue)
{
    refuse(queue, SHUT_DOWN);
}

void ahttp_queue_free(ahttp_queue *queue)
{
    if (!queue)
        return;
    ah_sync_leave(&queue->sync);
    end_all(queue, AH_WAITER_FREED);
    while (queue->items.count > 0)
        discard(ah_queue_items_take(&queue->items).item, queue->free_item);
    ah_queue_items_release(&queue->items);
    ah_free(queue);
}
