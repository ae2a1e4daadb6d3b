/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_EXIT_CODES_H
#define AHTTP_COMMAND_EXIT_CODES_H
/* What the exit codes mean, for the manual page.  They are curl's, but for the last. */
#include <stddef.h>

typedef struct exit_meaning {
    int code;
    const char *meaning;
} exit_meaning;
extern const exit_meaning exit_meanings[]; /* ends with a meaning of NULL */

#endif
