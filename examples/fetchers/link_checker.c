/* SPDX-License-Identifier: MIT */
/* Checks all links of a page: by HEAD, or where a server will not have that, by GET.
   ./link_checker URL      The exit code is 1 if one leads nowhere. */
#include "web.h"
#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 16 };

typedef struct check {
    const char *page;
    ahttp_session *session;
    strings links;
    size_t next, good, bad;
} check;

/* The status, or 0 and why in failure. */
static int status_of(const check *check, const char *method, const char *url, char failure[256])
{
    ahttp_response *response =
        ahttp_await(ahttp_request(check->session, method, url, .redirects = AHTTP_REDIRECTS_FOLLOW,
                                  .timeout = {.total_ms = 20000}));
    int status = response ? ahttp_response_status(response) : 0;

    if (!response)
        snprintf(failure, 256, "%s", ahttp_task_error()->message);
    ahttp_response_unref(response);
    return status;
}

static void check_link(check *check, const char *url)
{
    char failure[256] = "";
    int status = status_of(check, "HEAD", url, failure);

    if (status == 405 || status == 501)
        status = status_of(check, "GET", url, failure);
    if (status > 0 && status < 400) {
        check->good++;
        return;
    }
    check->bad++;
    if (status)
        printf("%d %s\n", status, url);
    else
        printf("--- %s: %s\n", url, failure);
}

static void *work(void *arg)
{
    check *check = arg;

    while (check->next < check->links.count)
        check_link(check, check->links.items[check->next++]);
    return NULL;
}

static void *run(void *arg)
{
    check *check = arg;

    check->session = ahttp_session_new(.user_agent = "ahttp-links/1.0");
    ahttp_response *page = ahttp_await(
        ahttp_get(check->session, check->page, .raise_for_status = AHTTP_RAISE_FAILURES));
    const char *html = page ? ahttp_await(ahttp_response_text_as(page, NULL, true)) : NULL;
    if (!html) {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
        check->bad++;
    } else {
        check->links = web_links(ahttp_response_url(page), html);
        ahttp_group *group = ahttp_group_new();
        for (int i = 0; i < AT_ONCE; i++)
            ahttp_group_spawn(group, work, check);
        ahttp_group_await_end(group);
        printf("%zu links: %zu good, %zu bad\n", check->links.count, check->good, check->bad);
    }
    strings_free(&check->links);
    ahttp_response_unref(page);
    ahttp_session_unref(check->session);
    return NULL;
}

int main(int argc, char **argv)
{
    check check = {.page = argc == 2 ? argv[1] : NULL};

    if (!check.page) {
        fprintf(stderr, "usage: %s URL\n", argv[0]);
        return 2;
    }
    return ahttp_run(run, &check) < 0 || check.bad > 0;
}
