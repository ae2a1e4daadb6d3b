/* SPDX-License-Identifier: MIT */
/* A jar that asks a store of the program. */
#include "base/mem.h"
#include "base/options.h"
#include "client/cookie_jar.h"
#include "cookies/jar.h"
#include "loop/log.h"

typedef struct store_jar {
    ahttp_cookie_jar base;
    ahttp_cookie_store store;
} store_jar;

static ahttp_cookie_store *store_of(ahttp_cookie_jar *jar)
{
    return &AH_CONTAINER(jar, store_jar, base)->store;
}

static const char *set(ahttp_cookie_jar *jar, const ah_url *url, const ah_set_cookie *said,
                       int64_t now)
{
    const ahttp_cookie_store *store = store_of(jar);
    const char *why = AH_JAR_NO_MEMORY;
    ah_arena arena = {0};
    ahttp_cookie cookie;

    if (ah_set_cookie_show(said, &arena, now, &cookie))
        why = store->set(url->safe.ptr, &cookie, store->ctx);
    ah_arena_release(&arena);
    return why;
}

static const char *restore(ahttp_cookie_jar *jar, const ahttp_cookie *cookie, int64_t now)
{
    const ahttp_cookie_store *store = store_of(jar);

    if (cookie->expires != 0 && cookie->expires <= now)
        return NULL;
    return store->set(NULL, cookie, store->ctx);
}

static void find(ahttp_cookie_jar *jar, const ah_url *url, int64_t now, ahttp_cookie_fn *fn,
                 void *ctx)
{
    const ahttp_cookie_store *store = store_of(jar);

    (void)now;
    store->find(url->safe.ptr, fn, ctx, store->ctx);
}

static void each(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    const ahttp_cookie_store *store = store_of(jar);

    (void)now;
    store->each(fn, ctx, store->ctx);
}

static size_t remove_some(ahttp_cookie_jar *jar, int64_t now, ahttp_cookie_fn *which, void *ctx)
{
    const ahttp_cookie_store *store = store_of(jar);

    (void)now;
    return store->remove(which, ctx, store->ctx);
}

static void free_jar(ahttp_cookie_jar *jar)
{
    const ahttp_cookie_store *store = store_of(jar);

    if (store->free_ctx)
        store->free_ctx(store->ctx);
    ah_free(AH_CONTAINER(jar, store_jar, base));
}

ahttp_cookie_jar *ahttp_cookie_jar_from_store(const ahttp_cookie_store *given)
{
    static const ah_cookie_jar_type type = {set, restore, find, each, remove_some, free_jar};
    ahttp_cookie_store store;

    if (!given || !ah_options_load(&store, sizeof store, given) || !store.set || !store.find ||
        !store.each || !store.remove)
        return ah_log_not_made(ahttp_loop_current(), "cookie jar",
                               ah_error_new(AHTTP_E_ARGUMENT,
                                            "store: its size is not set, it asks for what this "
                                            "library does not know, or it lacks a function"));
    store_jar *own = AH_NEW(store_jar);
    if (!own)
        return ah_log_not_made(ahttp_loop_current(), "cookie jar", ah_error_no_memory());
    own->base = (ahttp_cookie_jar){.type = &type, .refs = 1};
    own->store = store;
    return &own->base;
}
