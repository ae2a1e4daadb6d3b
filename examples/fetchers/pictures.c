/* SPDX-License-Identifier: MIT */
#include "pictures.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR = 40, DEFAULT_LIMIT = 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

char *pictures_path(const pictures *all, const char *url)
{
    const char *slash = strrchr(url, '/');
    const char *name = slash && slash[1] ? slash + 1 : "index";
    size_t size = strlen(all->folder) + strlen(name) + 2;
    char *path = malloc(size);

    if (!path)
        abort();
    snprintf(path, size, "%s/%.*s", all->folder, (int)strcspn(name, "?#"), name);
    return path;
}

/* ---- What is seen ---- */

static bool has_bar(const pictures *all)
{
    return !all->verbose && isatty(STDERR_FILENO);
}

static void draw(const pictures *all)
{
    size_t filled = all->count ? all->done * BAR / all->count : BAR;
    char bar[BAR + 1];

    if (!has_bar(all))
        return;
    memset(bar, '-', BAR);
    memset(bar, '#', filled);
    bar[BAR] = '\0';
    fprintf(stderr, "\r[%s] %zu/%zu", bar, all->done, all->count);
}

static void clear(const pictures *all)
{
    if (has_bar(all))
        fprintf(stderr, "\r\033[K");
}

/* One more is done; what went wrong is said above the bar. */
static void count(pictures *all, size_t *which, const char *line)
{
    pthread_mutex_lock(&lock);
    all->done++;
    ++*which;
    if (line) {
        clear(all);
        fprintf(stderr, "%s\n", line);
    }
    draw(all);
    pthread_mutex_unlock(&lock);
}

void pictures_saved(pictures *all, const char *url)
{
    char line[1024];

    snprintf(line, sizeof line, "%s: OK", url);
    count(all, &all->ok, all->verbose ? line : NULL);
}

void pictures_refused(pictures *all, const char *url, const ahttp_response *response)
{
    int status = ahttp_response_status(response);
    char reason[128], line[1024];
    size_t len = 0;

    for (const char *at = ahttp_response_reason(response); *at && len + 1 < sizeof reason; at++)
        reason[len++] = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    reason[len] = '\0';
    snprintf(line, sizeof line, "*** Error for %s: HTTP %d - %s", url, status, reason);
    count(all, status == 404 ? &all->missing : &all->failed, line);
}

void pictures_broke(pictures *all, const char *url, const ahttp_error *error)
{
    char line[1024];

    snprintf(line, sizeof line, "*** Error for %s: %s", url, error->message);
    count(all, &all->failed, line);
}

/* ---- From the arguments to the sum ---- */

void pictures_download(pictures *all, ahttp_session *session, const char *url)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    char *path = pictures_path(all, url);

    if (!response)
        pictures_broke(all, url, ahttp_task_error());
    else if (!ahttp_response_ok(response))
        pictures_refused(all, url, response);
    else if (ahttp_await_status(ahttp_stream_save(ahttp_response_stream(response), path)) < 0)
        pictures_broke(all, url, ahttp_task_error());
    else
        pictures_saved(all, url);
    free(path);
    ahttp_response_unref(response);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int pictures_main(int argc, char **argv, pictures_fn *download_all)
{
    pictures all = {.limit = DEFAULT_LIMIT};
    int option;

    while ((option = getopt(argc, argv, "vm:")) != -1) {
        if (option == 'v')
            all.verbose = true;
        else if (option == 'm')
            all.limit = strtoul(optarg, NULL, 10);
    }
    if (argc - optind < 2 || all.limit == 0) {
        fprintf(stderr, "usage: %s [-v] [-m LIMIT] FOLDER URL...\n", argv[0]);
        return 2;
    }
    all.folder = argv[optind];
    all.urls = argv + optind + 1;
    all.count = (size_t)(argc - optind - 1);
    double began = seconds();
    draw(&all);
    download_all(&all);
    clear(&all);
    printf("%zu pictures: %zu ok, %zu not found, %zu failed; %.2f s\n", all.count, all.ok,
           all.missing, all.failed, seconds() - began);
    return all.ok < all.count;
}
