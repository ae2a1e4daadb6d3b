/* SPDX-License-Identifier: MIT */
#include "client/coding_stage.h"

/* A coding that is not known leaves the body as it is. */
static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    const ahttp_headers *fields = &call->exchange.response.fields;
    const ah_coding_limits *limits = &call->session->coding_limits;
    ah_decoder **decoder = &call->body.decoder;

    if (call->settings->transfer_codings)
        ah_decoder_new_for_transfer(fields, !call->settings->no_decompress, limits, decoder, error);
    else
        ah_decoder_new_for(fields, limits, decoder, error);
    if (*error && (*error)->code == AHTTP_E_UNSUPPORTED)
        ah_session_announce_codings(call->session);
    return *error ? AH_FAIL : AH_GO_ON;
}

const ah_stage ah_coding_stage = {.after = after};
