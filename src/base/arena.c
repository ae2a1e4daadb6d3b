/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "base/mem.h"
#include <stdalign.h>

enum { BLOCK_SIZE = 4096 };

struct ah_arena_block {
    ah_arena_block *before;
    alignas(max_align_t) char bytes[];
};

void ah_arena_reset(ah_arena *arena)
{
    ah_arena_block *block = arena->block;

    if (!block)
        return;
    while (block->before) {
        ah_arena_block *before = block->before;
        ah_free(block);
        block = before;
    }
    if (block != arena->block) {
        arena->block = block;
        arena->end = (char *)block + BLOCK_SIZE;
    }
    arena->free = block->bytes;
}

void ah_arena_release(ah_arena *arena)
{
    ah_arena_reset(arena);
    ah_free(arena->block);
    *arena = (ah_arena){0};
}

/* The first block always has BLOCK_SIZE, so that a reset knows its end. */
static bool add_block(ah_arena *arena, size_t size)
{
    if (!arena->block && size > BLOCK_SIZE - sizeof(ah_arena_block) && !add_block(arena, 1))
        return false;
    size_t total = size > SIZE_MAX - sizeof(ah_arena_block) ? 0 : size + sizeof(ah_arena_block);
    if (total > 0 && total < BLOCK_SIZE)
        total = BLOCK_SIZE;
    ah_arena_block *block = total ? ah_alloc(total) : NULL;
    if (!block)
        return false;
    block->before = arena->block;
    arena->block = block;
    arena->free = block->bytes;
    arena->end = (char *)block + total;
    return true;
}

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
