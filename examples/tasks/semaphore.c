/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static ahttp_semaphore *two;

static void *download(void *arg)
{
    if (ahttp_await_status(ahttp_semaphore_acquire(two)) < 0)
        return ahttp_fail_again();
    printf("%s begins\n", (const char *)arg);
    ahttp_await(ahttp_sleep(1000));
    printf("%s ends\n", (const char *)arg);
    ahttp_semaphore_release(two);
    return NULL;
}

static void *download_all(void *arg)
{
    static char *files[] = {"a.iso", "b.iso", "c.iso"};
    ahttp_future *downloads[3];

    (void)arg;
    two = ahttp_semaphore_new(2);
    for (int i = 0; i < 3; i++)
        downloads[i] = ahttp_spawn(download, files[i]);
    int rc = ahttp_await_status(ahttp_gather(3, downloads, NULL));
    ahttp_semaphore_free(two);
    return rc < 0 ? ahttp_fail_again() : NULL;
}

int main(void)
{
    return ahttp_run(download_all, NULL) < 0;
}
