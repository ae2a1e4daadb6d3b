/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

/* 0, or the code of the await that failed. */
static int fetch_pages(int count)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < count; i++)
        rc = ahttp_await_status(ahttp_sleep(400));
    return rc;
}

static void *hurry(void *arg)
{
    (void)arg;

    /* One future ... */
    int rc = ahttp_await_status(ahttp_within(100, ahttp_sleep(400)));
    printf("one: %s\n", rc == 0 ? "in time" : ahttp_task_error()->message);

    /* ... or all that is done between two lines. */
    ahttp_scope *scope = ahttp_scope_begin(1000);
    rc = ahttp_scope_end(scope, fetch_pages(2));
    printf("two: %s\n", rc == 0 ? "in time" : ahttp_task_error()->message);

    scope = ahttp_scope_begin(1000);
    rc = ahttp_scope_end(scope, fetch_pages(3));
    printf("three: %s\n", rc == 0 ? "in time" : ahttp_task_error()->message);
    return NULL;
}

int main(void)
{
    return ahttp_run(hurry, NULL) < 0;
}
