/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_LIST_H
#define AH_BASE_LIST_H
/* Intrusive doubly linked lists: the link lives inside the thing, so nothing is allocated
   and leaving a list is O(1).  A link that is in no list has next == NULL.
   ah_counted is a list that also knows how many it holds. */
#include "base/mem.h"
#include <stdbool.h>

typedef struct ah_link {
    struct ah_link *next;
    struct ah_link *prev;
} ah_link;

typedef struct ah_list {
    ah_link head;
} ah_list;

#define AH_LIST_FOR_EACH(link, list)                                                               \
    for (ah_link *link = (list)->head.next; link != &(list)->head; link = link->next)

static inline void ah_list_init(ah_list *list)
{
    list->head.next = list->head.prev = &list->head;
}

static inline bool ah_list_is_empty(const ah_list *list)
{
    return list->head.next == &list->head;
}

static inline bool ah_link_is_in_list(const ah_link *link)
{
    return link->next != NULL;
}

static inline void ah_link_insert_before(ah_link *where, ah_link *link)
{
    link->prev = where->prev;
    link->next = where;
    where->prev->next = link;
    where->prev = link;
}

static inline void ah_list_append(ah_list *list, ah_link *link)
{
    ah_link_insert_before(&list->head, link);
}

static inline void ah_list_prepend(ah_list *list, ah_link *link)
{
    ah_link_insert_before(list->head.next, link);
}

/* Harmless when the link is in no list. */
static inline void ah_link_remove(ah_link *link)
{
    if (!link->next)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = NULL;
}

/* First or last link, or NULL. */
static inline ah_link *ah_list_first(const ah_list *list)
{
    return ah_list_is_empty(list) ? NULL : list->head.next;
}

static inline ah_link *ah_list_last(const ah_list *list)
{
    return ah_list_is_empty(list) ? NULL : list->head.prev;
}

static inline ah_link *ah_list_take_first(ah_list *list)
{
    ah_link *link = ah_list_first(list);

    if (link)
        ah_link_remove(link);
    return link;
}

/* Moves all of from to the end of to, in order; from is empty afterwards. */
static inline void ah_list_splice(ah_list *to, ah_list *from)
{
    if (ah_list_is_empty(from))
        return;
    from->head.next->prev = to->head.prev;
    to->head.prev->next = from->head.next;
    from->head.prev->next = &to->head;
    to->head.prev = from->head.prev;
    ah_list_init(from);
}

typedef struct ah_counted {
    ah_list list;
    size_t count;
} ah_counted;

static inline void ah_counted_init(ah_counted *counted)
{
    ah_list_init(&counted->list);
    counted->count = 0;
}

static inline void ah_counted_append(ah_counted *counted, ah_link *link)
{
    ah_list_append(&counted->list, link);
    counted->count++;
}

/* The link must be in this very list. */
static inline void ah_counted_remove(ah_counted *counted, ah_link *link)
{
    ah_link_remove(link);
    counted->count--;
}

#endif
