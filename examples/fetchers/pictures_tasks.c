/* SPDX-License-Identifier: MIT */
/* Pictures by tasks: each reads from top to bottom, like the sequential program, and a semaphore
   says how many go on at the same time. */
#include "pictures.h"

typedef struct fetching {
    pictures *all;
    ahttp_session *session;
    ahttp_semaphore *permits;
    size_t next;
} fetching;

static void *download_one(void *arg)
{
    fetching *fetching = arg;
    const char *url = fetching->all->urls[fetching->next++];

    if (ahttp_await_status(ahttp_semaphore_acquire(fetching->permits)) < 0)
        return NULL; /* cancelled, by Ctrl-C */
    pictures_download(fetching->all, fetching->session, url);
    ahttp_semaphore_release(fetching->permits);
    return NULL;
}

static void *run(void *arg)
{
    pictures *all = arg;
    fetching fetching = {
        .all = all, .session = ahttp_session_new(), .permits = ahttp_semaphore_new(all->limit)};
    ahttp_group *group = ahttp_group_new();

    for (size_t i = 0; i < all->count; i++)
        ahttp_group_spawn(group, download_one, &fetching);
    ahttp_group_await_end(group);
    ahttp_semaphore_free(fetching.permits);
    ahttp_session_unref(fetching.session);
    return NULL;
}

static void download_all(pictures *all)
{
    ahttp_run(run, all);
}

int main(int argc, char **argv)
{
    return pictures_main(argc, argv, download_all);
}
