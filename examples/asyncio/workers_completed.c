/* SPDX-License-Identifier: MIT */
/* Three workers, one after the other as they end; in asyncio:

       for done in asyncio.as_completed([work(4), work(1), work(2)]):
           print(f"{await done} after {loop.time() - began:.0f} s")                    */
#include <ahttp.h>
#include <stdio.h>

typedef struct worker {
    const char *name;
    int seconds;
} worker;

static void *work(void *arg)
{
    worker *self = arg;

    ahttp_await_status(ahttp_sleep(self->seconds * 1000));
    return self;
}

static void *as_they_end(void *arg)
{
    worker workers[] = {{"slow", 4}, {"fast", 1}, {"middle", 2}};
    ahttp_future *futures[3], *done;
    ahttp_loop *loop = ahttp_loop_current();
    int64_t began_ms = ahttp_loop_now(loop);

    (void)arg;
    for (int i = 0; i < 3; i++)
        futures[i] = ahttp_spawn(work, &workers[i]);

    ahttp_completion *each = ahttp_as_completed(3, futures, AHTTP_NEVER);
    while ((done = ahttp_await(ahttp_completion_next(each)))) {
        worker *ended = ahttp_await(done);
        printf("%s after %.0f s\n", ended->name, (double)(ahttp_loop_now(loop) - began_ms) / 1000);
    }
    ahttp_completion_end(each);
    return NULL;
}

int main(void)
{
    return ahttp_run(as_they_end, NULL) < 0;
}
