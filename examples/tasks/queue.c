/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static ahttp_queue *jobs;

static void *work(void *arg)
{
    int *seconds;

    while ((seconds = ahttp_await(ahttp_queue_get(jobs)))) {
        ahttp_await(ahttp_sleep(*seconds * 1000));
        printf("%s did a job of %d s\n", (const char *)arg, *seconds);
        ahttp_queue_task_done(jobs);
    }
    return NULL; /* the queue was shut down */
}

static void *share(void *arg)
{
    int seconds[] = {3, 1, 1, 2, 1};
    ahttp_group *workers = ahttp_group_new();

    (void)arg;
    jobs = ahttp_queue_new(0, NULL);
    ahttp_group_spawn(workers, work, "ann");
    ahttp_group_spawn(workers, work, "bob");
    for (int i = 0; i < 5; i++)
        ahttp_queue_try_put(jobs, &seconds[i]);
    ahttp_await(ahttp_queue_join(jobs));
    ahttp_queue_shutdown(jobs);
    int rc = ahttp_group_await_end(workers);
    ahttp_queue_free(jobs);
    return rc < 0 ? ahttp_fail_again() : NULL;
}

int main(void)
{
    return ahttp_run(share, NULL) < 0;
}
