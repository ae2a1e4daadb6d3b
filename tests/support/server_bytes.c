/* SPDX-License-Identifier: MIT */
#include "support/server_internal.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void server_die(const char *what)
{
    fprintf(stderr, "test server: %s (errno: %s)\n", what, strerror(errno));
    abort();
}

void *server_memory(void *old, size_t size)
{
    void *block = realloc(old, size);

    if (!block)
        server_die("out of memory");
    return block;
}

void *server_room_for_one(void *array, size_t count, size_t *cap, size_t element_size)
{
    if (count < *cap)
        return array;
    *cap = *cap ? *cap * 2 : 8;
    return server_memory(array, *cap * element_size);
}

void server_bytes_append(server_bytes *bytes, const char *data, size_t len)
{
    size_t held = server_bytes_len(bytes);

    if (bytes->start > 0)
        memmove(bytes->data, bytes->data + bytes->start, held);
    bytes->start = 0;
    bytes->end = held + len;
    if (bytes->end >= bytes->cap) {
        bytes->cap = bytes->end * 2 + 256;
        bytes->data = server_memory(bytes->data, bytes->cap);
    }
    memcpy(bytes->data + held, data, len);
    bytes->data[bytes->end] = '\0';
}

void server_bytes_drop(server_bytes *bytes, size_t len)
{
    bytes->start += len;
    if (bytes->start == bytes->end)
        bytes->start = bytes->end = 0;
}

void server_bytes_free(server_bytes *bytes)
{
    free(bytes->data);
    *bytes = (server_bytes){0};
}
