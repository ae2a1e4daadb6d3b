/* SPDX-License-Identifier: MIT */
#include "tls/tickets.h"
#include "base/mem.h"
#include <time.h>

typedef struct server {
    ah_map_node node;
    ah_link link;
    ah_tls_ticket tickets[AH_TICKETS_EACH]; /* newest first, then without a session */
    char name[];
} server;

void ah_tls_ticket_release(ah_tls_ticket ticket)
{
    SSL_SESSION_free(ticket.session);
    ah_certificates_unref(ticket.certificates);
}

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
        ah_tls_ticket_release(it->tickets[i]);
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

static ah_tls_ticket take_newest(server *it)
{
    ah_tls_ticket newest = it->tickets[0];

    memmove(it->tickets, it->tickets + 1, (AH_TICKETS_EACH - 1) * sizeof newest);
    it->tickets[AH_TICKETS_EACH - 1] = (ah_tls_ticket){NULL, NULL};
    return newest;
}

static bool is_usable(const SSL_SESSION *session)
{
    return SSL_SESSION_is_resumable(session) &&
           SSL_SESSION_get_time(session) + SSL_SESSION_get_timeout(session) > (long)time(NULL);
}

static ah_tls_ticket take(server *it)
{
    ah_tls_ticket *newest = &it->tickets[0];

    while (newest->session && !is_usable(newest->session))
        ah_tls_ticket_release(take_newest(it));
    if (newest->session && SSL_SESSION_get_protocol_version(newest->session) >= TLS1_3_VERSION)
        return take_newest(it);
    if (newest->session)
        SSL_SESSION_up_ref(newest->session);
    ah_certificates_ref(newest->certificates);
    return *newest;
}

ah_tls_ticket ah_tls_tickets_take(ah_tls_tickets *tickets, ah_str name)
{
    pthread_mutex_lock(&tickets->lock);
    server *it = find(tickets, name);
    ah_tls_ticket ticket = it ? take(it) : (ah_tls_ticket){NULL, NULL};
    pthread_mutex_unlock(&tickets->lock);
    return ticket;
}

void ah_tls_tickets_put(ah_tls_tickets *tickets, ah_str name, ah_tls_ticket ticket)
{
    ah_tls_ticket surplus = ticket;

    pthread_mutex_lock(&tickets->lock);
    server *it = find(tickets, name);
    if (!it)
        it = add(tickets, name);
    if (it) {
        surplus = it->tickets[AH_TICKETS_EACH - 1];
        memmove(it->tickets + 1, it->tickets, (AH_TICKETS_EACH - 1) * sizeof ticket);
        it->tickets[0] = ticket;
    }
    pthread_mutex_unlock(&tickets->lock);
    ah_tls_ticket_release(surplus);
}
