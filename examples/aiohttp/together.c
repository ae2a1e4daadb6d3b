/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

enum { PAGES = 3 };

static void *fetch_all(void *url)
{
    ahttp_session *session = ahttp_session_new();
    ahttp_future *requests[PAGES];
    void *pages[PAGES] = {NULL};
    char number[8];

    for (int i = 0; i < PAGES; i++) {
        snprintf(number, sizeof number, "%d", i);
        requests[i] = ahttp_get(session, url, .params = AHTTP_PAIRS({"page", number}));
    }
    if (ahttp_await_status(ahttp_gather(PAGES, requests, pages)) < 0)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    for (int i = 0; i < PAGES; i++) {
        if (pages[i])
            printf("%d %s\n", ahttp_response_status(pages[i]),
                   ahttp_response_header(pages[i], "page"));
        ahttp_response_unref(pages[i]);
    }
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch_all, argv[1]) < 0;
}
