/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void set_result(void *ctx)
{
    ahttp_promise_resolve(ctx, "... world", NULL);
}

static void *wait_for_it(void *arg)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)arg;
    ahttp_loop_call(ahttp_loop_current(), 1000, set_result, promise);
    printf("hello ...\n");
    const char *text = ahttp_await(future);
    printf("%s\n", text);
    return NULL;
}

int main(void)
{
    return ahttp_run(wait_for_it, NULL) < 0;
}
