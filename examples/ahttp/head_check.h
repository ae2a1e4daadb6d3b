/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_HEAD_CHECK_H
#define AHTTP_COMMAND_HEAD_CHECK_H
/* What a command that is careful refuses in a response's head, line by line as it comes: what is
   in front of the line that is wrong has been shown by then. */
#include "text.h"

typedef struct head_rules {
    bool takes_codings; /* of the transfer: they were asked for */
    bool any_coding;    /* nor need they be known: they will not be undone */
    bool any_length;    /* nobody looks at Content-Length */
} head_rules;

typedef struct head_problem {
    int code; /* the exit code; 0: there is none */
    text why;
} head_problem;

/* How many of the bytes are good: all of them, or those before the first line that is not, and
 *problem, to be emptied by text_free, says what is wrong with that. */
size_t head_check(const char *bytes, size_t len, const head_rules *rules, head_problem *problem);

#endif
