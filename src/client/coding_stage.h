/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_CODING_STAGE_H
#define AH_CLIENT_CODING_STAGE_H
/* The stage of codings, the last one: of a body that the program gets, Content-Encoding is undone,
   and Transfer-Encoding where it is wanted.  What is not delivered is never decoded.  A call uses
   the stage only if there is a coding: this function finds that out. */
#include "client/response.h"

/* Behind each final head. */
static inline void ah_coding_look_at_head(ahttp_response *call)
{
    const ah_call_settings *settings = call->settings;

    if (settings->transfer_codings ||
        (!settings->no_decompress &&
         ah_headers_has(&call->exchange.response.fields, AH_STR("Content-Encoding"))))
        ah_stages_use(call, AH_STAGE_CODING);
}

#endif
