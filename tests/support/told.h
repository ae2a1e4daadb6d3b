/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TOLD_H
#define TESTS_SUPPORT_TOLD_H
/* What the log of a loop has told: ahttp_loop_set_log(loop, level, note_line, NULL). */
#include "support/check.h"

#include <ahttp/log.h>
#include <stdio.h>
#include <string.h>

static char told[32768]; /* "level|topic|text" lines */

static inline void note_line(ahttp_log_level level, const char *topic, const char *text, void *ctx)
{
    size_t len = strlen(told);

    (void)ctx;
    assert_null(strchr(text, '\n'));
    snprintf(told + len, sizeof told - len, "%s|%s|%s\n", ahttp_log_level_name(level), topic, text);
}

/* Nothing was made, and these lines alone, or none, are told of it; next come others. */
static inline void assert_not_made(const void *made, const char *lines)
{
    assert_null(made);
    assert_string_equal(told, lines);
    told[0] = '\0';
}

#endif
