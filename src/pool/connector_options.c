/* SPDX-License-Identifier: MIT */
#include "pool/connector_options.h"

enum { LIMIT = 100, KEEPALIVE_MS = 15000, DNS_CACHE_MS = 10000 };

static void refuse_mixed_resolvers(const ahttp_connector_options *options)
{
    bool about_system = options->system_resolver || options->no_system_resolver;

    if (options->resolver && (options->dns_servers || options->dns_cache_ms || about_system))
        ah_misuse("ahttp_connector_create: give dns_servers, dns_cache_ms, system_resolver and "
                  "no_system_resolver to the resolver, not to a connector that has one");
    if (options->system_resolver && (options->dns_servers || options->no_system_resolver))
        ah_misuse("ahttp_connector_create: set one of dns_servers, system_resolver and "
                  "no_system_resolver");
}

static void refuse_mixed_ends(const ahttp_connector_options *options)
{
    int last_port = options->local_port + options->local_port_count;

    if (options->unix_socket && options->connect)
        ah_misuse("ahttp_connector_create: set unix_socket or connect, not both");
    if (options->local_port < 0 || options->local_port_count < 0 || last_port > 65536 ||
        (options->local_port_count && !options->local_port))
        ah_misuse("ahttp_connector_create: give local ports between 1 and 65535");
}

void ah_connector_check_options(const ahttp_connector_options *options)
{
    if (options->limit < AHTTP_UNLIMITED || options->limit_per_host < AHTTP_UNLIMITED ||
        options->limit_idle < AHTTP_UNLIMITED || options->limit_idle_per_host < AHTTP_UNLIMITED)
        ah_misuse("ahttp_connector_create: give limits above 0, or AHTTP_UNLIMITED");
    if (options->keepalive_ms < AHTTP_NEVER || options->dns_cache_ms < AHTTP_NEVER ||
        options->next_address_ms < AHTTP_NEVER || options->lifetime_ms < AHTTP_NEVER)
        ah_misuse("ahttp_connector_create: give times above 0 ms, or AHTTP_NEVER");
    if (options->ipv4_only && options->ipv6_only)
        ah_misuse("ahttp_connector_create: set ipv4_only or ipv6_only, not both");
    refuse_mixed_ends(options);
    refuse_mixed_resolvers(options);
}

static size_t limit_of(int given, size_t when_zero)
{
    if (given == 0)
        return when_zero;
    return given == AHTTP_UNLIMITED ? SIZE_MAX : (size_t)given;
}

static int64_t time_of(int64_t given, int64_t when_zero, int64_t when_never)
{
    if (given == 0)
        return when_zero;
    return given == AHTTP_NEVER ? when_never : given;
}

ah_pool_rules ah_connector_rules(const ahttp_connector_options *options)
{
    return (ah_pool_rules){
        .limit = limit_of(options->limit, LIMIT),
        .limit_per_host = limit_of(options->limit_per_host, SIZE_MAX),
        .limit_idle = limit_of(options->limit_idle, SIZE_MAX),
        .limit_idle_per_host = limit_of(options->limit_idle_per_host, SIZE_MAX),
        .keepalive_ms = time_of(options->keepalive_ms, KEEPALIVE_MS, INT64_MAX),
        .lifetime_ms = time_of(options->lifetime_ms, INT64_MAX, INT64_MAX),
    };
}

static ahttp_family family_of(const ahttp_connector_options *options)
{
    if (options->ipv4_only)
        return AHTTP_FAMILY_IPV4;
    return options->ipv6_only ? AHTTP_FAMILY_IPV6 : AHTTP_FAMILY_ANY;
}

static ahttp_resolver *get_resolver(ahttp_loop *loop, const ahttp_connector_options *options)
{
    const ah_resolver_options chosen = {
        .servers = options->dns_servers,
        .cache_ms = time_of(options->dns_cache_ms, DNS_CACHE_MS, 0),
        .system = ah_resolver_system_use(options->dns_servers, options->system_resolver,
                                         options->no_system_resolver),
    };

    if (!options->resolver)
        return ah_resolver_new(loop, &chosen);
    if (ah_resolver_loop(options->resolver) != loop)
        ah_misuse("ahttp_connector_create: give a resolver of the connector's loop");
    return ahttp_resolver_ref(options->resolver);
}

static bool copy(ah_arena *texts, const char *text, const char **out)
{
    if (!text)
        return true;
    *out = ah_arena_copy(texts, ah_str_from(text));
    return *out != NULL;
}

/* Where sockets come from.  False when out of memory. */
static bool set_up_sockets(ah_opening_setup *setup, const ahttp_connector_options *options)
{
    ah_socket_setup *sockets = &setup->sockets;
    ah_str local = ah_str_from(options->local_address);

    sockets->local.any.sa_family = AF_UNSPEC;
    sockets->prepare = options->on_socket;
    sockets->prepare_ctx = options->on_socket_ctx;
    sockets->port = (uint16_t)options->local_port;
    sockets->port_count = options->local_port_count ? options->local_port_count : 1;
    if (local.len > 0 && !ah_address_parse(local, 0, &sockets->local))
        ah_misuse("ahttp_connector_create: give local_address as an IP address, \"192.0.2.1\"");
    if (local.len > 0 && setup->family == AHTTP_FAMILY_ANY)
        setup->family =
            sockets->local.any.sa_family == AF_INET6 ? AHTTP_FAMILY_IPV6 : AHTTP_FAMILY_IPV4;
    return copy(&setup->texts, options->device, &sockets->device);
}

bool ah_connector_set_up(ah_opening_setup *setup, ahttp_loop *loop,
                         const ahttp_connector_options *options)
{
    *setup = (ah_opening_setup){.loop = loop,
                                .family = family_of(options),
                                .next_address_ms = options->next_address_ms,
                                .connect = options->connect,
                                .connect_ctx = options->connect_ctx,
                                .allow_address = options->allow_address,
                                .allow_address_ctx = options->allow_address_ctx};
    if (options->hosts) {
        setup->hosts = ah_overrides_new(options->hosts);
        if (!setup->hosts)
            return false;
    }
    if (options->tls)
        setup->tls = ahttp_tls_ref(options->tls);
    if (!copy(&setup->texts, options->unix_socket, &setup->unix_socket) ||
        !set_up_sockets(setup, options))
        return false;
    setup->resolver = get_resolver(loop, options);
    return setup->resolver != NULL;
}
