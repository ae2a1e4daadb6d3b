/* SPDX-License-Identifier: MIT */
/* A look-up is answered by what is known at once, from the cache, or by a query that all who ask
   for the same name share. */
#include "dns/resolver.h"
#include "base/options.h"
#include "dns/query.h"
#include "loop/log.h"
#include <ahttp/base.h>

enum {
    CACHED_NAMES = 1000,
    CACHE_MS = 10000, /* of resolvers that programs make */
    DEFAULT_QUERY_TIMEOUT_MS = 2000,
    DEFAULT_TRIES = 3
};

/* ---- Life ---- */

static void shut(ahttp_resolver *resolver)
{
    if (resolver->closed)
        return;
    resolver->closed = true;
    ah_queries_close(resolver);
    ah_cache_release(&resolver->cache);
    ah_map_release(&resolver->queries);
}

static void close_guest(ah_guest *guest)
{
    shut(AH_CONTAINER(guest, ahttp_resolver, guest));
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* A copy of text at *to, which moves on; NULL of NULL. */
static const char *copy_text(char **to, const char *text)
{
    size_t size = size_of(text);
    char *copy = *to;

    if (!text)
        return NULL;
    *to += size;
    return memcpy(copy, text, size);
}

static ah_resolver_options with_defaults(const ah_resolver_options *given)
{
    ah_resolver_options options = *given;

    if (options.cache_ms < 0)
        options.cache_ms = INT64_MAX;
    if (!options.query_timeout_ms)
        options.query_timeout_ms = DEFAULT_QUERY_TIMEOUT_MS;
    if (!options.tries)
        options.tries = DEFAULT_TRIES;
    if (!options.resolv_conf)
        options.resolv_conf = "/etc/resolv.conf";
    if (!options.nsswitch)
        options.nsswitch = "/etc/nsswitch.conf";
    return options;
}

ahttp_resolver *ah_resolver_new(ahttp_loop *loop, const ah_resolver_options *given)
{
    ah_resolver_options options = with_defaults(given);
    ahttp_resolver *resolver =
        ah_alloc_zeroed(sizeof *resolver + size_of(options.servers) + size_of(options.resolv_conf) +
                        size_of(options.nsswitch));

    if (!resolver)
        return NULL;
    char *texts = resolver->texts;
    options.servers = copy_text(&texts, options.servers);
    options.resolv_conf = copy_text(&texts, options.resolv_conf);
    options.nsswitch = copy_text(&texts, options.nsswitch);
    resolver->options = options;
    resolver->loop = loop;
    resolver->refs = 1;
    ah_list_init(&resolver->running);
    ah_cache_init(&resolver->cache, CACHED_NAMES);
    resolver->guest = (ah_guest){.what = "resolver", .close = close_guest};
    ah_guest_enter(&resolver->guest, loop);
    return resolver;
}

ahttp_resolver *ahttp_resolver_ref(ahttp_resolver *resolver)
{
    resolver->refs++;
    return resolver;
}

void ahttp_resolver_unref(ahttp_resolver *resolver)
{
    if (!resolver)
        return;
    ah_guest_check_thread(&resolver->guest, "ahttp_resolver_unref");
    if (--resolver->refs > 0)
        return;
    if (resolver->wanted > 0)
        ah_misuse("ahttp_resolver_unref: look-ups that were not cancelled still use the resolver; "
                  "give up only references that you hold");
    shut(resolver);
    ah_guest_leave(&resolver->guest);
    if (resolver->options.free_ctx)
        resolver->options.free_ctx(resolver->options.ctx);
    ah_free(resolver);
}

ahttp_loop *ah_resolver_loop(const ahttp_resolver *resolver)
{
    return resolver->guest.loop;
}

/* ---- Look-ups ---- */

static ah_str make_key(const ahttp_resolver *resolver, char key[AH_KEY_SIZE], ah_str host,
                       uint16_t port, ahttp_family family)
{
    if (!resolver->options.lookup)
        port = 0;
    key[0] = (char)('0' + (int)family);
    key[1] = (char)(port >> 8);
    key[2] = (char)port;
    for (size_t i = 0; i < host.len; i++)
        key[AH_KEY_PREFIX + i] = ah_lower(host.ptr[i]);
    return ah_str_make(key, AH_KEY_PREFIX + host.len);
}

void ah_resolver_lookup(ahttp_resolver *resolver, ah_lookup *lookup, ah_str host, uint16_t port,
                        ahttp_family family, ah_lookup_fn *done)
{
    char key_text[AH_KEY_SIZE];
    ah_answer known;
    size_t turn;

    ah_lookup_begin(lookup, resolver->loop, port, family, done);
    if (ah_lookup_answer_known(lookup, host))
        return;
    if (resolver->closed) {
        ah_lookup_fail(lookup, ah_error_new(AHTTP_E_CLOSED, "resolve %.*s: the resolver was closed",
                                            (int)host.len, host.ptr));
        return;
    }
    ah_str key = make_key(resolver, key_text, host, port, family);
    if (ah_cache_find(&resolver->cache, key, ahttp_loop_now(resolver->loop), &known, &turn)) {
        lookup->was_cached = true;
        ah_lookup_give(lookup, &known, turn);
        return;
    }
    ah_query *query = ah_query_find(resolver, key);
    if (query)
        ah_query_join(query, lookup);
    else
        ah_query_begin(resolver, lookup, key);
}

void ahttp_resolver_forget(ahttp_resolver *resolver, const char *host)
{
    char key_text[AH_KEY_SIZE];
    ah_str name = ah_str_from(host);

    ah_guest_check_thread(&resolver->guest, "ahttp_resolver_forget");
    if (resolver->closed || name.len > AH_MAX_NAME)
        return;
    if (host) {
        ah_str key = make_key(resolver, key_text, name, 0, AHTTP_FAMILY_ANY);
        name = ah_str_slice(key, AH_KEY_PREFIX, key.len);
    }
    ah_cache_forget(&resolver->cache, name, AH_KEY_PREFIX);
}

/* ---- For programs ---- */

static void refuse_nonsense(const ahttp_resolver_options *options)
{
    bool about_servers = options->servers || options->query_timeout_ms || options->tries;
    bool about_system = options->system_resolver || options->no_system_resolver;

    if (options->cache_ms < AHTTP_NEVER || options->min_cache_ms < 0 ||
        options->query_timeout_ms < 0 || options->tries < 0)
        ah_misuse("ahttp_resolver_create: give times above 0 ms and tries above 0");
    if (options->lookup && (about_servers || about_system))
        ah_misuse("ahttp_resolver_create: with lookup nobody else is asked, so leave out servers, "
                  "query_timeout_ms, tries, system_resolver and no_system_resolver");
    if (options->system_resolver && (options->servers || options->no_system_resolver))
        ah_misuse("ahttp_resolver_create: set one of servers, system_resolver and "
                  "no_system_resolver");
}

ah_system_use ah_resolver_system_use(const char *servers, bool always, bool never)
{
    if (always)
        return AH_SYSTEM_ALWAYS;
    return servers || never ? AH_SYSTEM_NEVER : AH_SYSTEM_BY_RULE;
}

ahttp_resolver *ahttp_resolver_create(const ahttp_resolver_options *given)
{
    ahttp_resolver_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return ah_log_not_made(ahttp_loop_current(), "resolver", ah_options_error("options"));
    refuse_nonsense(&options);
    ahttp_loop *loop = options.loop ? options.loop : ahttp_loop_current();
    if (!loop)
        ah_misuse("ahttp_resolver_create: make a loop first; there is none on this thread");
    int64_t cache_ms = options.cache_ms ? options.cache_ms : CACHE_MS;
    const ah_resolver_options chosen = {
        .servers = options.servers,
        .cache_ms = cache_ms == AHTTP_NEVER ? 0 : cache_ms,
        .min_cache_ms = options.min_cache_ms,
        .query_timeout_ms = options.query_timeout_ms,
        .tries = options.tries,
        .system = ah_resolver_system_use(options.servers, options.system_resolver,
                                         options.no_system_resolver),
        .lookup = options.lookup,
        .ctx = options.ctx,
        .free_ctx = options.free_ctx,
    };
    ahttp_resolver *resolver = ah_resolver_new(loop, &chosen);
    return resolver ? resolver : ah_log_not_made(loop, "resolver", ah_error_no_memory());
}
