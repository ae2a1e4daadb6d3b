/* SPDX-License-Identifier: MIT */
#include "dns/query.h"
#include "base/later.h"
#include "dns/addresses.h"
#include "dns/program_call.h"
#include "loop/getaddrinfo.h"
#include "loop/timer.h"
#include <ahttp/base.h>

enum {
    CACHED_FAILURE_MS = 1000,
    SYSTEM_TTL_MS = 10000, /* of the system's answers, which have none */
    SECOND_FAMILY_MS = 50  /* the resolution delay of RFC 8305 §3 */
};

/* Of what the program answers: the longest that a record may have. */
static const int64_t longest_ttl_ms = (int64_t)INT32_MAX * 1000;

typedef struct leg {
    ah_question question; /* its addresses are the answer, whoever gave it */
    ah_query *query;
    int64_t expires_ms;
    bool asked;
} leg;

enum { LEG_V6, LEG_V4, LEGS };

struct ah_query {
    ah_map_node node; /* in the resolver's queries while it takes askers */
    ah_link link;     /* in all of the resolver's */
    ahttp_resolver *resolver;
    ah_list askers;
    ah_timer second_family;
    leg legs[LEGS];
    size_t waiting_for; /* questions */
    ah_getaddrinfo *system;
    ah_program_call *program;
    ahttp_error *error; /* why there is no address, if not for what c-ares said */
    bool is_denied;     /* that error: there is no such name */
    bool may_ask_system;
    bool takes_askers;
    char key[];
};

static const char *name_of(const ah_query *query)
{
    return query->key + AH_KEY_PREFIX;
}

static ahttp_family family_of(const ah_query *query)
{
    const leg *legs = query->legs;

    if (legs[LEG_V6].asked && legs[LEG_V4].asked)
        return AHTTP_FAMILY_ANY;
    return legs[LEG_V6].asked ? AHTTP_FAMILY_IPV6 : AHTTP_FAMILY_IPV4;
}

static bool has_addresses(const ah_query *query)
{
    return query->legs[LEG_V6].question.count + query->legs[LEG_V4].question.count > 0;
}

/* ---- Askers ---- */

/* One more or less query has askers. */
static void count_wanted(ahttp_resolver *resolver, bool more)
{
    if (more)
        resolver->wanted++;
    else
        resolver->wanted--;
    if (resolver->channel)
        ah_channel_set_background(resolver->channel, resolver->wanted == 0);
}

/* With addresses of one family, the other gets a little more time. */
static void limit_waiting(ah_query *query)
{
    if (has_addresses(query) && !ah_list_is_empty(&query->askers) &&
        !ah_timer_is_armed(&query->second_family))
        ah_timer_start(query->resolver->loop, &query->second_family, SECOND_FAMILY_MS);
}

void ah_query_join(ah_query *query, ah_lookup *lookup)
{
    if (ah_list_is_empty(&query->askers))
        count_wanted(query->resolver, true);
    lookup->query = query;
    ah_list_append(&query->askers, &lookup->link);
    limit_waiting(query);
}

static void take_out(ah_lookup *lookup)
{
    ah_query *query = lookup->query;

    lookup->query = NULL;
    ah_link_remove(&lookup->link);
    if (ah_list_is_empty(&query->askers)) {
        ah_timer_stop(query->resolver->loop, &query->second_family);
        count_wanted(query->resolver, false);
    }
}

static void take_no_more(ah_query *query)
{
    if (query->takes_askers)
        ah_map_remove(&query->resolver->queries, &query->node);
    query->takes_askers = false;
}

static void free_query(ah_query *query)
{
    take_no_more(query);
    ah_link_remove(&query->link);
    for (int i = 0; i < LEGS; i++)
        ah_free(query->legs[i].question.addresses);
    ah_error_free(query->error);
    ah_free(query);
}

static void drop_unwanted(ah_query *query)
{
    if (query->program && ah_list_is_empty(&query->askers)) {
        ah_program_call_cancel(query->program);
        free_query(query);
    }
}

void ah_query_leave(ah_lookup *lookup)
{
    ah_query *query = lookup->query;

    take_out(lookup);
    drop_unwanted(query);
}

/* ---- Answering ---- */

static int64_t min_ms(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When what has this time to live is forgotten. */
static int64_t expiry(const ahttp_resolver *resolver, int64_t ttl_ms)
{
    const ah_resolver_options *options = &resolver->options;
    int64_t kept_ms = ttl_ms < options->min_cache_ms ? options->min_cache_ms : ttl_ms;

    return ah_later(ahttp_loop_now(resolver->loop), min_ms(kept_ms, options->cache_ms));
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
        bool is_kept =
            query->error ? query->is_denied : ah_question_may_be_remembered(failure_of(query));
        int64_t kept_ms = min_ms(CACHED_FAILURE_MS, query->resolver->options.cache_ms);
        return is_kept ? now_ms + kept_ms : now_ms;
    }
    for (int i = 0; i < LEGS; i++)
        if (query->legs[i].question.count > 0)
            expires_ms = min_ms(expires_ms, query->legs[i].expires_ms);
    return expires_ms;
}

/* What is known so far to the askers and into the cache. */
static void answer_askers(ah_query *query)
{
    ahttp_resolver *resolver = query->resolver;
    const ah_question *v6 = &query->legs[LEG_V6].question;
    const ah_question *v4 = &query->legs[LEG_V4].question;
    int64_t now_ms = ahttp_loop_now(resolver->loop);
    ah_answer answer = {v6->addresses, v6->count, v4->addresses, v4->count, NULL};
    ahttp_error *error = NULL;

    if (!has_addresses(query))
        answer.error = error =
            query->error ? ah_error_copy(query->error)
                         : ah_question_error(failure_of(query), ah_str_from(name_of(query)));
    ah_cache_put(&resolver->cache, query->node.key, &answer, now_ms,
                 expiry_of(query, &answer, now_ms));
    take_no_more(query);
    ah_timer_stop(resolver->loop, &query->second_family);
    while (!ah_list_is_empty(&query->askers)) {
        ah_lookup *lookup = AH_CONTAINER(ah_list_first(&query->askers), ah_lookup, link);
        take_out(lookup);
        ah_lookup_give(lookup, &answer, 0);
    }
    ah_error_free(error);
}

static void end_query(ah_query *query)
{
    answer_askers(query);
    free_query(query);
}

static void fail_query(ah_query *query, ahttp_error *error)
{
    query->error = error;
    end_query(query);
}

static void second_family_is_late(ah_timer *timer)
{
    answer_askers(AH_CONTAINER(timer, ah_query, second_family));
}

/* ---- Answers that come as one list ---- */

/* False when out of memory. */
static bool take_family(leg *to, int family, const ahttp_addresses *from)
{
    ah_question *answer = &to->question;
    size_t count = 0;

    for (size_t i = 0; i < from->count; i++)
        count += from->items[i].address.any.sa_family == family;
    if (!to->asked || count == 0)
        return true;
    answer->addresses = ah_realloc_array(NULL, count, sizeof *answer->addresses);
    if (!answer->addresses)
        return false;
    for (size_t i = 0; i < from->count; i++)
        if (from->items[i].address.any.sa_family == family)
            answer->addresses[answer->count++] = from->items[i].address;
    return true;
}

static void end_with_list(ah_query *query, const ahttp_addresses *list, int64_t ttl_ms)
{
    static const char *const wanted[] = {
        [AHTTP_FAMILY_ANY] = "", [AHTTP_FAMILY_IPV4] = "IPv4 ", [AHTTP_FAMILY_IPV6] = "IPv6 "};

    for (int i = 0; i < LEGS; i++) {
        query->legs[i].expires_ms = expiry(query->resolver, ttl_ms);
        if (!take_family(&query->legs[i], i == LEG_V6 ? AF_INET6 : AF_INET, list)) {
            fail_query(query, ah_error_no_memory());
            return;
        }
    }
    if (has_addresses(query))
        end_query(query);
    else
        fail_query(query, ah_error_new(AHTTP_E_DNS, "resolve %s: the resolver gave no %saddress",
                                       name_of(query), wanted[family_of(query)]));
}

/* ---- The program ---- */

static void program_answered(void *ctx, const ahttp_addresses *addresses, ahttp_error *error)
{
    static const ahttp_addresses none;
    ah_query *query = ctx;

    query->program = NULL;
    if (error)
        fail_query(query, error);
    else
        end_with_list(query, addresses ? addresses : &none, longest_ttl_ms);
}

static void ask_program(ah_query *query, uint16_t port)
{
    query->program = ah_program_call_start(query->resolver, name_of(query), port, family_of(query),
                                           program_answered, query);
    if (!query->program)
        fail_query(query, ah_error_no_memory());
}

/* ---- The system ---- */

/* Where name servers were asked before, their word is the more telling. */
static void system_failed(ah_query *query, int status)
{
    if (ah_getaddrinfo_is_no_memory(status)) {
        query->error = ah_error_no_memory();
    } else if (!failure_of(query)->status) {
        query->error = ah_error_new(AHTTP_E_DNS, "resolve %s: %s", name_of(query),
                                    ah_getaddrinfo_text(status));
        if (query->error->code != AHTTP_E_NO_MEMORY)
            query->error->cause = status;
        query->is_denied = ah_getaddrinfo_is_denied(status);
    }
    end_query(query);
}

/* NULL when out of memory. */
static ahttp_addresses *copy_list(const struct addrinfo *list)
{
    ahttp_addresses *copy = ahttp_addresses_new();

    for (const struct addrinfo *each = list; copy && each; each = each->ai_next) {
        ah_address address = {0};
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6)
            continue;
        memcpy(&address, each->ai_addr, each->ai_addrlen);
        if (!ah_addresses_append(copy, &address)) {
            ahttp_addresses_free(copy);
            return NULL;
        }
    }
    return copy;
}

static void system_answered(void *ctx, const struct addrinfo *list, int status)
{
    ah_query *query = ctx;

    query->system = NULL;
    if (status < 0) {
        system_failed(query, status);
        return;
    }
    ahttp_addresses *addresses = copy_list(list);
    if (addresses)
        end_with_list(query, addresses, SYSTEM_TTL_MS);
    else
        fail_query(query, ah_error_no_memory());
    ahttp_addresses_free(addresses);
}

static void ask_system(ah_query *query)
{
    static const int families[] = {[AHTTP_FAMILY_ANY] = AF_UNSPEC,
                                   [AHTTP_FAMILY_IPV4] = AF_INET,
                                   [AHTTP_FAMILY_IPV6] = AF_INET6};
    int status;

    query->system =
        ah_getaddrinfo_start(query->resolver->loop, name_of(query), families[family_of(query)],
                             system_answered, query, &status);
    if (!query->system)
        system_failed(query, status);
}

/* ---- Name servers ---- */

static bool wants_more(const ah_query *query)
{
    return query->may_ask_system && !has_addresses(query) && !ah_list_is_empty(&query->askers) &&
           ah_question_may_go_on(failure_of(query));
}

static void question_ended(ah_question *question)
{
    leg *ended = AH_CONTAINER(question, leg, question);
    ah_query *query = ended->query;

    ended->expires_ms = expiry(query->resolver, question->ttl_ms);
    query->waiting_for--;
    if (query->waiting_for > 0)
        limit_waiting(query);
    else if (wants_more(query))
        ask_system(query);
    else
        end_query(query);
}

/* A channel that knows the configuration as it is now; false with *error set. */
static bool open_channel(ahttp_resolver *resolver, ahttp_error **error)
{
    const ah_resolver_options *options = &resolver->options;
    const ah_channel_options chosen = {.servers = options->servers,
                                       .query_timeout_ms = options->query_timeout_ms,
                                       .tries = options->tries,
                                       .resolv_conf = options->resolv_conf};

    if (resolver->channel && ah_channel_is_outdated(resolver->channel)) {
        ah_channel_close(resolver->channel);
        resolver->channel = NULL;
    }
    if (!resolver->channel)
        resolver->channel = ah_channel_open(resolver->loop, &chosen, error);
    return resolver->channel != NULL;
}

/* The query may have ended when this returns: c-ares knows some answers at once. */
static void ask_servers(ah_query *query)
{
    leg *v6 = &query->legs[LEG_V6];
    leg *v4 = &query->legs[LEG_V4];
    bool ask_v4 = v4->asked;
    ahttp_error *error = NULL;

    if (!open_channel(query->resolver, &error)) {
        fail_query(query, error);
        return;
    }
    ah_channel *channel = query->resolver->channel;
    query->waiting_for = (size_t)v6->asked + (size_t)v4->asked;
    if (v6->asked)
        ah_channel_ask(channel, &v6->question, name_of(query), AF_INET6);
    if (ask_v4)
        ah_channel_ask(channel, &v4->question, name_of(query), AF_INET);
}

/* ---- Beginning and ending ---- */

static ah_query *new_query(ahttp_resolver *resolver, ah_str key, ahttp_family family)
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
    ah_list_append(&resolver->running, &query->link);
    for (int i = 0; i < LEGS; i++) {
        query->legs[i].query = query;
        query->legs[i].question.ended = question_ended;
    }
    query->legs[LEG_V6].asked = family != AHTTP_FAMILY_IPV4;
    query->legs[LEG_V4].asked = family != AHTTP_FAMILY_IPV6;
    return query;
}

static ah_name_way choose_way(ahttp_resolver *resolver, const ah_query *query)
{
    const ah_resolver_options *options = &resolver->options;

    switch (options->system) {
    case AH_SYSTEM_ALWAYS: return AH_WAY_SYSTEM;
    case AH_SYSTEM_NEVER: return AH_WAY_DNS;
    case AH_SYSTEM_BY_RULE: break;
    }
    return ah_name_service_way(&resolver->names, options->nsswitch, ah_str_from(name_of(query)));
}

void ah_query_begin(ahttp_resolver *resolver, ah_lookup *lookup, ah_str key)
{
    ah_query *query = new_query(resolver, key, lookup->family);

    if (!query) {
        ah_lookup_fail(lookup, ah_error_no_memory());
        return;
    }
    ah_query_join(query, lookup);
    if (resolver->options.lookup) {
        ask_program(query, lookup->port);
        return;
    }
    ah_name_way way = choose_way(resolver, query);
    query->may_ask_system = way == AH_WAY_DNS_THEN_SYSTEM;
    if (way == AH_WAY_SYSTEM)
        ask_system(query);
    else
        ask_servers(query);
}

ah_query *ah_query_find(const ahttp_resolver *resolver, ah_str key)
{
    ah_map_node *node = ah_map_find(&resolver->queries, key);

    return node ? AH_CONTAINER(node, ah_query, node) : NULL;
}

static void refuse_askers(ah_query *query)
{
    while (!ah_list_is_empty(&query->askers)) {
        ah_lookup *lookup = AH_CONTAINER(ah_list_first(&query->askers), ah_lookup, link);
        take_out(lookup);
        ah_lookup_fail(lookup, ah_error_new(AHTTP_E_CLOSED, "resolve %s: the resolver was closed",
                                            name_of(query)));
    }
}

void ah_queries_close(ahttp_resolver *resolver)
{
    ah_link *next;

    for (ah_link *link = resolver->running.head.next; link != &resolver->running.head;
         link = next) {
        ah_query *query = AH_CONTAINER(link, ah_query, link);
        next = link->next;
        refuse_askers(query);
        if (query->system) {
            ah_getaddrinfo_cancel(query->system);
            free_query(query);
        } else {
            drop_unwanted(query);
        }
    }
    if (resolver->channel)
        ah_channel_close(resolver->channel); /* which ends the rest */
    resolver->channel = NULL;
}
