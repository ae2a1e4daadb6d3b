/* SPDX-License-Identifier: MIT */
/* Pictures by a pool of threads, each with a loop of its own, which takes the next URL whenever it
   has done one. */
#include "pictures.h"
#include <pthread.h>
#include <stdatomic.h>

enum { MOST_THREADS = 64 };

typedef struct pool {
    pictures *all;
    atomic_size_t next;
} pool;

static void *work(void *ctx)
{
    pool *pool = ctx;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();
    size_t at;

    while ((at = atomic_fetch_add(&pool->next, 1)) < pool->all->count)
        pictures_download(pool->all, session, pool->all->urls[at]);
    ahttp_session_unref(session);
    ahttp_loop_close(loop);
    return NULL;
}

static void download_all(pictures *all)
{
    pool pool = {.all = all};
    pthread_t threads[MOST_THREADS];
    size_t count = all->limit < all->count ? all->limit : all->count;
    size_t made = 0;

    while (made < count && made < MOST_THREADS &&
           pthread_create(&threads[made], NULL, work, &pool) == 0)
        made++;
    while (made-- > 0)
        pthread_join(threads[made], NULL);
}

int main(int argc, char **argv)
{
    return pictures_main(argc, argv, download_all);
}
