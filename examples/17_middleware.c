/* SPDX-License-Identifier: MIT */
/* Two middlewares of one's own: ./17_middleware URL
   One adds a header and sends on; the other is a task, and says how long each hop took. */
#include <ahttp.h>
#include <stdio.h>

static ahttp_future *sign(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_outgoing_set_header(request, "X-Signature", ctx);
    return ahttp_next_send(next);
}

static ahttp_response *measure(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    int64_t start = ahttp_loop_now(ahttp_loop_current());
    ahttp_response *response = ahttp_await(ahttp_next_send(next));

    (void)ctx;
    if (!response)
        return ahttp_fail_again();
    fprintf(stderr, "%s %s: %d after %d ms\n", ahttp_outgoing_method(request),
            ahttp_outgoing_url(request), ahttp_response_status(response),
            (int)(ahttp_loop_now(ahttp_loop_current()) - start));
    return response;
}

static void *fetch(void *url)
{
    ahttp_session *session =
        ahttp_session_new(.middlewares =
                              AHTTP_MIDDLEWARES({NULL, measure, NULL}, {sign, NULL, "0123abcd"}));
    ahttp_response *page = ahttp_await(ahttp_get(session, url));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;

    if (text)
        printf("%s\n", text);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return text ? NULL : ahttp_fail_again();
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch, argv[1]) < 0;
}
