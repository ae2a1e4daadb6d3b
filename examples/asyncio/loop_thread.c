/* SPDX-License-Identifier: MIT */
/* A loop on another thread that is given work by this one; in asyncio:

       loop = asyncio.new_event_loop()
       threading.Thread(target=loop.run_forever).start()
       future = asyncio.run_coroutine_threadsafe(square(7), loop)
       print(future.result(timeout=60))                                                */
#include <ahttp.h>
#include <stdio.h>

static void *square(void *arg)
{
    int *number = arg;

    ahttp_await_status(ahttp_sleep(*number * 100));
    *number *= *number;
    return number;
}

static void *wait_for_nothing(void *arg)
{
    ahttp_event *never = ahttp_event_new();
    int rc = ahttp_await_status(ahttp_event_wait(never));

    ahttp_event_free(never);
    printf("in the loop's thread: %s\n", ahttp_error_text(rc));
    return rc < 0 ? ahttp_fail_again() : arg;
}

int main(void)
{
    int numbers[] = {7, 3, 5};
    ahttp_remote *remotes[3];
    ahttp_loop_thread *thread = ahttp_loop_thread_start();

    if (!thread)
        return 1;
    ahttp_loop *loop = ahttp_loop_thread_loop(thread);
    for (int i = 0; i < 3; i++)
        remotes[i] = ahttp_submit(loop, square, &numbers[i]);
    for (int i = 0; i < 3; i++) {
        void *result;
        if (ahttp_remote_wait(remotes[i], 60000, &result) == 0)
            printf("the task returned %d\n", *(int *)result);
        ahttp_remote_free(remotes[i]);
    }
    ahttp_remote *endless = ahttp_submit(loop, wait_for_nothing, NULL);
    if (ahttp_remote_wait(endless, 10, NULL) == AHTTP_E_TIMEOUT)
        printf("the task took too long, cancelling it\n");
    ahttp_remote_cancel(endless);
    printf("it ended: %s\n", ahttp_error_text(ahttp_remote_wait(endless, AHTTP_NEVER, NULL)));
    ahttp_remote_free(endless);
    ahttp_loop_thread_stop(thread);
    return 0;
}
