/* SPDX-License-Identifier: MIT */
#include "client/call_facts.h"
#include <stdio.h>

ahttp_phase ah_call_phase_of(const ahttp_response *call)
{
    switch (call->phase) {
    case AH_CALL_ASKING:
    case AH_CALL_PREPARING: return AHTTP_PHASE_PREPARE;
    case AH_CALL_WAITING: return ah_connector_phase(&call->waiter);
    case AH_CALL_SENT: return call->exchange.was_sent ? AHTTP_PHASE_HEAD : AHTTP_PHASE_SEND;
    case AH_CALL_DECIDING:
    case AH_CALL_SKIPPING: return AHTTP_PHASE_HEAD;
    default: return AHTTP_PHASE_BODY;
    }
}

/* The worst of all sendings. */
static ahttp_resend resend_of(const ahttp_response *call)
{
    const ah_exchange *exchange = &call->exchange;

    if (exchange->bytes_received > 0)
        return AHTTP_RESEND_ANSWERED;
    return exchange->bytes_sent > 0 && call->resend == AHTTP_RESEND_SAFE ? AHTTP_RESEND_UNKNOWN
                                                                         : call->resend;
}

ah_error_request ah_call_facts(const ahttp_response *call, char host[AH_CALL_MOST_HOST])
{
    const ah_exchange *exchange = &call->exchange;
    const ah_url *url = &call->url;
    bool was_on_wire = exchange->bytes_sent > 0 || exchange->conn;

    snprintf(host, AH_CALL_MOST_HOST, url->is_ipv6 ? "[%.*s]:%u" : "%.*s:%u", (int)url->host.len,
             url->host.ptr, url->port);
    return (ah_error_request){
        .method = exchange->request.method.ptr,
        .url = url->safe.ptr,
        .host = host,
        .address = was_on_wire && exchange->peer ? ahttp_peer_address(exchange->peer) : NULL,
        .phase = ah_call_phase_of(call),
        .resend = resend_of(call),
        .status = exchange->response.status >= 200 ? exchange->response.status : 0,
    };
}
