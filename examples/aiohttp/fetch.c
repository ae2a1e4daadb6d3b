/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *fetch(void *url)
{
    ahttp_session *session = ahttp_session_new();
    ahttp_response *page = ahttp_await(ahttp_get(session, url));

    if (!page) {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    } else {
        printf("Status: %d\n", ahttp_response_status(page));
        printf("Content-Type: %s\n", ahttp_response_header(page, "Content-Type"));
        const char *html = ahttp_await(ahttp_response_text(page));
        printf("Body: %.15s ...\n", html ? html : "");
    }
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch, argv[1]) < 0;
}
