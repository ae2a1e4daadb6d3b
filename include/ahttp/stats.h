/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_STATS_H
#define AHTTP_STATS_H
/* What a connector's pool holds: in all, and for each place that its connections lead to. */
#include <ahttp/connector.h>
AHTTP_BEGIN

typedef struct ahttp_connector_stats {
    size_t size;
    size_t idle;       /* connections that wait for a request */
    size_t busy;       /* that carry one */
    size_t connecting; /* that are being opened */
    size_t waiting;    /* requests that wait for a connection */
    uint64_t opened;   /* connections opened so far */
    uint64_t reused;   /* requests so far that were given one which had been opened before */
} ahttp_connector_stats;
/* Fills as much of stats as stats->size has room for; set it before. */
AHTTP_API void ahttp_connector_get_stats(const ahttp_connector *connector,
                                         ahttp_connector_stats *stats);

/* One of the places that there are connections to, or requests waiting for one.  Requests with
   other TLS settings, another server name or another proxy have a place of their own.  A request
   that has only just begun belongs to none until the loop goes on. */
typedef struct ahttp_origin_stats {
    size_t size;
    const char *origin; /* "https://example.com:443", or "proxy http://h:3128" for a proxy whose
                           connections are for any host; valid during the call */
    const char *proxy;  /* that connections go through, without user and password, or NULL */
    size_t idle, busy, connecting, waiting; /* as above */
} ahttp_origin_stats;
/* Valid during the call; must not use the connector or anything that does. */
typedef void ahttp_origin_fn(const ahttp_origin_stats *origin, void *ctx);
/* Calls fn for each, in no particular order, before this returns. */
AHTTP_API void ahttp_connector_each_origin(const ahttp_connector *connector, ahttp_origin_fn *fn,
                                           void *ctx);

AHTTP_END
#endif
