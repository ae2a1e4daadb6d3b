/* SPDX-License-Identifier: MIT */
/* The key in the map is one byte that tells http from https, two of port, and the host. */
#include "pool/origin.h"
#include "base/mem.h"
#include <stdio.h>

enum { KEY_HOST = 3, NAME_EXTRA = sizeof "[]:65535" };

static bool is_of(const ah_origin *origin, const ah_url *url)
{
    return origin->port == url->port && origin->is_tls == url->is_tls &&
           ah_str_equal(origin->host, url->host);
}

static ah_str make_key(char key[KEY_HOST + AH_ORIGIN_MAX_HOST], const ah_url *url)
{
    key[0] = url->is_tls ? 's' : 'h';
    key[1] = (char)(url->port >> 8);
    key[2] = (char)(url->port & 0xff);
    memcpy(key + KEY_HOST, url->host.ptr, url->host.len);
    return ah_str_make(key, KEY_HOST + url->host.len);
}

static ah_origin *new_origin(const ah_url *url, ah_str key)
{
    size_t name_size = url->host.len + NAME_EXTRA;
    ah_origin *origin = ah_alloc(sizeof *origin + key.len + 1 + name_size);

    if (!origin)
        return NULL;
    *origin = (ah_origin){.port = url->port, .is_tls = url->is_tls};
    ah_pool_origin_init(&origin->place);
    char *own_key = memcpy(origin + 1, key.ptr, key.len);
    own_key[key.len] = '\0';
    origin->host = ah_str_make(own_key + KEY_HOST, url->host.len);
    char *name = own_key + key.len + 1;
    snprintf(name, name_size, url->is_ipv6 ? "[%s]:%u" : "%s:%u", origin->host.ptr, url->port);
    origin->name = name;
    return origin;
}

ah_origin *ah_origins_get(ah_origins *origins, const ah_url *url)
{
    char key_bytes[KEY_HOST + AH_ORIGIN_MAX_HOST];

    if (AH_LIKELY(origins->last && is_of(origins->last, url)))
        return origins->last;
    ah_str key = make_key(key_bytes, url);
    ah_map_node *node = ah_map_find(&origins->map, key);
    if (node) {
        origins->last = AH_CONTAINER(node, ah_origin, node);
        return origins->last;
    }
    ah_origin *origin = new_origin(url, key);
    if (!origin)
        return NULL;
    ah_str own_key = ah_str_make(origin->host.ptr - KEY_HOST, key.len);
    if (!ah_map_add(&origins->map, &origin->node, own_key)) {
        ah_free(origin);
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
    ah_free(origin);
}

void ah_origins_release(ah_origins *origins)
{
    ah_map_release(&origins->map);
}
