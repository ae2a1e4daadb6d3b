/* SPDX-License-Identifier: MIT */
/* A polite crawler: it stays on the host where it began, heeds robots.txt, asks a few pages at a
   time, and goes so many links deep.
   ./crawler [-d DEPTH] [-m AT_ONCE] [-p PAUSE_MS] URL */
#include "web.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENT "ahttp-crawler"

typedef struct crawl {
    const char *start;
    long depth, at_once, pause_ms;
    ahttp_session *session;
    ahttp_semaphore *permits;
    ahttp_url *origin;
    char *robots;
    strings seen;
    size_t pages, failed;
} crawl;

typedef struct visit {
    crawl *crawl;
    char *url;
    long depth;
} visit;

static char *text_of(crawl *crawl, const char *url, int *status)
{
    ahttp_response *response = ahttp_await(ahttp_get(crawl->session, url));
    const char *text = NULL;
    char *copy = NULL;

    *status = response ? ahttp_response_status(response) : 0;
    if (response && ahttp_response_ok(response))
        text = ahttp_await(ahttp_response_text_as(response, NULL, true));
    if (text && strstr(ahttp_response_content_type(response), "html"))
        copy = strdup(text);
    else if (text)
        copy = strdup("");
    ahttp_response_unref(response);
    return copy;
}

static void follow(ahttp_group *group, const visit *from, const char *html);

static void *visit_page(void *arg)
{
    visit *visit = arg;
    crawl *crawl = visit->crawl;
    ahttp_group *group = ahttp_group_new();
    int status;

    if (ahttp_await_status(ahttp_semaphore_acquire(crawl->permits)) == 0) {
        char *html = text_of(crawl, visit->url, &status);
        if (crawl->pause_ms > 0)
            ahttp_await_status(ahttp_sleep(crawl->pause_ms));
        ahttp_semaphore_release(crawl->permits);
        printf("%3d %ld %s\n", status, visit->depth, visit->url);
        crawl->pages++;
        crawl->failed += !html;
        if (html && visit->depth < crawl->depth)
            follow(group, visit, html);
        free(html);
    }
    ahttp_group_await_end(group);
    free(visit->url);
    free(visit);
    return NULL;
}

static void start_visit(ahttp_group *group, crawl *crawl, const char *url, long depth)
{
    visit *begun = calloc(1, sizeof *begun);

    if (!begun || !(begun->url = strdup(url)))
        abort();
    begun->crawl = crawl;
    begun->depth = depth;
    ahttp_group_spawn(group, visit_page, begun);
}

/* By path and query. */
static bool is_allowed(const crawl *crawl, const ahttp_url *url)
{
    const char *query = ahttp_url_query(url);
    size_t size = strlen(ahttp_url_path(url)) + (query ? strlen(query) : 0) + 2;
    char *asked = malloc(size);

    if (!asked)
        abort();
    snprintf(asked, size, "%s%s%s", ahttp_url_path(url), query ? "?" : "", query ? query : "");
    bool allowed = web_allowed(crawl->robots, AGENT, asked);
    free(asked);
    return allowed;
}

static void follow(ahttp_group *group, const visit *from, const char *html)
{
    crawl *crawl = from->crawl;
    strings links = web_links(from->url, html);

    for (size_t i = 0; i < links.count; i++) {
        ahttp_url *url = ahttp_url_parse(links.items[i], NULL);
        if (url && ahttp_url_same_origin(url, crawl->origin) && is_allowed(crawl, url) &&
            strings_add_new(&crawl->seen, links.items[i]))
            start_visit(group, crawl, links.items[i], from->depth + 1);
        ahttp_url_free(url);
    }
    strings_free(&links);
}

/* A host that has none allows all, and one that cannot tell allows nothing (RFC 9309 §2.3.1). */
static char *load_robots(crawl *crawl)
{
    ahttp_url *where = ahttp_url_join(crawl->origin, "/robots.txt", NULL);
    ahttp_response *response = ahttp_await(ahttp_get(crawl->session, ahttp_url_text(where)));
    const char *text = NULL;

    if (!response) {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
        crawl->failed++;
    } else if (ahttp_response_ok(response)) {
        text = ahttp_await(ahttp_response_text_as(response, NULL, true));
    }
    bool has_none = response && ahttp_response_status(response) / 100 == 4;
    char *copy = strdup(text ? text : has_none ? "" : "User-agent: *\nDisallow: /\n");
    ahttp_response_unref(response);
    ahttp_url_free(where);
    return copy;
}

static void *run(void *arg)
{
    crawl *crawl = arg;
    ahttp_group *group = ahttp_group_new();

    crawl->session = ahttp_session_new(.user_agent = AGENT "/1.0");
    crawl->permits = ahttp_semaphore_new((size_t)crawl->at_once);
    crawl->robots = load_robots(crawl);
    strings_add(&crawl->seen, crawl->start);
    if (is_allowed(crawl, crawl->origin))
        start_visit(group, crawl, crawl->start, 0);
    else
        printf("--- 0 %s: robots.txt does not allow it\n", crawl->start);
    ahttp_group_await_end(group);
    printf("%zu pages, %zu failed\n", crawl->pages, crawl->failed);
    free(crawl->robots);
    strings_free(&crawl->seen);
    ahttp_semaphore_free(crawl->permits);
    ahttp_session_unref(crawl->session);
    return NULL;
}

int main(int argc, char **argv)
{
    crawl crawl = {.depth = 2, .at_once = 2};
    int option;

    while ((option = getopt(argc, argv, "d:m:p:")) != -1) {
        long value = optarg ? strtol(optarg, NULL, 10) : 0;
        *(option == 'd' ? &crawl.depth : option == 'm' ? &crawl.at_once : &crawl.pause_ms) = value;
    }
    crawl.start = argc - optind == 1 ? argv[optind] : NULL;
    crawl.origin = crawl.start ? ahttp_url_parse(crawl.start, NULL) : NULL;
    if (!crawl.origin || crawl.at_once < 1) {
        fprintf(stderr, "usage: %s [-d DEPTH] [-m AT_ONCE] [-p PAUSE_MS] URL\n", argv[0]);
        return 2;
    }
    int rc = ahttp_run(run, &crawl);
    ahttp_url_free(crawl.origin);
    return rc < 0 || crawl.failed > 0;
}
