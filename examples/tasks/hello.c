/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *say_hello(void *arg)
{
    printf("hello ...\n");
    ahttp_await(ahttp_sleep(1000));
    printf("... %s\n", (const char *)arg);
    return NULL;
}

int main(void)
{
    return ahttp_run(say_hello, "world") < 0;
}
