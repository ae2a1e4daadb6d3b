/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "pool/slot.h"
#include <ahttp/stats.h>

static size_t count_lined_up(const ahttp_connector *connector)
{
    size_t count = 0;

    AH_LIST_FOR_EACH(link, &connector->row)
    {
        count++;
    }
    return count;
}

void ahttp_connector_get_stats(const ahttp_connector *connector, ahttp_connector_stats *stats)
{
    const ah_pool *pool = &connector->pool;
    const ah_counted *conns = pool->conns;
    ahttp_connector_stats all = {
        .size = stats->size,
        .idle = conns[AH_POOL_IDLE].count,
        .busy = ah_pool_count_busy(conns, pool->total),
        .connecting = conns[AH_POOL_CONNECTING].count + conns[AH_POOL_SPARE].count,
        .waiting = pool->waiters.count + count_lined_up(connector),
        .opened = connector->opened,
        .reused = connector->reused,
    };

    memcpy(stats, &all, stats->size < sizeof all ? stats->size : sizeof all);
}

/* "https://example.com:443"; false when out of memory. */
static bool describe(ah_buf *text, const ah_origin *origin)
{
    const ah_route *route = &origin->route;

    ah_buf_clear(text);
    if (route->host.len == 0)
        ah_buf_append_format(text, "proxy %s", route->proxy->name);
    else
        ah_buf_append_format(text, "%s://%s", route->is_tls ? "https" : "http", origin->name);
    return ah_buf_terminate(text) != NULL;
}

static void show(const ah_origin *origin, const char *name, ahttp_origin_fn *fn, void *ctx)
{
    const ah_pool_origin *place = &origin->place;
    const ah_proxy *proxy = origin->route.proxy;
    const ahttp_origin_stats stats = {
        .size = sizeof stats,
        .origin = name,
        .proxy = proxy ? proxy->name : NULL,
        .idle = place->conns[AH_POOL_IDLE].count,
        .busy = ah_pool_count_busy(place->conns, place->total),
        .connecting = place->conns[AH_POOL_CONNECTING].count + place->conns[AH_POOL_SPARE].count,
        .waiting = place->unserved.count + place->expecting.count,
    };

    fn(&stats, ctx);
}

void ahttp_connector_each_origin(const ahttp_connector *connector, ahttp_origin_fn *fn, void *ctx)
{
    const ah_map *origins = &connector->origins.map;
    ah_buf name = {0};

    for (ah_map_node *node = ah_map_first(origins); node; node = ah_map_next(origins, node)) {
        const ah_origin *origin = AH_CONTAINER(node, ah_origin, node);
        show(origin, describe(&name, origin) ? name.data : origin->name, fn, ctx);
    }
    ah_buf_release(&name);
}
