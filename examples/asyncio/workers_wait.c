/* SPDX-License-Identifier: MIT */
/* Three workers, waited for in rounds; in asyncio:

       pending = [asyncio.create_task(work(s)) for s in (1, 2, 4)]
       while pending:
           done, pending = await asyncio.wait(pending, return_when=FIRST_COMPLETED)
           print(f"after {loop.time() - began:.0f} s: {len(done)} done, "
                 f"{len(pending)} pending")                                            */
#include <ahttp.h>
#include <stdio.h>

static void *work(void *arg)
{
    int *seconds = arg;

    ahttp_await_status(ahttp_sleep(*seconds * 1000));
    return seconds;
}

static void *in_rounds(void *arg)
{
    int times[] = {1, 2, 4};
    ahttp_future *pending[3];
    size_t count = 0;
    ahttp_loop *loop = ahttp_loop_current();
    int64_t began_ms = ahttp_loop_now(loop);

    (void)arg;
    for (; count < 3; count++)
        pending[count] = ahttp_spawn(work, &times[count]);
    while (count > 0) {
        ahttp_await_status(ahttp_wait(count, pending, AHTTP_FIRST_DONE, AHTTP_NEVER));
        size_t done = ahttp_done_first(count, pending);
        printf("after %.0f s: %zu done, %zu pending\n",
               (double)(ahttp_loop_now(loop) - began_ms) / 1000, done, count - done);
        for (size_t i = 0; i < done; i++)
            ahttp_await(pending[i]); /* each is handed in, which does not wait any more */
        count -= done;
        for (size_t i = 0; i < count; i++)
            pending[i] = pending[i + done];
    }
    return NULL;
}

int main(void)
{
    return ahttp_run(in_rounds, NULL) < 0;
}
