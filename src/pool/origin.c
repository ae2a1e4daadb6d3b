/* SPDX-License-Identifier: MIT */
/* The key in the map is the route as bytes: what has a fixed size, then the two names, each
   with a NUL behind it. */
#include "pool/origin.h"
#include "base/mem.h"
#include <ahttp/tls.h>
#include <stdio.h>

enum {
    KEY_FIXED = sizeof(void *) * 2 + sizeof(uint16_t) + 1,
    KEY_MAX = KEY_FIXED + 2 * (AH_ROUTE_MAX_NAME + 1),
    NAME_EXTRA = sizeof "[]:65535"
};

static char *put(char *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static char *put_text(char *at, ah_str text)
{
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    at[text.len] = '\0';
    return at + text.len + 1;
}

static ah_str make_key(char key[KEY_MAX], const ah_route *route)
{
    char *at = put(key, &route->tls, sizeof route->tls);

    at = put(at, &route->proxy, sizeof route->proxy);
    at = put(at, &route->port, sizeof route->port);
    *at++ = route->is_tls ? 's' : 'h';
    at = put_text(at, route->host);
    at = put_text(at, route->server_name);
    return ah_str_make(key, (size_t)(at - key));
}

static void free_origin(ah_origin *origin)
{
    ah_proxy_unref(origin->route.proxy);
    ahttp_tls_unref(origin->route.tls);
    ah_free(origin);
}

static ah_origin *new_origin(const ah_route *route, ah_str key)
{
    size_t name_size = route->host.len + NAME_EXTRA;
    ah_origin *origin = ah_alloc(sizeof *origin + key.len + name_size);

    if (!origin)
        return NULL;
    *origin = (ah_origin){.route = *route};
    if (route->tls)
        ahttp_tls_ref(route->tls);
    ah_pool_origin_init(&origin->place);
    char *own_key = memcpy(origin + 1, key.ptr, key.len);
    origin->route.host.ptr = own_key + KEY_FIXED;
    origin->route.server_name.ptr = origin->route.host.ptr + route->host.len + 1;
    char *name = own_key + key.len;
    snprintf(name, name_size, route->is_ipv6 ? "[%s]:%u" : "%s:%u", origin->route.host.ptr,
             route->port);
    origin->name = name;
    origin->is_plain = !route->proxy && !route->tls && route->server_name.len == 0;
    if (route->proxy) {
        ah_proxy_ref(route->proxy);
        if (route->host.len == 0)
            origin->name = route->proxy->name;
    }
    return origin;
}

ah_origin *ah_origins_get(ah_origins *origins, const ah_route *route)
{
    char key_bytes[KEY_MAX];

    if (AH_LIKELY(origins->last && ah_route_equal(&origins->last->route, route)))
        return origins->last;
    ah_str key = make_key(key_bytes, route);
    ah_map_node *node = ah_map_find(&origins->map, key);
    if (node) {
        origins->last = AH_CONTAINER(node, ah_origin, node);
        return origins->last;
    }
    ah_origin *origin = new_origin(route, key);
    if (!origin)
        return NULL;
    ah_str own_key = ah_str_make(origin->route.host.ptr - KEY_FIXED, key.len);
    if (!ah_map_add(&origins->map, &origin->node, own_key)) {
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
