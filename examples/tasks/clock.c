/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

/* What is to be tested: tries again after 1, 2, 4, 8 ... s, at most so many times. */
static void *try_again(void *arg)
{
    int tries = *(int *)arg;

    for (int delay_ms = 1000; tries > 0; delay_ms *= 2, tries--)
        if (ahttp_await_status(ahttp_sleep(delay_ms)) < 0)
            return ahttp_fail_again();
    return ahttp_fail(AHTTP_E_CONNECT, "gave up");
}

int main(void)
{
    int tries = 20;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);

    /* Outside of tasks, await runs the loop. */
    int rc = ahttp_await_status(ahttp_spawn(try_again, &tries));
    int64_t hours = ahttp_loop_now(loop) / 3600000;
    printf("%s after %d h\n", ahttp_error_text(rc), (int)hours);
    ahttp_loop_close(loop);
    return 0;
}
