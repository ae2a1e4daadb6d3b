/* SPDX-License-Identifier: MIT */
/* Ctrl-C cancels the first task, and that what it waits for; all of them clean up.  With an
   argument the program presses Ctrl-C itself, after so many seconds.  In asyncio:

       try:
           await asyncio.gather(serve("a"), serve("b"), serve("c"))
       except asyncio.CancelledError:
           print("everybody has cleaned up")
           raise                                                                       */
#include <ahttp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void *serve(void *arg)
{
    const char *name = arg;
    int minutes = 0;

    printf("%s: serving\n", name);
    while (ahttp_await_status(ahttp_sleep(60000)) == 0)
        minutes++;
    ahttp_await_status(ahttp_sleep(100)); /* a cancel comes once; cleaning up may wait */
    printf("%s: cleaned up after %d min\n", name, minutes);
    return ahttp_fail_again();
}

static void press_ctrl_c(void *ctx)
{
    (void)ctx;
    raise(SIGINT);
}

static void *serve_all(void *arg)
{
    char **args = arg;
    ahttp_future *servers[] = {ahttp_spawn(serve, "a"), ahttp_spawn(serve, "b"),
                               ahttp_spawn(serve, "c")};

    if (args[1])
        ahttp_loop_call(ahttp_loop_current(), atoi(args[1]) * 1000, press_ctrl_c, NULL);
    if (ahttp_await_status(ahttp_gather(3, servers, NULL)) < 0) {
        printf("everybody has cleaned up\n");
        return ahttp_fail_again();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    (void)argc;
    int rc = ahttp_run(serve_all, argv);
    if (rc < 0)
        printf("%s\n", ahttp_error_text(rc));
    return rc == AHTTP_E_INTERRUPTED ? 130 : rc < 0;
}
