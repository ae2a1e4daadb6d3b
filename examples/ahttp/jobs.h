/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_JOBS_H
#define AHTTP_COMMAND_JOBS_H
/* The transfers of a command line, made one by one as they are wanted, for a pattern may stand for
   millions of URLs. */
#include "glob.h"
#include "transfer.h"

typedef struct jobs {
    run *run;
    settings *settings;
    size_t source;
    glob *urls, *uploads; /* of that source; NULL: not begun */
    uint64_t url, upload;
    long count;
    settings *short_of_urls; /* of which that has been said */
} jobs;

void jobs_begin(jobs *jobs, run *run);
/* The next one, to be released and freed; NULL: that was all, or *code says what is wrong. */
transfer *jobs_next(jobs *jobs, int *code);
void jobs_end(jobs *jobs);

#endif
