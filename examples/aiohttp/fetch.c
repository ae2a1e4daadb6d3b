/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *fetch(void *url)
{
    ahttp_session *session = ahttp_session_new();
    ahttp_response *page = ahttp_await(ahttp_get(session, url));
    const char *html = NULL;

    if (page) {
        const char *type = ahttp_response_header(page, "Content-Type");
        printf("Status: %d\n", ahttp_response_status(page));
        printf("Content-Type: %s\n", type ? type : "unknown");
        html = ahttp_await(ahttp_response_text(page));
    }
    if (html)
        printf("Body: %.15s ...\n", html);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return html ? NULL : ahttp_fail_again();
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch, argv[1]) < 0;
}
