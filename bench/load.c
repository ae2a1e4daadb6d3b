/* SPDX-License-Identifier: MIT */
#include "load.h"
#include "clock.h"
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Arguments ---- */

static void usage(void)
{
    fputs("usage: CLIENT [--style NAME] [--at-once N] [--count N | --seconds S] [--warm-up N]\n"
          "  [--upload BYTES] [--fresh] [--resume] [--idle] [--no-clock] [--ca PATH]\n"
          "  [--origins N] [--busy MICROSECONDS] URL\n",
          stderr);
    exit(2);
}

/* http://127.0.0.1:80/x becomes http://127.0.0.1:80/x, http://127.0.0.2:80/x, ... */
static void make_urls(bench_load *load, const char *url, long count)
{
    const char *host = strstr(url, "127.0.0.1");

    load->url_count = count;
    load->urls = calloc((size_t)count, sizeof *load->urls);
    for (long i = 0; i < count; i++) {
        char *text = malloc(strlen(url) + 16);
        if (count > 1 && host)
            sprintf(text, "%.*s127.0.%ld.%ld%s", (int)(host - url), url, i / 250, 1 + i % 250,
                    host + strlen("127.0.0.1"));
        else
            strcpy(text, url);
        load->urls[i] = text;
    }
}

void load_parse(bench_load *load, int argc, char **argv)
{
    static const struct option options[] = {
        {"style", 1, NULL, 's'},    {"at-once", 1, NULL, 'c'}, {"count", 1, NULL, 'n'},
        {"seconds", 1, NULL, 't'},  {"warm-up", 1, NULL, 'w'}, {"upload", 1, NULL, 'u'},
        {"fresh", 0, NULL, 'f'},    {"resume", 0, NULL, 'r'},  {"idle", 0, NULL, 'i'},
        {"no-clock", 0, NULL, 'k'}, {"ca", 1, NULL, 'a'},      {"origins", 1, NULL, 'o'},
        {"busy", 1, NULL, 'b'},     {NULL, 0, NULL, 0},
    };
    long origins = 1;

    memset(load, 0, sizeof *load);
    load->style = "";
    load->at_once = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 's': load->style = optarg; break;
        case 'c': load->at_once = atoi(optarg); break;
        case 'n': load->count = atol(optarg); break;
        case 't': load->seconds = atof(optarg); break;
        case 'w': load->warm_up = atol(optarg); break;
        case 'u': load->upload = atol(optarg); break;
        case 'f': load->fresh = true; break;
        case 'r': load->fresh = load->resume = true; break;
        case 'i': load->idle = true; break;
        case 'k': load->no_clock = true; break;
        case 'a': load->ca = optarg; break;
        case 'o': origins = atol(optarg); break;
        case 'b': load->busy = atof(optarg) / 1e6; break;
        default: usage();
        }
    }
    if (optind != argc - 1)
        usage();
    make_urls(load, argv[optind], origins);
    if (load->idle)
        load->count = load->at_once;
}

bool load_ca_is_directory(const bench_load *load)
{
    struct stat info;

    return load->ca && stat(load->ca, &info) == 0 && S_ISDIR(info.st_mode);
}

char *load_body(const bench_load *load)
{
    char *body = malloc((size_t)load->upload + 1);

    memset(body, 'u', (size_t)load->upload);
    body[load->upload] = '\0';
    return body;
}

/* ---- Measuring ---- */

double load_now(const bench_load *load)
{
    return load->no_clock ? 0 : clock_now();
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Now, without what malloc has to spare. */
static long resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    malloc_trim(0);
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

/* The most memory since the program began; ru_maxrss knows of the process it was before, too. */
static long peak_bytes(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && kib == 0 && fgets(line, sizeof line, file))
        (void)sscanf(line, "VmHWM: %ld", &kib);
    if (file)
        fclose(file);
    return kib * 1024;
}

static long heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return (long)(info.uordblks + info.hblkhd);
}

static void begin_measuring(bench_load *load)
{
    struct rusage used;

    load->skipped = load->ended;
    load->bytes = 0;
    getrusage(RUSAGE_SELF, &used);
    load->user = seconds_of(used.ru_utime);
    load->system = seconds_of(used.ru_stime);
    load->began = clock_now();
}

const char *load_next(bench_load *load)
{
    if (load->started == 0) {
        begin_measuring(load);
        if (load->idle) {
            load->rss_before = resident_bytes();
            load->heap_before = heap_bytes();
        }
    }
    if (load->count > 0 ? load->started >= load->count
                        : load->warm_up == 0 && load->latest - load->began >= load->seconds)
        return NULL;
    return load->urls[load->started++ % load->url_count];
}

/* Up to 127 every microsecond has a bucket, then 64 share each power of two. */
static size_t bucket_of(uint64_t us)
{
    unsigned shift = 0;

    while (us >> shift >= 128)
        shift++;
    size_t bucket = (size_t)(us >> shift) + 64 * shift;
    return bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1;
}

static double bucket_us(size_t bucket)
{
    size_t shift = bucket < 128 ? 0 : bucket / 64 - 1;

    return (double)((bucket - 64 * shift) << shift);
}

void load_ended(bench_load *load, double began, uint64_t bytes)
{
    load->ended++;
    load->bytes += bytes;
    if (!load->no_clock) {
        load->latest = clock_now();
        load->latencies[bucket_of((uint64_t)((load->latest - began) * 1e6))]++;
    }
    if (load->busy > 0)
        compute_for(load->busy);
    if (load->warm_up > 0 && load->ended == load->warm_up) {
        load->warm_up = 0;
        memset(load->latencies, 0, sizeof load->latencies);
        begin_measuring(load);
    }
}

void load_failed(bench_load *load, const char *why)
{
    if (load->failed++ == 0)
        fprintf(stderr, "request failed: %s\n", why);
    if (load->failed > 100)
        exit(1);
}

static double percentile(const bench_load *load, double part)
{
    uint64_t all = 0, seen = 0;

    for (size_t i = 0; i < LOAD_BUCKETS; i++)
        all += load->latencies[i];
    for (size_t i = 0; i < LOAD_BUCKETS; i++) {
        seen += load->latencies[i];
        if (seen > 0 && (double)seen >= part * (double)all)
            return bucket_us(i);
    }
    return 0;
}

void load_report(const bench_load *load)
{
    struct rusage used;
    double seconds = clock_now() - load->began;

    getrusage(RUSAGE_SELF, &used);
    printf("{\"requests\": %ld, \"failed\": %ld, \"seconds\": %.6f, \"user\": %.6f, "
           "\"system\": %.6f, \"bytes\": %llu, \"p50\": %.0f, \"p99\": %.0f, \"peak\": %ld",
           load->ended - load->skipped, load->failed, seconds,
           seconds_of(used.ru_utime) - load->user, seconds_of(used.ru_stime) - load->system,
           (unsigned long long)load->bytes, percentile(load, 0.5), percentile(load, 0.99),
           peak_bytes());
    if (load->idle) {
        long heap = heap_bytes() - load->heap_before;
        printf(", \"idle_heap\": %.1f, \"idle_rss\": %.1f", (double)heap / (double)load->ended,
               (double)(resident_bytes() - load->rss_before) / (double)load->ended);
    }
    printf("}\n");
    fflush(stdout);
}
