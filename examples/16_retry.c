/* SPDX-License-Identifier: MIT */
/* A page from a server that may be busy: ./16_retry URL...
   What says "later", and connections that break, are tried again, five times in all. */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

static void *fetch(void *arg)
{
    ahttp_retry *retry = ahttp_retry_new(.attempts = 5, .first_wait_ms = 100);
    ahttp_session *session =
        ahttp_session_new(.middlewares = AHTTP_MIDDLEWARES(ahttp_retry_middleware(retry)),
                          .timeout = {.total_ms = 30000});

    for (char **url = arg; *url; url++) {
        ahttp_response *page = ahttp_await(ahttp_get(session, *url));
        const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;
        if (text)
            printf("%s: %d, %zu bytes\n", *url, ahttp_response_status(page), strlen(text));
        else
            printf("%s\n", ahttp_task_error()->message);
        ahttp_response_unref(page);
    }
    printf("%u requests were sent once more\n", (unsigned)ahttp_retry_count(retry));
    ahttp_session_unref(session);
    ahttp_retry_free(retry);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch, argv + 1) < 0;
}
