/* SPDX-License-Identifier: MIT */
#include "loop/queue_items.h"
#include "base/mem.h"

enum { FIRST_CAP = 16 };

static ah_queue_item *item_at(const ah_queue_items *items, size_t index)
{
    return &items->ring[(items->head + index) & (items->cap - 1)];
}

bool ah_queue_items_reserve(ah_queue_items *items, size_t count)
{
    size_t cap = items->cap > 0 ? items->cap : FIRST_CAP;

    if (count <= items->cap)
        return true;
    while (cap < count) {
        if (cap > SIZE_MAX / sizeof(ah_queue_item) / 2)
            return false;
        cap *= 2;
    }
    ah_queue_item *ring = ah_alloc(cap * sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < items->count; i++)
        ring[i] = *item_at(items, i);
    ah_free(items->ring);
    items->ring = ring;
    items->cap = cap;
    items->head = 0;
    return true;
}

/* ---- The ring, sorted by number ---- */

static void insert_from_front(ah_queue_items *items, ah_queue_item returned)
{
    size_t index = 0;

    items->head--;
    items->count++;
    for (; index + 1 < items->count; index++) {
        const ah_queue_item *next = item_at(items, index + 1);
        if (next->number > returned.number)
            break;
        *item_at(items, index) = *next;
    }
    *item_at(items, index) = returned;
}

static void insert_from_back(ah_queue_items *items, ah_queue_item added)
{
    size_t index = items->count++;

    for (; index > 0; index--) {
        const ah_queue_item *before = item_at(items, index - 1);
        if (before->number < added.number)
            break;
        *item_at(items, index) = *before;
    }
    *item_at(items, index) = added;
}

/* ---- The heap ---- */

static bool goes_first(const ah_queue_items *items, const ah_queue_item *a, const ah_queue_item *b)
{
    int order = items->compare(a->item, b->item, items->ctx);

    return order < 0 || (order == 0 && a->number < b->number);
}

static void sift_up(ah_queue_items *items, ah_queue_item added)
{
    size_t index = items->count++;

    while (index > 0) {
        const ah_queue_item *parent = item_at(items, (index - 1) / 2);
        if (!goes_first(items, &added, parent))
            break;
        *item_at(items, index) = *parent;
        index = (index - 1) / 2;
    }
    *item_at(items, index) = added;
}

static void sift_down(ah_queue_items *items, ah_queue_item moved)
{
    size_t index = 0;

    for (size_t child; (child = 2 * index + 1) < items->count; index = child) {
        if (child + 1 < items->count &&
            goes_first(items, item_at(items, child + 1), item_at(items, child)))
            child++;
        if (!goes_first(items, item_at(items, child), &moved))
            break;
        *item_at(items, index) = *item_at(items, child);
    }
    *item_at(items, index) = moved;
}

/* ---- Both ---- */

void ah_queue_items_add(ah_queue_items *items, void *item)
{
    ah_queue_item added = {item, items->next_number++};

    if (items->order == AH_QUEUE_PRIORITY)
        sift_up(items, added);
    else
        insert_from_back(items, added);
}

void ah_queue_items_put_back(ah_queue_items *items, ah_queue_item returned)
{
    if (items->order == AH_QUEUE_PRIORITY)
        sift_up(items, returned);
    else if (items->order == AH_QUEUE_LIFO)
        insert_from_back(items, returned);
    else
        insert_from_front(items, returned);
}

ah_queue_item ah_queue_items_take(ah_queue_items *items)
{
    ah_queue_item first = *item_at(items, items->order == AH_QUEUE_LIFO ? items->count - 1 : 0);

    items->count--;
    if (items->order == AH_QUEUE_FIFO)
        items->head++;
    else if (items->order == AH_QUEUE_PRIORITY && items->count > 0)
        sift_down(items, *item_at(items, items->count));
    return first;
}

void ah_queue_items_release(ah_queue_items *items)
{
    ah_free(items->ring);
}
