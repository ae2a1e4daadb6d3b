/* SPDX-License-Identifier: MIT */
/* The same without tasks, on a libuv loop that the program owns: every future also takes a
   callback.  ./03_callbacks URL */
#include <ahttp.h>
#include <stdio.h>
#include <uv.h>

static int failed = 1;

static void on_text(ahttp_future *future, void *response)
{
    const char *text = ahttp_future_take(future);

    puts(text ? text : ahttp_future_error(future)->message);
    failed = !text;
    ahttp_response_unref(response);
}

static void on_response(ahttp_future *future, void *unused)
{
    ahttp_response *response = ahttp_future_take(future);

    (void)unused;
    if (response)
        ahttp_then(ahttp_response_text(response), on_text, response);
    else
        puts(ahttp_future_error(future)->message);
}

int main(int argc, char **argv)
{
    uv_loop_t uv;
    uv_loop_init(&uv);
    ahttp_loop *loop = ahttp_loop_new(.uv = &uv);
    ahttp_session *session = ahttp_session_new(.loop = loop);

    ahttp_then(ahttp_get(session, argc > 1 ? argv[1] : "http://example.com/"), on_response, NULL);
    ahttp_session_unref(session); /* the request keeps it as long as it needs it */

    uv_run(&uv, UV_RUN_DEFAULT);
    ahttp_loop_close(loop);
    if (uv_loop_close(&uv) != 0)
        return 2;
    return failed;
}
