/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_STREAM_H
#define AHTTP_STREAM_H
/* A body as it arrives (aiohttp's StreamReader).  Nothing is read from the network ahead of a
   small buffer: a slow reader slows the sender, and however long a body is, less than 1 MiB of
   it is held at a time, unless a read asks for more at once.  One read at a time: E_STATE
   while another is pending, or after ahttp_response_read. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef struct ahttp_stream ahttp_stream;

/* Each read resolves to: const ahttp_bytes *, borrowed, valid until the next read or the
   response's end.  Cancelling a read loses nothing: the bytes stay for the next one.  When the
   body fails, what came before can still be read. */

/* Whatever is there, at least one byte; len 0 is the end. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read(ahttp_stream *stream);
/* The same, at most so many bytes (> 0).  aiohttp's read(n). */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read_some(ahttp_stream *stream, size_t most);
/* Exactly count bytes, which are collected whatever their number.  When the body ends first:
   E_BODY_CUT, and what there is stays. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read_exactly(ahttp_stream *stream,
                                                                 size_t count);
/* Up to and including the delimiter (at least one byte long, copied), or the rest if the body
   ends without it; len 0 is the end.  E_LINE_TOO_LONG, and the bytes stay, when it is not
   among the next most bytes; 0 means 65536. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read_until(ahttp_stream *stream,
                                                               ahttp_bytes delimiter, size_t most);
/* The same for "\n". */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_read_line(ahttp_stream *stream, size_t most);

/* All that is left into a file, written off the loop's thread while more arrives; save replaces
   path, as ahttp_file_save does, only when all has come, and leaves nothing behind when it
   fails or is cancelled.  The descriptor may be a pipe, and stays open.  Resolves to nothing.
   E_SYSTEM with errno as cause when writing fails, which ends the body, too. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_save(ahttp_stream *stream, const char *path);
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_stream_save_fd(ahttp_stream *stream, int fd);

/* Whether all has been read. */
AHTTP_API bool ahttp_stream_at_end(const ahttp_stream *stream);
/* Bytes handed out (or saved) so far, after decoding; and bytes of the body that came over the
   wire, without the framing of chunks. */
AHTTP_API uint64_t ahttp_stream_total(const ahttp_stream *stream);
AHTTP_API uint64_t ahttp_stream_raw_total(const ahttp_stream *stream);

AHTTP_END
#endif
