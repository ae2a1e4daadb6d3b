/* SPDX-License-Identifier: MIT */
#include "base/slab.h"
#include <string.h>

/* Four of the system's pages, with what the allocator adds: those at its ends are shared with
   others. What is not used yet is not touched. */
enum { PAGE_SIZE = 16368 };

typedef struct page page;

/* In front of each thing is where it lies; one that was given back says which was so before. */
typedef struct item {
    page *page;
    struct item *next;
} item;

enum { HEADER = offsetof(item, next) };

struct page {
    ah_link link;   /* in the slab's pages while it has room */
    item *free;     /* were given back */
    uint32_t count; /* items that it has */
    uint32_t used;  /* are in use */
    uint32_t fresh; /* were never used: the last ones */
    _Alignas(item) char items[];
};

void ah_slab_init(ah_slab *slab, size_t size)
{
    size_t words = (HEADER + size + sizeof(void *) - 1) / sizeof(void *);

    ah_list_init(&slab->pages);
    slab->stride = words * sizeof(void *);
    slab->per_page =
        ah_memory_is_watched() ? 0 : (uint32_t)((PAGE_SIZE - sizeof(page)) / slab->stride);
}

static page *add_page(ah_slab *slab)
{
    page *made = ah_alloc(sizeof *made + slab->per_page * slab->stride);

    if (!made)
        return NULL;
    *made = (page){.count = slab->per_page, .fresh = slab->per_page};
    ah_list_prepend(&slab->pages, &made->link);
    return made;
}

void *ah_slab_take(ah_slab *slab)
{
    if (slab->per_page == 0)
        return ah_alloc_zeroed(slab->stride - HEADER);
    page *from = ah_list_is_empty(&slab->pages) ? add_page(slab)
                                                : AH_CONTAINER(slab->pages.head.next, page, link);

    if (!from)
        return NULL;
    item *taken = from->free;
    if (taken)
        from->free = taken->next;
    else
        taken = (item *)(void *)(from->items + (from->count - from->fresh--) * slab->stride);
    taken->page = from;
    if (++from->used == from->count)
        ah_link_remove(&from->link);
    return memset((char *)taken + HEADER, 0, slab->stride - HEADER);
}

void ah_slab_give(ah_slab *slab, void *thing)
{
    if (slab->per_page == 0) {
        ah_free(thing);
        return;
    }
    item *given = (item *)(void *)((char *)thing - HEADER);
    page *to = given->page;

    given->next = to->free;
    to->free = given;
    if (to->used-- == to->count)
        ah_list_prepend(&slab->pages, &to->link);
    if (to->used > 0)
        return;
    ah_link_remove(&to->link);
    ah_free(to);
}
