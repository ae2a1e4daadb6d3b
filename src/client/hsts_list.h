/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_HSTS_LIST_H
#define AH_CLIENT_HSTS_LIST_H
/* The inside of a list of hosts to be visited by https only, and what requests do with it. */
#include "client/response.h"
#include "http/hsts.h"
#include <ahttp/hsts.h>

struct ahttp_hsts {
    ah_hsts list;
    unsigned refs;
};

/* What the URL of a request or redirect becomes; texts in arena.  False when out of memory. */
bool ah_hsts_change_url(ahttp_session *session, ah_url *url, ah_arena *arena);
/* What the field says, which came with the head that is in. */
bool ah_hsts_take(ahttp_response *call, ah_str value);

/* Behind each final head; false when out of memory.  Only the first field counts (RFC 6797
   §8.1). */
static inline bool ah_hsts_look_at_head(ahttp_response *call)
{
    const ah_field *field =
        call->session->hsts && call->url.is_tls
            ? ah_headers_find(&call->exchange.response.fields, AH_STR("Strict-Transport-Security"))
            : NULL;

    return !field || ah_hsts_take(call, field->value);
}

#endif
