/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H
/* Public test vectors, read from the folder that AHTTP_VECTORS names; tests that need one are
   skipped, and say so, where it names none. */
#include "support/check.h"

#include "base/buf.h"
#include <stdio.h>
#include <stdlib.h>

/* The whole file; out is released by the caller. */
static inline void read_vector_file(ah_buf *out, const char *name)
{
    const char *vectors = getenv("AHTTP_VECTORS");
    char path[1024];
    char piece[4096];
    size_t got;

    if (!vectors) {
        print_message("AHTTP_VECTORS is not set: nothing to read\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/%s", vectors, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("there is no %s", path);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        ah_buf_append(out, ah_str_make(piece, got));
    fclose(file);
    assert_non_null(ah_buf_terminate(out));
}

#endif
