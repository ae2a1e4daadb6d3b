/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "base/mem.h"
#include <stdalign.h>

enum {
    BLOCK_SIZE = 4096,
    MOST_STORED = 256 /* blocks of BLOCK_SIZE; others are not stored */
};

struct ah_arena_block {
    ah_arena_block *before;
    size_t size; /* of all of it */
    alignas(max_align_t) char bytes[];
};

/* The most that fits a block of BLOCK_SIZE. */
static const size_t ORDINARY = BLOCK_SIZE - sizeof(ah_arena_block);

/* ---- Blocks ---- */

static void put(ah_arena_store *store, ah_arena_block *block)
{
    if (AH_UNLIKELY(block->size != BLOCK_SIZE || store->count == MOST_STORED)) {
        ah_free(block);
        return;
    }
    block->before = store->newest;
    store->newest = block;
    store->count++;
}

static ah_arena_block *take_stored(ah_arena_store *store)
{
    ah_arena_block *block = store->newest;

    if (AH_LIKELY(block != NULL)) {
        store->newest = block->before;
        store->count--;
    }
    return block;
}

static AH_COLD ah_arena_block *new_block(size_t size)
{
    if (size > SIZE_MAX - sizeof(ah_arena_block))
        return NULL;
    size_t total = size > ORDINARY ? size + sizeof(ah_arena_block) : BLOCK_SIZE;
    ah_arena_block *block = ah_alloc(total);
    if (block)
        block->size = total;
    return block;
}

static bool add_block(ah_arena *arena, size_t size)
{
    ah_arena_block *block = NULL;

    if (arena->store && size <= ORDINARY)
        block = take_stored(arena->store);
    else if (!arena->store && !arena->block && size > ORDINARY && !add_block(arena, 1))
        return false; /* the first one stays, and must not be huge */
    if (!block && !(block = new_block(size)))
        return false;
    block->before = arena->block;
    arena->block = block;
    arena->free = block->bytes;
    arena->end = (char *)block + block->size;
    return true;
}

/* ---- Life ---- */

static void forget_blocks(ah_arena *arena)
{
    arena->block = NULL;
    arena->free = arena->end = NULL;
}

/* All but the first one of an arena without a store. */
static AH_COLD void give_back_many(ah_arena *arena)
{
    ah_arena_block *block = arena->block;

    for (ah_arena_block *before; block && (before = block->before); block = before)
        ah_free(block);
    arena->block = block;
}

void ah_arena_reset(ah_arena *arena)
{
    ah_arena_store *store = arena->store;

    if (AH_UNLIKELY(!arena->block || arena->block->before))
        give_back_many(arena);
    ah_arena_block *block = arena->block;
    if (!block)
        return;
    if (store) {
        forget_blocks(arena);
        put(store, block);
        return;
    }
    arena->free = block->bytes;
    arena->end = (char *)block + block->size;
}

void ah_arena_release(ah_arena *arena)
{
    ah_arena_reset(arena);
    ah_free(arena->block);
    forget_blocks(arena);
}

void ah_arena_store_release(ah_arena_store *store)
{
    for (ah_arena_block *block; (block = take_stored(store));)
        ah_free(block);
}

/* ---- Pieces ---- */

static char *take(ah_arena *arena, size_t size)
{
    if (AH_UNLIKELY(size > (size_t)(arena->end - arena->free)) && !add_block(arena, size))
        return NULL;
    char *piece = arena->free;
    arena->free += size;
    return piece;
}

void *ah_arena_alloc(ah_arena *arena, size_t size)
{
    size_t mask = alignof(max_align_t) - 1;
    size_t pad = (size_t)(-(uintptr_t)arena->free & mask);

    if (size > SIZE_MAX - mask)
        return NULL;
    bool fits = arena->free && pad + size <= (size_t)(arena->end - arena->free);
    if (!fits && !add_block(arena, size))
        return NULL;
    char *piece = fits ? arena->free + pad : arena->free; /* a new block starts aligned */
    arena->free = piece + size;
    return piece;
}

char *ah_arena_copy(ah_arena *arena, ah_str text)
{
    return ah_arena_append(arena, ah_str_make(NULL, 0), text);
}

char *ah_arena_append(ah_arena *arena, ah_str text, ah_str more)
{
    size_t room = (size_t)(arena->end - arena->free);

    if (text.ptr && text.ptr + text.len + 1 == arena->free && more.len <= room) {
        char *end = arena->free - 1;
        if (more.len > 0)
            memcpy(end, more.ptr, more.len);
        end[more.len] = '\0';
        arena->free += more.len;
        return end - text.len;
    }
    if (more.len > SIZE_MAX / 4 || text.len > SIZE_MAX / 4)
        return NULL;
    char *copy = take(arena, text.len + more.len + 1);
    if (!copy)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    if (more.len > 0)
        memcpy(copy + text.len, more.ptr, more.len);
    copy[text.len + more.len] = '\0';
    return copy;
}
