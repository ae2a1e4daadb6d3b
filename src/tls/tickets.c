/* SPDX-License-Identifier: MIT */
#include "tls/tickets.h"
#include "base/mem.h"
#include <time.h>

typedef struct server {
    ah_map_node node;
    ah_link link;
    SSL_SESSION *sessions[AH_TICKETS_EACH]; /* newest first, then NULL */
    char name[];
} server;

void ah_tls_tickets_init(ah_tls_tickets *tickets)
{
    pthread_mutex_init(&tickets->lock, NULL);
    ah_list_init(&tickets->by_use);
}

static void forget(ah_tls_tickets *tickets, server *it)
{
    ah_map_remove(&tickets->servers, &it->node);
    ah_link_remove(&it->link);
    for (int i = 0; i < AH_TICKETS_EACH; i++)
        SSL_SESSION_free(it->sessions[i]);
    ah_free(it);
}

void ah_tls_tickets_release(ah_tls_tickets *tickets)
{
    for (ah_link *link; (link = ah_list_first(&tickets->by_use));)
        forget(tickets, AH_CONTAINER(link, server, link));
    ah_map_release(&tickets->servers);
    pthread_mutex_destroy(&tickets->lock);
}

static server *find(ah_tls_tickets *tickets, ah_str name)
{
    ah_map_node *node = ah_map_find(&tickets->servers, name);

    if (!node)
        return NULL;
    server *it = AH_CONTAINER(node, server, node);
    ah_link_remove(&it->link);
    ah_list_prepend(&tickets->by_use, &it->link);
    return it;
}

static server *add(ah_tls_tickets *tickets, ah_str name)
{
    server *it = ah_alloc_zeroed(sizeof *it + name.len);

    if (!it)
        return NULL;
    memcpy(it->name, name.ptr, name.len);
    if (!ah_map_add(&tickets->servers, &it->node, ah_str_make(it->name, name.len))) {
        ah_free(it);
        return NULL;
    }
    ah_list_prepend(&tickets->by_use, &it->link);
    if (tickets->servers.count > AH_TICKET_SERVERS)
        forget(tickets, AH_CONTAINER(ah_list_last(&tickets->by_use), server, link));
    return it;
}

static void drop_newest(server *it)
{
    SSL_SESSION_free(it->sessions[0]);
    for (int i = 0; i + 1 < AH_TICKETS_EACH; i++)
        it->sessions[i] = it->sessions[i + 1];
    it->sessions[AH_TICKETS_EACH - 1] = NULL;
}

static bool is_usable(const SSL_SESSION *session)
{
    return SSL_SESSION_is_resumable(session) &&
           SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session) > (long)time(NULL);
}

static SSL_SESSION *take(server *it)
{
    while (it->sessions[0] && !is_usable(it->sessions[0]))
        drop_newest(it);
    SSL_SESSION *session = it->sessions[0];
    if (session) {
        SSL_SESSION_up_ref(session);
        if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION)
            drop_newest(it);
    }
    return session;
}

SSL_SESSION *ah_tls_tickets_take(ah_tls_tickets *tickets, ah_str name)
{
    pthread_mutex_lock(&tickets->lock);
    server *it = find(tickets, name);
    SSL_SESSION *session = it ? take(it) : NULL;
    pthread_mutex_unlock(&tickets->lock);
    return session;
}

void ah_tls_tickets_put(ah_tls_tickets *tickets, ah_str name, SSL_SESSION *session)
{
    SSL_SESSION *surplus = session;

    pthread_mutex_lock(&tickets->lock);
    server *it = find(tickets, name);
    if (!it)
        it = add(tickets, name);
    if (it) {
        surplus = it->sessions[AH_TICKETS_EACH - 1];
        for (int i = AH_TICKETS_EACH - 1; i > 0; i--)
            it->sessions[i] = it->sessions[i - 1];
        it->sessions[0] = session;
    }
    pthread_mutex_unlock(&tickets->lock);
    SSL_SESSION_free(surplus);
}
