/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

static void *libc_allocate(size_t size, void *ctx)
{
    (void)ctx;
    return malloc(size);
}

static void *libc_reallocate(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return realloc(block, size);
}

static void libc_deallocate(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static const ahttp_allocator libc_allocator = {libc_allocate, libc_reallocate, libc_deallocate,
                                               NULL};
static ahttp_allocator current = {libc_allocate, libc_reallocate, libc_deallocate, NULL};

bool ah_memory_is_watched(void)
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#elif defined(VALGRIND_MAKE_MEM_DEFINED)
    return VALGRIND_MAKE_MEM_DEFINED(NULL, 0) != 0; /* 0 but under memcheck */
#else
    return false;
#endif
}

void ahttp_set_allocator(const ahttp_allocator *allocator)
{
    current = allocator ? *allocator : libc_allocator;
}

/* No object is larger than PTRDIFF_MAX: pointers into it could not be subtracted. */
static bool is_possible(size_t size)
{
    return size <= PTRDIFF_MAX;
}

void *ah_alloc(size_t size)
{
    if (!is_possible(size))
        return NULL;
    return current.allocate(size ? size : 1, current.ctx);
}

void *ah_alloc_zeroed(size_t size)
{
    void *block = ah_alloc(size);

    return block ? memset(block, 0, size) : NULL;
}

/* In front of it stands where the block begins.  Watched memory is a block as it is: else its
   bounds would not be seen, and what only pointers into its middle lead to would be taken for lost.
 */
void *ah_alloc_lines(size_t size)
{
    if (ah_memory_is_watched())
        return ah_alloc_zeroed(size);
    char *block = ah_alloc_zeroed(size + sizeof block + AH_LINE_SIZE);

    if (!block)
        return NULL;
    char *memory = block + sizeof block;
    memory += -(uintptr_t)memory & (AH_LINE_SIZE - 1);
    memcpy(memory - sizeof block, &block, sizeof block);
    return memory;
}

void ah_free_lines(void *memory)
{
    char *block = memory;

    if (memory && !ah_memory_is_watched())
        memcpy(&block, (char *)memory - sizeof block, sizeof block);
    ah_free(block);
}

void *ah_realloc(void *block, size_t size)
{
    if (!is_possible(size))
        return NULL;
    return current.reallocate(block, size ? size : 1, current.ctx);
}

void *ah_realloc_array(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return ah_realloc(block, count * size);
}

void ah_free(void *block)
{
    if (block)
        current.deallocate(block, current.ctx);
}

void ah_misuse(const char *sentence)
{
    fprintf(stderr, "libahttp: %s\n", sentence);
    abort();
}
