/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_SLAB_H
#define AH_BASE_SLAB_H
/* Things of one size that live long, side by side in pages of their own.  From the allocator each
   would lie among what was needed just then; when that is gone again, what stays keeps the page. */
#include "base/list.h"
#include <stdint.h>

typedef struct ah_slab {
    ah_list pages;     /* that have room */
    size_t stride;     /* from one thing to the next */
    uint32_t per_page; /* 0: each is a block of its own, where memory is watched */
} ah_slab;

/* size of the things, which are aligned as pointers are; a few hundred bytes at most. */
void ah_slab_init(ah_slab *slab, size_t size);
/* A zeroed one; NULL when out of memory. */
void *ah_slab_take(ah_slab *slab);
/* A page of which nothing is in use any more goes. */
void ah_slab_give(ah_slab *slab, void *thing);

#endif
