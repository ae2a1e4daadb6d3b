/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_ARENA_H
#define AH_BASE_ARENA_H
/* Memory that is given out piece by piece and taken back all at once.  The first block
   stays when the arena is reset, so a recycled owner allocates nothing in steady state.
   Zeroed memory is an empty arena.

   Where many arenas hold little for long, and much for a short while, they share a store: what
   comes first lies in memory of their owner, and the blocks for the rest go from hand to hand, so
   that these few stay in the processor's cache. */
#include "base/mem.h"
#include "base/str.h"

typedef struct ah_arena_block ah_arena_block;
typedef struct ah_arena_store {
    ah_arena_block *free; /* the one that was used last comes first */
    size_t count;
} ah_arena_store;

typedef struct ah_arena {
    ah_arena_block *block; /* newest; each knows the one before */
    char *free;            /* next free byte, of the newest block or what the owner has given */
    char *end;
    ah_arena_store *store; /* or NULL */
} ah_arena;

/* Everything handed out becomes invalid; the first block stays, or goes to the store. */
void ah_arena_reset(ah_arena *arena);
void ah_arena_release(ah_arena *arena);

/* For ah_arena_restart, where there are blocks: they go to the store. */
void ah_arena_give_back(ah_arena *arena);
/* Of one that has a store: everything handed out becomes invalid, and the first pieces come from
   own, which must stay as long as that. */
static inline void ah_arena_restart(ah_arena *arena, char *own, size_t size)
{
    if (arena->block)
        ah_arena_give_back(arena);
    arena->free = own;
    arena->end = own + size;
}
/* Frees what is in it; arenas may go on using it. */
void ah_arena_store_release(ah_arena_store *store);

/* For ah_arena_alloc, where a block is needed. */
void *ah_arena_alloc_more(ah_arena *arena, size_t size);
/* Aligned for any type; NULL when out of memory. */
static inline void *ah_arena_alloc(ah_arena *arena, size_t size)
{
    size_t room = (size_t)(arena->end - arena->free);
    size_t pad = (size_t)(-(uintptr_t)arena->free & (_Alignof(max_align_t) - 1));

    if (AH_UNLIKELY(size >= room || pad >= room - size))
        return ah_arena_alloc_more(arena, size);
    char *piece = arena->free + pad;
    arena->free = piece + size;
    return piece;
}

/* A copy with a NUL behind it; NULL when out of memory. */
char *ah_arena_copy(ah_arena *arena, ah_str text);
/* text with more behind it and a NUL, where text.ptr came from this arena (or is NULL):
   in place when it is the newest piece and there is room, else a copy.  NULL when out of
   memory. */
char *ah_arena_append(ah_arena *arena, ah_str text, ah_str more);

#endif
