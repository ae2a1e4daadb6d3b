/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H
/* What all clients of the benchmarks share: their command line, whether another request is
   due, and the report, one line of JSON on standard output.  A client has --at-once slots; each
   asks load_next before it starts a request, and tells load_ended when that is over. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_BUCKETS = 64 * 40 };

typedef struct bench_load {
    const char *style; /* of the client's own; "" for its first */
    int at_once;
    long count;     /* requests in all, the warm-up included; 0: until the seconds are over */
    double seconds; /* measured, behind the warm-up */
    long warm_up;   /* requests that do not count */
    long upload;    /* bytes of the request's body; 0: a GET */
    bool fresh;     /* a new connection for each request */
    bool resume;    /* ... whose TLS session goes on from an earlier one */
    bool idle;      /* at_once requests, then say what their connections cost */
    bool no_clock;  /* do not look at the clock for each request */
    double busy;    /* seconds for which the program computes at the end of each request */
    const char *ca; /* file or directory with roots; NULL: OpenSSL's default */

    char **urls; /* asked for in turn */
    long url_count;

    /* What has happened. */
    long started, ended, failed;
    long skipped;         /* of those that ended, before measuring began */
    uint64_t bytes;       /* of bodies */
    double began, latest; /* when measuring began, and when the latest request ended */
    double user, system;
    long rss_before, heap_before;
    uint32_t latencies[LOAD_BUCKETS]; /* in microseconds, 64 buckets for each power of two */
} bench_load;

/* Exits with a usage message when the arguments are none. */
void load_parse(bench_load *load, int argc, char **argv);
bool load_ca_is_directory(const bench_load *load);
/* A body of --upload bytes. */
char *load_body(const bench_load *load);
/* Seconds; 0 with --no-clock. */
double load_now(const bench_load *load);
/* Whether another request is due; its URL then. */
const char *load_next(bench_load *load);
/* One has ended that began at `began`, with that many bytes of body. */
void load_ended(bench_load *load, double began, uint64_t bytes);
/* Ends the program when too many have failed. */
void load_failed(bench_load *load, const char *why);
void load_report(const bench_load *load);

#endif
