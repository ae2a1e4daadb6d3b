/* SPDX-License-Identifier: MIT */
/* A look-up is answered here (literals, localhost), from the cache, or by a query that all
   who ask for the same name share.  A query is one question per family.  It gives what it
   knows to its askers when all questions have ended, or some time after the first address
   came; then it takes no more askers, and what comes later only goes into the cache.  Nobody
   is called from here but through the ready queue. */
#include "dns/resolver.h"
#include "dns/cache.h"
#include "dns/channel.h"
#include "loop/timer.h"
#include <ahttp/base.h>

enum {
    CACHED_NAMES = 1000,
    CACHED_FAILURE_MS = 1000,
    SECOND_FAMILY_MS = 50, /* the resolution delay of RFC 8305 §3 */
    DEFAULT_QUERY_TIMEOUT_MS = 2000,
    DEFAULT_TRIES = 3,
    MAX_NAME = 254, /* RFC 1035 §2.3.4, with a final dot */
    KEY_SIZE = MAX_NAME + 1
};

struct ah_resolver {
    ahttp_loop *loop;
    ah_channel *channel; /* opened when there is something to ask */
    ah_channel_options options;
    int64_t cache_ms;
    ah_map queries; /* that take askers */
    ah_cache cache;
    size_t wanted; /* queries with askers */
    char texts[];  /* of the options */
};

typedef struct ah_query ah_query;

typedef struct leg {
    ah_question question;
    ah_query *query;
    int64_t expires_ms;
    bool asked;
} leg;

enum { LEG_V6, LEG_V4, LEGS };

struct ah_query {
    ah_map_node node;
    ah_resolver *resolver;
    ah_list askers;
    ah_timer second_family;
    leg legs[LEGS];
    size_t waiting_for; /* questions */
    bool takes_askers;
    char key[]; /* family and name */
};

/* A copy of text at *to, which moves on. */
static const char *copy_text(char **to, const char *text)
{
    size_t size = strlen(text) + 1;
    const char *copy = memcpy(*to, text, size);

    *to += size;
    return copy;
}

ah_resolver *ah_resolver_new(ahttp_loop *loop, const ah_resolver_options *options,
                             ahttp_error **error)
{
    const char *resolv_conf = options->resolv_conf ? options->resolv_conf : "/etc/resolv.conf";
    const char *servers = options->servers ? options->servers : "";
    ah_resolver *resolver =
        ah_alloc_zeroed(sizeof *resolver + strlen(resolv_conf) + 1 + strlen(servers) + 1);

    if (!resolver) {
        *error = ah_error_no_memory();
        return NULL;
    }
    char *texts = resolver->texts;
    resolver->loop = loop;
    resolver->cache_ms = options->cache_ms < 0 ? INT64_MAX : options->cache_ms;
    resolver->options = (ah_channel_options){
        .servers = options->servers ? copy_text(&texts, servers) : NULL,
        .query_timeout_ms =
            options->query_timeout_ms ? options->query_timeout_ms : DEFAULT_QUERY_TIMEOUT_MS,
        .tries = options->tries ? options->tries : DEFAULT_TRIES,
        .resolv_conf = copy_text(&texts, resolv_conf),
    };
    ah_cache_init(&resolver->cache, CACHED_NAMES);
    return resolver;
}

void ah_resolver_close(ah_resolver *resolver)
{
    if (resolver->wanted > 0)
        ah_misuse("ah_resolver_close: cancel the look-ups first");
    if (resolver->channel)
        ah_channel_close(resolver->channel);
    ah_cache_release(&resolver->cache);
    ah_map_release(&resolver->queries);
    ah_free(resolver);
}

static void run_lookup(ah_job *job)
{
    ah_lookup *lookup = AH_CONTAINER(job, ah_lookup, job);
    ah_address *addresses = lookup->answer;
    ahttp_error *error = lookup->error;

    lookup->answer = NULL;
    lookup->error = NULL;
    lookup->done(lookup, addresses, addresses ? lookup->count : 0, error);
    ah_free(addresses);
}

static void give_error(ah_lookup *lookup, ahttp_error *error)
{
    lookup->error = error;
    ah_loop_ready(lookup->loop, &lookup->job);
}

static void give(ah_lookup *lookup, const ah_answer *answer, size_t turn)
{
    if (answer->error) {
        give_error(lookup, ah_error_copy(answer->error));
        return;
    }
    lookup->answer = ah_answer_list(answer, turn, lookup->port);
    lookup->count = answer->v6_count + answer->v4_count;
    if (!lookup->answer)
        lookup->error = ah_error_no_memory();
    ah_loop_ready(lookup->loop, &lookup->job);
}

/* One more or less query has askers. */
static void count_wanted(ah_resolver *resolver, bool more)
{
    if (more)
        resolver->wanted++;
    else
        resolver->wanted--;
    if (resolver->channel)
        ah_channel_set_background(resolver->channel, resolver->wanted == 0);
}

static void join(ah_query *query, ah_lookup *lookup)
{
    if (ah_list_is_empty(&query->askers))
        count_wanted(query->resolver, true);
    lookup->query = query;
    ah_list_append(&query->askers, &lookup->link);
}

/* The loop need not wait for a query that nobody wants any more. */
static void leave(ah_lookup *lookup)
{
    ah_query *query = lookup->query;

    lookup->query = NULL;
    ah_link_remove(&lookup->link);
    if (ah_list_is_empty(&query->askers)) {
        ah_timer_stop(query->resolver->loop, &query->second_family);
        count_wanted(query->resolver, false);
    }
}

void ah_lookup_cancel(ah_lookup *lookup)
{
    if (lookup->query)
        leave(lookup);
    ah_link_remove(&lookup->job.link);
    ah_free(lookup->answer);
    ah_error_free(lookup->error);
    lookup->answer = NULL;
    lookup->error = NULL;
}

static int64_t min_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Why there is no address: a server that did not say weighs more than one that said no. */
static const ah_question *failure_of(const ah_query *query)
{
    const ah_question *v6 = &query->legs[LEG_V6].question;
    const ah_question *v4 = &query->legs[LEG_V4].question;

    if (!query->legs[LEG_V4].asked)
        return v6;
    if (!query->legs[LEG_V6].asked || ah_question_is_denied(v6))
        return v4;
    return ah_question_is_denied(v4) ? v6 : v4;
}

static int64_t expiry_of(const ah_query *query, const ah_answer *answer, int64_t now_ms)
{
    int64_t expires_ms = INT64_MAX;

    if (answer->error) {
        bool denied = ah_question_is_denied(failure_of(query));
        return denied ? now_ms + min_ms(CACHED_FAILURE_MS, query->resolver->cache_ms) : now_ms;
    }
    for (int i = 0; i < LEGS; i++)
        if (query->legs[i].question.count > 0)
            expires_ms = min_ms(expires_ms, query->legs[i].expires_ms);
    return expires_ms;
}

static ah_str host_of(const ah_query *query)
{
    return ah_str_slice(query->node.key, 1, query->node.key.len);
}

/* What is known so far to the askers and into the cache. */
static void answer_askers(ah_query *query)
{
    ah_resolver *resolver = query->resolver;
    const ah_question *v6 = &query->legs[LEG_V6].question;
    const ah_question *v4 = &query->legs[LEG_V4].question;
    int64_t now_ms = ahttp_loop_now(resolver->loop);
    ah_answer answer = {v6->addresses, v6->count, v4->addresses, v4->count, NULL};
    ahttp_error *error = NULL;

    if (v6->count + v4->count == 0)
        answer.error = error = ah_question_error(failure_of(query), host_of(query));
    ah_cache_put(&resolver->cache, query->node.key, &answer, now_ms,
                 expiry_of(query, &answer, now_ms));
    if (query->takes_askers)
        ah_map_remove(&resolver->queries, &query->node);
    query->takes_askers = false;
    ah_timer_stop(resolver->loop, &query->second_family);
    while (!ah_list_is_empty(&query->askers)) {
        ah_lookup *lookup = AH_CONTAINER(ah_list_first(&query->askers), ah_lookup, link);
        leave(lookup);
        give(lookup, &answer, 0);
    }
    ah_error_free(error);
}

static void end_query(ah_query *query)
{
    answer_askers(query);
    for (int i = 0; i < LEGS; i++)
        ah_free(query->legs[i].question.addresses);
    ah_free(query);
}

static void second_family_is_late(ah_timer *timer)
{
    answer_askers(AH_CONTAINER(timer, ah_query, second_family));
}

/* With addresses of one family, the other gets a little more time. */
static void limit_waiting(ah_query *query)
{
    bool has_addresses =
        query->legs[LEG_V6].question.count + query->legs[LEG_V4].question.count > 0;

    if (has_addresses && !ah_list_is_empty(&query->askers) &&
        !ah_timer_is_armed(&query->second_family))
        ah_timer_start(query->resolver->loop, &query->second_family, SECOND_FAMILY_MS);
}

static void question_ended(ah_question *question)
{
    leg *ended = AH_CONTAINER(question, leg, question);
    ah_query *query = ended->query;
    ah_resolver *resolver = query->resolver;

    ended->expires_ms =
        ahttp_loop_now(resolver->loop) + min_ms(question->ttl_ms, resolver->cache_ms);
    query->waiting_for--;
    if (query->waiting_for == 0)
        end_query(query);
    else
        limit_waiting(query);
}

static ah_query *new_query(ah_resolver *resolver, ah_str key)
{
    ah_query *query = ah_alloc_zeroed(sizeof *query + key.len + 1);

    if (!query)
        return NULL;
    memcpy(query->key, key.ptr, key.len);
    if (!ah_map_add(&resolver->queries, &query->node, ah_str_make(query->key, key.len))) {
        ah_free(query);
        return NULL;
    }
    query->resolver = resolver;
    query->takes_askers = true;
    query->second_family.fire = second_family_is_late;
    ah_list_init(&query->askers);
    for (int i = 0; i < LEGS; i++) {
        query->legs[i].query = query;
        query->legs[i].question.ended = question_ended;
    }
    return query;
}

/* The query may have ended when this returns: c-ares knows some answers at once. */
static void ask(ah_query *query, ah_family family)
{
    ah_channel *channel = query->resolver->channel;
    leg *v6 = &query->legs[LEG_V6];
    leg *v4 = &query->legs[LEG_V4];
    bool ask_v4 = family != AH_FAMILY_V6;

    v6->asked = family != AH_FAMILY_V4;
    v4->asked = ask_v4;
    query->waiting_for = (size_t)v6->asked + (size_t)v4->asked;
    if (v6->asked)
        ah_channel_ask(channel, &v6->question, query->key + 1, AF_INET6);
    if (ask_v4)
        ah_channel_ask(channel, &v4->question, query->key + 1, AF_INET);
}

/* A channel that knows the configuration as it is now; false with *error set. */
static bool open_channel(ah_resolver *resolver, ahttp_error **error)
{
    if (resolver->channel && ah_channel_is_outdated(resolver->channel)) {
        ah_channel_close(resolver->channel);
        resolver->channel = NULL;
    }
    if (!resolver->channel)
        resolver->channel = ah_channel_open(resolver->loop, &resolver->options, error);
    return resolver->channel != NULL;
}

static void start_query(ah_resolver *resolver, ah_lookup *lookup, ah_str key)
{
    ahttp_error *error = NULL;

    if (!open_channel(resolver, &error)) {
        give_error(lookup, error);
        return;
    }
    ah_query *query = new_query(resolver, key);
    if (!query) {
        give_error(lookup, ah_error_no_memory());
        return;
    }
    join(query, lookup);
    ask(query, lookup->family);
}

/* RFC 6761 §6.3: these names are never asked for. */
static bool is_localhost(ah_str host)
{
    const ah_str name = AH_STR("localhost");

    if (ah_str_ends_with(host, AH_STR(".")))
        host.len--;
    if (host.len > name.len && host.ptr[host.len - name.len - 1] == '.')
        host = ah_str_slice(host, host.len - name.len, name.len);
    return ah_str_equal_nocase(host, name);
}

/* The answer from these, of which only the wanted family counts. */
static void give_known(ah_lookup *lookup, ah_str host, const ah_address *v6, const ah_address *v4)
{
    ah_answer answer = {
        .v6 = v6,
        .v6_count = v6 && lookup->family != AH_FAMILY_V4,
        .v4 = v4,
        .v4_count = v4 && lookup->family != AH_FAMILY_V6,
    };

    if (answer.v6_count + answer.v4_count > 0)
        give(lookup, &answer, 0);
    else
        give_error(lookup, ah_error_new(AHTTP_E_DNS, "resolve %.*s: not an %s address",
                                        (int)host.len, host.ptr, v6 ? "IPv4" : "IPv6"));
}

/* Whether host is something that no server is to be asked about. */
static bool answer_here(ah_lookup *lookup, ah_str host)
{
    ah_address v6;
    ah_address v4;

    if (ah_address_parse(host, 0, &v4)) {
        bool is_v6 = v4.any.sa_family == AF_INET6;
        give_known(lookup, host, is_v6 ? &v4 : NULL, is_v6 ? NULL : &v4);
    } else if (is_localhost(host)) {
        ah_address_parse(AH_STR("::1"), 0, &v6);
        ah_address_parse(AH_STR("127.0.0.1"), 0, &v4);
        give_known(lookup, host, &v6, &v4);
    } else if (ah_address_looks_numeric(host) || ah_str_find(host, ':') < host.len) {
        give_error(lookup, ah_error_new(AHTTP_E_DNS, "resolve %.*s: neither an address nor a name",
                                        (int)host.len, host.ptr));
    } else if (host.len == 0 || host.len > MAX_NAME || ah_str_find(host, '\0') < host.len) {
        give_error(lookup, ah_error_new(AHTTP_E_DNS, "resolve host: not a name of 1 to %d bytes",
                                        MAX_NAME));
    } else {
        return false;
    }
    return true;
}

static ah_str make_key(char key[KEY_SIZE], ah_str host, ah_family family)
{
    key[0] = (char)('0' + (int)family);
    for (size_t i = 0; i < host.len; i++)
        key[1 + i] = ah_lower(host.ptr[i]);
    return ah_str_make(key, 1 + host.len);
}

void ah_resolver_lookup(ah_resolver *resolver, ah_lookup *lookup, ah_str host, uint16_t port,
                        ah_family family, ah_lookup_fn *done)
{
    char key_text[KEY_SIZE];
    ah_answer known;
    size_t turn;

    lookup->loop = resolver->loop;
    lookup->done = done;
    lookup->job.run = run_lookup;
    lookup->port = port;
    lookup->family = family;
    if (answer_here(lookup, host))
        return;
    ah_str key = make_key(key_text, host, family);
    if (ah_cache_find(&resolver->cache, key, ahttp_loop_now(resolver->loop), &known, &turn)) {
        give(lookup, &known, turn);
        return;
    }
    ah_map_node *node = ah_map_find(&resolver->queries, key);
    if (!node) {
        start_query(resolver, lookup, key);
        return;
    }
    ah_query *query = AH_CONTAINER(node, ah_query, node);
    join(query, lookup);
    limit_waiting(query);
}
