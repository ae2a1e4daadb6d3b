/* SPDX-License-Identifier: MIT */
/* What ./dev demo shows: requests of several kinds against a local httpbin, and a download
   from a local file server.  ./demo HTTPBIN_URL FILE_SERVER_URL */
#include <ahttp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { CONCURRENT = 100, CONNECTIONS = 10 };

typedef struct demo {
    const char *httpbin, *files;
    ahttp_session *session;
    int failures;
} demo;

static double now_ms(void)
{
    struct timespec now;

    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void row(demo *run, bool ok, const char *what, int status, uint64_t size, double since_ms)
{
    printf("  %s  %-36s %3d  %10" PRIu64 " bytes  %8.1f ms\n", ok ? "ok  " : "FAIL", what, status,
           size, now_ms() - since_ms);
    run->failures += !ok;
}

static void failed(demo *run, const char *what)
{
    printf("  FAIL  %-36s %s\n", what, ahttp_task_error()->message);
    run->failures++;
}

/* One request, its body as text, and a word that must be in it. */
static void expect(demo *run, const char *what, ahttp_future *request, const char *word)
{
    double since = now_ms();
    ahttp_response *response = ahttp_await(request);
    const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;

    if (text)
        row(run, ahttp_response_ok(response) && strstr(text, word), what,
            ahttp_response_status(response), strlen(text), since);
    else
        failed(run, what);
    ahttp_response_unref(response);
}

static void download(demo *run, const char *url)
{
    double since = now_ms();
    ahttp_response *response = ahttp_await(ahttp_get(run->session, url));
    const ahttp_bytes *piece = NULL;
    unsigned long sum = crc32(0, NULL, 0);

    if (!response) {
        failed(run, "download, streamed");
        return;
    }
    ahttp_stream *body = ahttp_response_stream(response);
    while ((piece = ahttp_await(ahttp_stream_read(body))) && piece->len > 0)
        sum = crc32(sum, piece->data, (unsigned)piece->len);
    if (piece) {
        const char *told = ahttp_response_header(response, "X-CRC32");
        bool ok = told && strtoul(told, NULL, 16) == sum;
        row(run, ok, ok ? "download, streamed, checksum right" : "download, checksum WRONG",
            ahttp_response_status(response), ahttp_stream_total(body), since);
    } else {
        failed(run, "download, streamed");
    }
    ahttp_response_unref(response);
}

static void at_once(demo *run, const char *url)
{
    ahttp_connector *connector = ahttp_connector_new(.limit = CONNECTIONS);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_connector_stats stats = {.size = sizeof stats};
    ahttp_future *requests[CONCURRENT];
    uint64_t size = 0;
    int good = 0;
    char what[64];
    double since = now_ms();

    for (int i = 0; i < CONCURRENT; i++)
        requests[i] = ahttp_get(session, url);
    ahttp_await_status(ahttp_sleep(0)); /* let the pool go to work */
    ahttp_connector_get_stats(connector, &stats);
    printf("        pool at the start: %zu connecting, %zu waiting\n", stats.connecting,
           stats.waiting);
    for (int i = 0; i < CONCURRENT; i++) {
        ahttp_response *response = ahttp_await(requests[i]);
        const ahttp_bytes *body = response ? ahttp_await(ahttp_response_read(response)) : NULL;
        good += body && ahttp_response_ok(response);
        size += body ? body->len : 0;
        ahttp_response_unref(response);
    }
    ahttp_connector_get_stats(connector, &stats);
    snprintf(what, sizeof what, "%d of %d at once", good, CONCURRENT);
    row(run, good == CONCURRENT && stats.opened <= CONNECTIONS, what, 200, size, since);
    printf("        pool at the end:   %zu idle, %zu busy; %" PRIu64 " opened, %" PRIu64
           " requests reused one\n",
           stats.idle, stats.busy, stats.opened, stats.reused);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
}

static void *show(void *arg)
{
    demo *run = arg;
    char url[256];

    run->session = ahttp_session_new();
    printf("libahttp %s against %s\n\n", ahttp_version(), run->httpbin);
    snprintf(url, sizeof url, "%s/get", run->httpbin);
    expect(run, "GET with params",
           ahttp_get(run->session, url,
                     .params = AHTTP_PAIRS({"name", "Ada Lovelace"}, {"lang", "C"})),
           "Ada Lovelace");
    snprintf(url, sizeof url, "%s/post", run->httpbin);
    expect(run, "POST of JSON", ahttp_post(run->session, url, .json = "{\"answer\": 42}"),
           "answer");
    expect(run, "POST of a form",
           ahttp_post(run->session, url, .form = AHTTP_PAIRS({"city", "Zürich"})), "city");
    snprintf(url, sizeof url, "%s/gzip", run->httpbin);
    expect(run, "gzip page, decoded", ahttp_get(run->session, url), "gzipped");
    snprintf(url, sizeof url, "%s/deflate", run->httpbin);
    expect(run, "deflate page, decoded", ahttp_get(run->session, url), "deflated");
    snprintf(url, sizeof url, "%s/random/10000000?seed=7", run->files);
    download(run, url);
    snprintf(url, sizeof url, "%s/bytes/1000", run->httpbin);
    at_once(run, url);
    ahttp_session_unref(run->session);
    printf("\n%s\n", run->failures ? "Something failed." : "All of it worked.");
    return NULL;
}

int main(int argc, char **argv)
{
    demo run = {.httpbin = argc > 1 ? argv[1] : getenv("AHTTP_HTTPBIN_URL"),
                .files = argc > 2 ? argv[2] : getenv("AHTTP_FILES_URL")};

    if (!run.httpbin || !run.files) {
        fprintf(stderr, "usage: %s HTTPBIN_URL FILE_SERVER_URL\n", argv[0]);
        return 2;
    }
    return ahttp_run(show, &run) < 0 || run.failures > 0;
}
