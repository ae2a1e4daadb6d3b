/* SPDX-License-Identifier: MIT */
#include "pool/origin.h"
#include "base/mem.h"
#include <ahttp/tls.h>
#include <stdio.h>

enum {
    KEY_MAX = AH_ORIGIN_KEY_FIXED + sizeof(void *) * 2 + AH_ROUTE_MAX_NAME * (size_t)2 + 1,
    NAME_EXTRA = sizeof "[]:65535"
};

static char *put(char *at, const void *bytes, size_t count)
{
    if (count > 0)
        memcpy(at, bytes, count);
    return at + count;
}

/* Where the names begin is *host. */
static ah_str make_key(char key[KEY_MAX], const ah_route *route, size_t *host)
{
    char *at = key;

    *at++ = (char)((route->is_tls ? AH_ORIGIN_IS_TLS : 0) | (route->tls ? AH_ORIGIN_HAS_TLS : 0) |
                   (route->proxy ? AH_ORIGIN_HAS_PROXY : 0));
    at = put(at, &route->port, sizeof route->port);
    if (route->tls)
        at = put(at, &route->tls, sizeof route->tls);
    if (route->proxy)
        at = put(at, &route->proxy, sizeof route->proxy);
    *host = (size_t)(at - key);
    at = put(at, route->host.ptr, route->host.len);
    *at++ = '\0';
    at = put(at, route->server_name.ptr, route->server_name.len);
    return ah_str_make(key, (size_t)(at - key));
}

static void free_origin(ah_origin *origin)
{
    ah_proxy_unref(origin->route.proxy);
    ahttp_tls_unref(origin->route.tls);
    ah_free(origin);
}

/* Its texts lie behind it: the key, which has those of the route, and the name for messages. */
static ah_origin *new_origin(const ah_route *route, ah_str key, size_t host)
{
    size_t name_size = route->host.len + NAME_EXTRA;
    ah_origin *origin = ah_alloc(sizeof *origin + key.len + 1 + name_size);

    if (!origin)
        return NULL;
    *origin = (ah_origin){.route = *route};
    if (route->tls)
        ahttp_tls_ref(route->tls);
    ah_pool_origin_init(&origin->place);
    char *own_key = memcpy(origin + 1, key.ptr, key.len);
    own_key[key.len] = '\0';
    origin->node.key = ah_str_make(own_key, key.len);
    origin->route.host.ptr = own_key + host;
    origin->route.server_name.ptr = own_key + host + route->host.len + 1;
    char *name = own_key + key.len + 1;
    snprintf(name, name_size, route->is_ipv6 ? "[%s]:%u" : "%s:%u", origin->route.host.ptr,
             route->port);
    origin->name = name;
    if (route->proxy) {
        ah_proxy_ref(route->proxy);
        if (route->host.len == 0)
            origin->name = route->proxy->name;
    }
    return origin;
}

static ah_origin *find(ah_origins *origins, ah_str key)
{
    ah_map_node *node = ah_map_find(&origins->map, key);

    if (!node)
        return NULL;
    origins->last = AH_CONTAINER(node, ah_origin, node);
    return origins->last;
}

uint64_t ah_origins_hash(const ah_origins *origins, const ah_url *url)
{
    const ah_route route = ah_route_to(url);
    char key[KEY_MAX];
    size_t host;

    if (url->host.len > AH_ROUTE_MAX_NAME)
        return 0;
    uint64_t hash = ah_map_hash(make_key(key, &route, &host));
    ah_map_look_ahead(&origins->map, hash);
    return hash;
}

ah_origin *ah_origins_guess(const ah_origins *origins, uint64_t hash)
{
    enum { USUAL_KEY = 24 };
    const size_t from = offsetof(ah_origin, place.conns[AH_POOL_IDLE]);
    ah_map_node *node = ah_map_guess(&origins->map, hash);

    if (!node)
        return NULL;
    ah_origin *guess = AH_CONTAINER(node, ah_origin, node);
    ah_fetch((const char *)guess + from, sizeof *guess + USUAL_KEY - from);
    return guess;
}

ah_origin *ah_origins_verify(ah_origins *origins, ah_origin *guess, const ah_url *url)
{
    if (!guess || !ah_origin_is_of(guess, url))
        return NULL;
    origins->last = guess;
    return guess;
}

ah_origin *ah_origins_get(ah_origins *origins, const ah_route *route)
{
    char key_bytes[KEY_MAX];
    size_t host;

    if (origins->last && ah_route_equal(&origins->last->route, route))
        return origins->last;
    ah_str key = make_key(key_bytes, route, &host);
    ah_origin *origin = find(origins, key);
    if (origin)
        return origin;
    origin = new_origin(route, key, host);
    if (!origin)
        return NULL;
    if (!ah_map_add(&origins->map, &origin->node, origin->node.key)) {
        free_origin(origin);
        return NULL;
    }
    origins->last = origin;
    return origin;
}

void ah_origins_tidy(ah_origins *origins, ah_origin *origin)
{
    if (!ah_pool_origin_is_unused(&origin->place))
        return;
    if (origins->last == origin)
        origins->last = NULL;
    ah_map_remove(&origins->map, &origin->node);
    free_origin(origin);
}

void ah_origins_release(ah_origins *origins)
{
    ah_map_release(&origins->map);
}
