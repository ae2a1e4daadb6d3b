/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
/* What every fuzz target includes.  A target reads its choices from the first bytes of the
   data, runs the room on the rest, and says by must() what holds whatever the data are. */
#include "base/buf.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* The first byte, taken off the front; 0 when there is none. */
static inline unsigned take_byte(ah_str *data)
{
    if (data->len == 0)
        return 0;
    unsigned byte = (unsigned char)*data->ptr;
    *data = ah_str_make(data->ptr + 1, data->len - 1);
    return byte;
}

static inline bool has_control(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
            return true;
    return false;
}

#endif
