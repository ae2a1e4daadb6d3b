/* SPDX-License-Identifier: MIT */
/* The body of a response as that of a request: one is read as the other is sent. */
#include "bodies/source.h"
#include "client/response.h"
#include "http/body_length.h"

static ahttp_future *read_on(void *ctx)
{
    ahttp_response *response = ctx;

    return ahttp_stream_read(&response->stream);
}

static void release(void *ctx)
{
    ahttp_response_unref(ctx);
}

/* How much is left of it, which is known where its bytes are passed on as they come. */
static int64_t rest_of(const ahttp_response *response)
{
    const ah_exchange *exchange = &response->exchange;
    ah_body_length all = ah_response_body_length(exchange->request.method, &exchange->response);

    if (all.framing == AH_FRAMING_NONE)
        return 0;
    if (all.framing != AH_FRAMING_LENGTH || all.length > INT64_MAX || response->body.decoder)
        return -1;
    return (int64_t)(all.length - response->stream.total);
}

ahttp_body *ahttp_body_stream(ahttp_stream *stream)
{
    ahttp_response *response = AH_CONTAINER(stream, ahttp_response, stream);
    ahttp_body *body = ah_source_produced(read_on, response, release, rest_of(response));

    if (body)
        ahttp_response_ref(response);
    return body;
}
