/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
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

/* ---- Life ---- */

void ah_arena_reset(ah_arena *arena)
{
    ah_arena_block *block = arena->block;

    if (arena->store) {
        ah_arena_restart(arena, NULL, 0);
        return;
    }
    if (!block)
        return;
    while (block->before) {
        ah_arena_block *before = block->before;
        ah_free(block);
        block = before;
    }
    arena->block = block;
    arena->end = (char *)block + block->size;
    arena->free = block->bytes;
}

void ah_arena_release(ah_arena *arena)
{
    ah_arena_reset(arena);
    ah_free(arena->block);
    *arena = (ah_arena){.store = arena->store};
}

/* ---- The store ---- */

static inline bool store_block(ah_arena_store *store, ah_arena_block *block)
{
    if (AH_UNLIKELY(block->size != BLOCK_SIZE || store->count == MOST_STORED))
        return false;
    block->before = store->free;
    store->free = block;
    store->count++;
    return true;
}

static AH_COLD void give_back_all(ah_arena *arena)
{
    for (ah_arena_block *block; (block = arena->block);) {
        arena->block = block->before;
        if (!store_block(arena->store, block))
            ah_free(block);
    }
}

void ah_arena_give_back(ah_arena *arena)
{
    ah_arena_block *block = arena->block;

    if (AH_LIKELY(block && !block->before) && store_block(arena->store, block))
        arena->block = NULL;
    else
        give_back_all(arena);
}

void ah_arena_store_release(ah_arena_store *store)
{
    for (ah_arena_block *block; (block = store->free);) {
        store->free = block->before;
        ah_free(block);
    }
    store->count = 0;
}

/* ---- Pieces ---- */

static AH_COLD ah_arena_block *new_block(size_t size)
{
    size_t total = size > SIZE_MAX - sizeof(ah_arena_block) ? 0 : size + sizeof(ah_arena_block);

    if (total > 0 && total < BLOCK_SIZE)
        total = BLOCK_SIZE;
    ah_arena_block *block = total ? ah_alloc(total) : NULL;
    if (block)
        block->size = total;
    return block;
}

static inline char *use_block(ah_arena *arena, ah_arena_block *block, size_t size)
{
    block->before = arena->block;
    arena->block = block;
    arena->free = block->bytes + size;
    arena->end = (char *)block + block->size;
    return block->bytes;
}

static AH_COLD char *take_from_new(ah_arena *arena, size_t size)
{
    bool is_large = size > BLOCK_SIZE - sizeof(ah_arena_block);

    /* The first block of one without a store always has BLOCK_SIZE, for it stays. */
    if (is_large && !arena->block && !arena->store && !take_from_new(arena, 1))
        return NULL;
    ah_arena_block *block = new_block(size);
    return block ? use_block(arena, block, size) : NULL;
}

/* Bytes of a block are aligned. */
void *ah_arena_alloc_more(ah_arena *arena, size_t size)
{
    ah_arena_store *store = arena->store;

    if (AH_UNLIKELY(!store || !store->free || size > BLOCK_SIZE - sizeof(ah_arena_block)))
        return take_from_new(arena, size);
    ah_arena_block *block = store->free;
    store->free = block->before;
    store->count--;
    return use_block(arena, block, size);
}

static char *take(ah_arena *arena, size_t size)
{
    char *piece = arena->free;

    if (AH_UNLIKELY(size > (size_t)(arena->end - arena->free)))
        return ah_arena_alloc_more(arena, size);
    arena->free += size;
    return piece;
}

char *ah_arena_copy(ah_arena *arena, ah_str text)
{
    char *copy = text.len < SIZE_MAX / 4 ? take(arena, text.len + 1) : NULL;

    if (!copy)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
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
    if (text.ptr)
        memcpy(copy, text.ptr, text.len);
    if (more.len > 0)
        memcpy(copy + text.len, more.ptr, more.len);
    copy[text.len + more.len] = '\0';
    return copy;
}
