/* SPDX-License-Identifier: MIT */
#include "extras.h"
#include "jobs.h"
#include <inttypes.h>
#include <stdlib.h>

typedef struct bench {
    run *run;
    settings *settings;
    double *latencies; /* of those that went well, in milliseconds */
    long long count, next, good, failed;
    uint64_t bytes;
    int code;
} bench;

/* The whole of one request, its output thrown away. */
static void run_request(bench *bench)
{
    jobs jobs;
    int code = 0;

    jobs_begin(&jobs, bench->run);
    jobs.settings = bench->settings;
    transfer *transfer = jobs_next(&jobs, &code);
    jobs_end(&jobs);
    if (!transfer) {
        bench->code = code ? code : 2;
        bench->failed++;
        return;
    }
    transfer->output.discard = true;
    if (!transfer->facts.code)
        transfer_perform(transfer);
    if (transfer->facts.code || transfer->facts.status >= 400) {
        bench->failed++;
        if (!bench->code && transfer->facts.code) {
            bench->code = transfer->facts.code;
            complain(bench->run->global, "(%d) %s", bench->code,
                     text_str(&transfer->facts.message));
        }
    } else {
        bench->latencies[bench->good++] = transfer->facts.total_ms;
    }
    bench->bytes += transfer->facts.downloaded;
    transfer_release(transfer);
    free(transfer);
}

static void *work(void *ctx)
{
    bench *bench = ctx;

    while (bench->next < bench->count) {
        bench->next++;
        run_request(bench);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

double bench_percentile(const double *sorted, long long count, double percent)
{
    double rank = (double)count * percent / 100;
    long long at = (long long)rank;

    at -= (double)at == rank; /* the nearest rank, from 1, is what rank is rounded up to */
    return sorted[at < 0 ? 0 : at >= count ? count - 1 : at];
}

static void print(bench *bench, double passed_ms)
{
    static const double percents[] = {50, 75, 90, 99, 99.9, 100};
    double seconds = passed_ms / 1000;
    double sum = 0;

    printf("%lld requests, %lld at once, %lld failed; %.2f s, %.0f a second, %" PRIu64 " bytes\n",
           bench->count, bench->settings->bench_at_once, bench->failed, seconds,
           (double)bench->count / seconds, bench->bytes);
    if (bench->good == 0)
        return;
    qsort(bench->latencies, (size_t)bench->good, sizeof *bench->latencies, compare);
    for (long long i = 0; i < bench->good; i++)
        sum += bench->latencies[i];
    printf("  mean  %9.2f ms\n", sum / (double)bench->good);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        double latency = bench_percentile(bench->latencies, bench->good, percents[i]);
        printf("%5.4g %% %9.2f ms\n", percents[i], latency);
    }
}

int bench_run(run *run, settings *settings)
{
    bench bench = {.run = run, .settings = settings, .count = settings->bench};
    double began = clock_ms();
    ahttp_group *group = ahttp_group_new();

    bench.latencies = must_alloc((size_t)bench.count * sizeof *bench.latencies);
    for (long long i = 0; i < settings->bench_at_once; i++)
        ahttp_group_spawn(group, work, &bench);
    ahttp_group_await_end(group);
    print(&bench, clock_ms() - began);
    free(bench.latencies);
    return bench.code;
}
