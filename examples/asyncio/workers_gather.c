/* SPDX-License-Identifier: MIT */
/* Three workers at the same time; in asyncio:

       async def main():
           began = loop.time()
           slept = await asyncio.gather(work(1), work(2), work(4))
           print(f"all of {slept} ended after {loop.time() - began:.0f} s")            */
#include <ahttp.h>
#include <stdio.h>

static void *work(void *arg)
{
    int *seconds = arg;

    printf("sleeping for %d s\n", *seconds);
    ahttp_await_status(ahttp_sleep(*seconds * 1000));
    printf("slept for %d s\n", *seconds);
    return seconds;
}

static void *all(void *arg)
{
    int times[] = {1, 2, 4};
    ahttp_future *workers[3];
    void *slept[3];
    int64_t began_ms = ahttp_loop_now(ahttp_loop_current());

    (void)arg;
    for (int i = 0; i < 3; i++)
        workers[i] = ahttp_spawn(work, &times[i]);
    if (ahttp_await_status(ahttp_gather(3, workers, slept)) < 0)
        return ahttp_fail_again();
    int64_t took_ms = ahttp_loop_now(ahttp_loop_current()) - began_ms;
    printf("all of [%d, %d, %d] ended after %.0f s\n", *(int *)slept[0], *(int *)slept[1],
           *(int *)slept[2], (double)took_ms / 1000);
    return NULL;
}

int main(void)
{
    return ahttp_run(all, NULL) < 0;
}
