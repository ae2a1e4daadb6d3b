/* SPDX-License-Identifier: MIT */
#include "conn/exchange.h"

void ah_tunnel_close(ah_tunnel *tunnel)
{
    if (!tunnel->transport)
        return;
    ah_transport_close(tunnel->transport);
    ah_buf_release(&tunnel->received);
    tunnel->transport = NULL;
}

void ah_exchange_release(ah_exchange *exchange)
{
    ahttp_peer_unref(exchange->peer);
    exchange->peer = NULL;
    ah_tunnel_close(&exchange->tunnel);
}
