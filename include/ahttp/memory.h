/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_MEMORY_H
#define AHTTP_MEMORY_H
/* Where the library's memory comes from. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* Three functions in the manner of malloc, realloc and free; ctx is handed to each.
   They may be called from several threads at the same time: those that run loops, those
   that submit work to them, and libuv's. */
typedef struct ahttp_allocator {
    void *(*allocate)(size_t size, void *ctx);
    void *(*reallocate)(void *block, size_t size, void *ctx);
    void (*deallocate)(void *block, void *ctx);
    void *ctx;
} ahttp_allocator;

/* Use these instead of the C library's; NULL goes back to those.  Copied.  Call it
   before the first other call of the library and while no object of it is alive.
   Memory that libuv, c-ares and OpenSSL ask for is not concerned. */
AHTTP_API void ahttp_set_allocator(const ahttp_allocator *allocator);

AHTTP_END
#endif
