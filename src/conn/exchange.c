/* SPDX-License-Identifier: MIT */
#include "conn/exchange.h"

void ah_tunnel_end(ah_tunnel *tunnel)
{
    ah_transport_close(tunnel->transport);
    ah_buf_release(&tunnel->received);
    tunnel->transport = NULL;
}

const char *ah_exchange_check_change(const ah_exchange *exchange, bool was_sent)
{
    const ah_response_head *head = &exchange->response;

    if (head->status == 101 && exchange->upgrade.len == 0)
        return "to another protocol, which nobody asked for";
    if (head->status == 101 &&
        !ah_str_equal_nocase(ah_headers_find(&head->fields, AH_STR("Upgrade"))->value,
                             exchange->upgrade))
        return "to another protocol than the one asked for";
    return was_sent ? NULL : "before it was sent all of the request";
}
