/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *copy_files(void *arg)
{
    int copied = 0;

    while (copied < 100 && ahttp_await_status(ahttp_sleep(1000)) == 0)
        copied++;
    if (copied == 100)
        return arg;
    printf("cancelled: removing %d copies\n", copied);
    ahttp_await(ahttp_sleep(500)); /* cleaning up may wait */
    return ahttp_fail_again();
}

static void *change_mind(void *arg)
{
    ahttp_future *copying = ahttp_spawn(copy_files, arg);

    ahttp_await(ahttp_sleep(3500));
    ahttp_future_cancel(copying);
    printf("it ended: %s\n", ahttp_error_text(ahttp_await_status(copying)));
    return NULL;
}

int main(void)
{
    return ahttp_run(change_mind, NULL) < 0;
}
