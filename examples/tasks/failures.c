/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *read_token(void *arg)
{
    ahttp_await(ahttp_sleep(10));
    return ahttp_fail(AHTTP_E_STATE, "no token in %s", (const char *)arg);
}

static void *log_in(void *arg)
{
    const char *token = ahttp_await(ahttp_spawn(read_token, arg));

    if (!token)
        return ahttp_fail_again(); /* with the same error */
    printf("the token is %s\n", token);
    return NULL;
}

static void *start(void *arg)
{
    if (ahttp_await_status(ahttp_spawn(log_in, arg)) == AHTTP_E_STATE)
        printf("log in: %s\n", ahttp_task_error()->message);
    return NULL;
}

int main(void)
{
    return ahttp_run(start, "settings.ini") < 0;
}
