/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_PROGRESS_H
#define AHTTP_COMMAND_PROGRESS_H
/* Bars on a terminal: one for each transfer that takes its time, and with -Z one line for all.
   Nothing is drawn where standard error is none, so that logs stay tidy. */
#include "run.h"

typedef struct progress progress;

/* NULL when nothing is to be shown; every function takes that. */
progress *progress_open(run *run);
/* Of a transfer that has ended well: all that -# shows where errors do not go to a terminal. */
void progress_full_bar(const global *global);
void progress_close(progress *progress);
/* As a task, until it is cancelled: draws ten times a second. */
void *progress_run(void *ctx);
/* Takes the bars away, before something else is written to the terminal. */
void progress_clear(progress *progress);

/* One bar of just so many columns: "name  [####----]  45%  1.2M/s  00:03"; total < 0: unknown. */
void progress_line(text *out, int columns, const char *name, double done, double total,
                   double per_second);
/* "1234", "12.3k", "4.5M": at most five characters. */
void progress_size(double bytes, char out[8]);

#endif
