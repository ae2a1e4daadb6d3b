/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_REPORTS_H
#define TESTS_SUPPORT_REPORTS_H
/* What debug mode says, collected: each sentence ends with a newline. */
#include "support/check.h"

#include <ahttp/debug.h>
#include <stdio.h>
#include <string.h>

static char reports[4096];

static inline void note_report(const char *sentence, void *ctx)
{
    size_t len = strlen(reports);

    (void)ctx;
    snprintf(reports + len, sizeof reports - len, "%s\n", sentence);
}

/* A loop in debug mode, on a virtual clock, whose reports are collected from now on. */
static inline ahttp_loop *open_debug_loop(void)
{
    ahttp_loop *loop = ahttp_loop_new(.debug = true, .virtual_clock = true);

    assert_non_null(loop);
    ahttp_loop_set_report(loop, note_report, NULL);
    reports[0] = '\0';
    return loop;
}

static inline void assert_reported(const char *sentence)
{
    if (!strstr(reports, sentence))
        fail_msg("\"%s\" is not among: %s", sentence, reports);
}

#define assert_nothing_reported() assert_string_equal(reports, "")

#endif
