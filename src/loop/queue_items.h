/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_QUEUE_ITEMS_H
#define AH_LOOP_QUEUE_ITEMS_H
/* The items of a queue, in the order in which they are to be got.  Each has a number, by its
   coming, so that one that comes back finds its place again: before all that came after it, or,
   where the last in is the first out, after all that came before it.

   First and last in first out keep a ring that is sorted by number; items by priority are a
   binary heap in the same memory, those of one priority by number. */
#include <ahttp/sync.h>

typedef enum ah_queue_order { AH_QUEUE_FIFO, AH_QUEUE_LIFO, AH_QUEUE_PRIORITY } ah_queue_order;

typedef struct ah_queue_item {
    void *item;
    uint64_t number;
} ah_queue_item;

typedef struct ah_queue_items {
    ah_queue_order order;
    ahttp_compare_fn *compare; /* with PRIORITY */
    void *ctx;                 /* for it */
    ah_queue_item *ring;
    size_t cap; /* 0 or a power of two */
    size_t head;
    size_t count;
    uint64_t next_number;
} ah_queue_items;

/* Zeroed but for order, compare and ctx it is empty.  Makes sure of room for so many; false when
   out of memory. */
bool ah_queue_items_reserve(ah_queue_items *items, size_t count);
/* There must be room. */
void ah_queue_items_add(ah_queue_items *items, void *item);
void ah_queue_items_put_back(ah_queue_items *items, ah_queue_item returned);
/* The next; there must be one. */
ah_queue_item ah_queue_items_take(ah_queue_items *items);
/* Frees the memory; there must be none left. */
void ah_queue_items_release(ah_queue_items *items);

#endif
