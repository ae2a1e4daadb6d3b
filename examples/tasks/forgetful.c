/* SPDX-License-Identifier: MIT */
#include <ahttp.h>

static void *parse(void *arg)
{
    return ahttp_fail(AHTTP_E_STATE, "line %d is no option", *(int *)arg);
}

static void *poll_server(void *arg)
{
    while (ahttp_await_status(ahttp_sleep(60000)) == 0)
        continue;
    return arg;
}

static void *forget_all(void *arg)
{
    int line = 7;

    (void)arg;
    ahttp_drop(ahttp_spawn_named(parse, &line, "parser"));
    ahttp_drop(ahttp_spawn_named(poll_server, NULL, "poll server"));
    ahttp_await(ahttp_sleep(10));
    return NULL;
}

int main(void)
{
    return ahttp_run(forget_all, NULL) < 0;
}
