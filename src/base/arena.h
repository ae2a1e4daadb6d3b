/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_ARENA_H
#define AH_BASE_ARENA_H
/* Memory that is given out piece by piece and taken back all at once.  The first block
   stays when the arena is reset, so a recycled owner allocates nothing in steady state.
   Zeroed memory is an empty arena.

   Arenas with a store have no blocks between their uses: they take them from it and give all
   back.  The block that was used last comes first, so what a thousand arenas use one after the
   other is one block, which stays in the processor's cache. */
#include "base/str.h"

typedef struct ah_arena_block ah_arena_block;
/* Zeroed memory is an empty store. */
typedef struct ah_arena_store {
    ah_arena_block *newest;
    unsigned count;
} ah_arena_store;

typedef struct ah_arena {
    ah_arena_block *block; /* newest; each knows the one before */
    char *free;            /* next free byte of the newest block */
    char *end;
    ah_arena_store *store; /* lives longer; or NULL */
} ah_arena;

/* Everything handed out becomes invalid; the first block stays, or goes to the store. */
void ah_arena_reset(ah_arena *arena);
void ah_arena_release(ah_arena *arena);
/* Arenas may go on using it. */
void ah_arena_store_release(ah_arena_store *store);

/* Aligned for any type; NULL when out of memory. */
void *ah_arena_alloc(ah_arena *arena, size_t size);
/* A copy with a NUL behind it; NULL when out of memory. */
char *ah_arena_copy(ah_arena *arena, ah_str text);
/* text with more behind it and a NUL, where text.ptr came from this arena (or is NULL):
   in place when it is the newest piece and there is room, else a copy.  NULL when out of
   memory. */
char *ah_arena_append(ah_arena *arena, ah_str text, ah_str more);

#endif
