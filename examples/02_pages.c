/* SPDX-License-Identifier: MIT */
/* Several pages at the same time: ./02_pages URL...
   The requests start as soon as they are made; the task waits for one after the other. */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 64 };
static int failures;

static void *pages(void *arg)
{
    char **urls = arg;
    ahttp_session *session = ahttp_session_new(.user_agent = "pages/1.0");
    ahttp_future *requests[MOST];
    int count = 0;

    for (; count < MOST && urls[count]; count++)
        requests[count] = ahttp_get(session, urls[count], .timeout = {.total_ms = 5000});

    for (int i = 0; i < count; i++) {
        ahttp_response *page = ahttp_await(requests[i]);
        const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;
        if (text) {
            printf("%s: %d, %zu bytes\n", urls[i], ahttp_response_status(page), strlen(text));
        } else {
            printf("%s\n", ahttp_task_error()->message);
            failures++;
        }
        ahttp_response_unref(page);
    }
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    return ahttp_run(pages, argv + 1) < 0 || failures > 0;
}
