/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_STREAM_H
#define AHTTP_STREAM_H
/* A body as it arrives (aiohttp's StreamReader).  Nothing is read from the network ahead of a
   small buffer: a slow reader slows the sender.  One read at a time. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef struct ahttp_stream ahttp_stream;

/* Whatever is there, at least one byte; len 0 is the end.
   Resolves to: const ahttp_bytes *, borrowed, valid until the next read or the response's
   end.  Fails with E_STATE while another read is pending, or after ahttp_response_read. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read(ahttp_stream *stream);

/* Whether all has been read. */
AHTTP_API bool ahttp_stream_at_end(const ahttp_stream *stream);
/* Bytes handed out so far, after decoding. */
AHTTP_API uint64_t ahttp_stream_total(const ahttp_stream *stream);

AHTTP_END
#endif
