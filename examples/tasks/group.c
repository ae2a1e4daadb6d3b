/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void *fetch(void *arg)
{
    const char *page = arg;
    int rc = ahttp_await_status(ahttp_sleep(page[0] == 'b' ? 100 : 1000));

    if (rc == AHTTP_E_CANCELLED) {
        printf("%s: cancelled\n", page);
        return ahttp_fail_again();
    }
    if (page[0] == 'b')
        return ahttp_fail(AHTTP_E_STATUS, "%s: 404 Not Found", page);
    printf("%s: fetched\n", page);
    return NULL;
}

static void *fetch_all(void *arg)
{
    static char *pages[] = {"a.html", "b.html", "c.html"};
    ahttp_group *group = ahttp_group_new();

    (void)arg;
    for (int i = 0; i < 3; i++)
        ahttp_group_spawn(group, fetch, pages[i]);
    if (ahttp_group_await_end(group) < 0)
        printf("the group failed: %s\n", ahttp_task_error()->message);
    return NULL;
}

int main(void)
{
    return ahttp_run(fetch_all, NULL) < 0;
}
