/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_MEM_H
#define AH_BASE_MEM_H
/* Every allocation of the library goes through here, so that a program can bring its own
   allocator and the tests can count allocations and make the nth one fail. */
#include <ahttp/memory.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define AH_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define AH_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* Of a function that is hardly ever called: it stays out of its callers, so that these need not
   save registers for it. */
#define AH_COLD __attribute__((cold, noinline))
/* The same of one that is called now and then. */
#define AH_APART __attribute__((noinline))
#else
#define AH_COLD
#define AH_APART
#define AH_LIKELY(condition)   (condition)
#define AH_UNLIKELY(condition) (condition)
#endif

/* The struct that a member is embedded in. */
#define AH_CONTAINER(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* NULL when out of memory, and only then: a size of 0 counts as 1. */
void *ah_alloc(size_t size);
void *ah_alloc_zeroed(size_t size);
void *ah_realloc(void *block, size_t size);
/* NULL also when count * size does not fit. */
void *ah_realloc_array(void *block, size_t count, size_t size);
void ah_free(void *block);

/* Whether a tool looks whether blocks are used as they may be: AddressSanitizer, or valgrind's
   memcheck.  What else lies inside of a block is to be one of its own then. */
bool ah_memory_is_watched(void);

/* Zeroed memory that begins with a line of the processor's cache, unless it is watched, for what is
   laid out by these. */
enum { AH_LINE_SIZE = 64 };
void *ah_alloc_lines(size_t size);
void ah_free_lines(void *memory);

/* So many bytes, at least one, will be touched soon: what is not in the cache comes while the
   caller goes on.  Nothing is read, so any address will do. */
static inline void ah_fetch(const void *memory, size_t size)
{
#if defined(__GNUC__)
    const uintptr_t first = (uintptr_t)memory; /* no pointer, for there need not be any memory */

#pragma GCC unroll 16
    for (size_t i = 0; i < size; i += AH_LINE_SIZE)
        __builtin_prefetch((const void *)(first + i));
    __builtin_prefetch((const void *)(first + size - 1));
    __asm__ volatile(""); /* or GCC takes a function that does no more for one that does nothing */
#else
    (void)memory;
    (void)size;
#endif
}

/* A zeroed T, or NULL. */
#define AH_NEW(type) ((type *)ah_alloc_zeroed(sizeof(type)))

/* The program broke a rule of the interface: say which, and abort. */
_Noreturn void ah_misuse(const char *sentence);

#endif
