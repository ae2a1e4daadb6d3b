/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_RESPONSE_H
#define AHTTP_RESPONSE_H
/* What came back.  The status and headers are there; the body is not, until you
   read it.  The response owns all it returns: strings, headers, stream and body
   stay valid until ahttp_response_unref. */
#include <ahttp/headers.h>
#include <ahttp/stream.h>
AHTTP_BEGIN

typedef struct ahttp_response ahttp_response;

AHTTP_API ahttp_response *ahttp_response_ref(ahttp_response *response);
/* NULL does nothing.  The connection goes back to the pool as soon as the whole body has
   arrived; if it has not when the last reference goes, the connection is closed. */
AHTTP_API void ahttp_response_unref(ahttp_response *response);

AHTTP_API int ahttp_response_status(const ahttp_response *response);
AHTTP_API bool ahttp_response_ok(const ahttp_response *response);            /* status < 400 */
AHTTP_API const char *ahttp_response_reason(const ahttp_response *response); /* may be "" */
AHTTP_API const char *ahttp_response_method(const ahttp_response *response);
/* What was asked for, with its query, without user, password and fragment. */
AHTTP_API const char *ahttp_response_url(const ahttp_response *response);

AHTTP_API const ahttp_headers *ahttp_response_headers(const ahttp_response *response);
/* A header's first value, or NULL.  Names compare without case. */
AHTTP_API const char *ahttp_response_header(const ahttp_response *response, const char *name);
/* What Content-Length says, which counts bytes before decoding; -1 if nothing. */
AHTTP_API int64_t ahttp_response_content_length(const ahttp_response *response);

/* The whole body.  Reading twice gives the same bytes again; not after a read from the stream.
   read resolves to: const ahttp_bytes *, borrowed.
   text resolves to: const char *, borrowed: the same bytes with a NUL behind them, in the
   charset in which the server sent them. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_read(ahttp_response *response);
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_text(ahttp_response *response);
/* The body piece by piece, instead of the two above.  Borrowed. */
AHTTP_API ahttp_stream *ahttp_response_stream(ahttp_response *response);

AHTTP_END
#endif
