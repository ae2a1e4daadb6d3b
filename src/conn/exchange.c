/* SPDX-License-Identifier: MIT */
#include "conn/exchange.h"

void ah_exchange_release(ah_exchange *exchange)
{
    ahttp_peer_unref(exchange->peer);
    exchange->peer = NULL;
    if (!exchange->tunnel.transport)
        return;
    ah_transport_close(exchange->tunnel.transport);
    ah_buf_release(&exchange->tunnel.received);
    exchange->tunnel.transport = NULL;
}
