/* SPDX-License-Identifier: MIT */
/* One page, one wait after the other: ./01_get http://127.0.0.1:8080/get */
#include <ahttp.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "http://example.com/";
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new(.loop = loop);
    int failed = 1;

    /* Outside of a task, waiting runs the loop. */
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;
    if (text) {
        printf("%d %s\n\n%s\n", ahttp_response_status(response), ahttp_response_reason(response),
               text);
        failed = !ahttp_response_ok(response);
    } else {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    }
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    ahttp_loop_close(loop);
    return failed;
}
