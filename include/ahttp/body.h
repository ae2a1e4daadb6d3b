/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_BODY_H
#define AHTTP_BODY_H
/* Request bodies that are not simply bytes at hand: files, producers, another response's
   stream, multipart forms, any of them compressed.  A body is pulled: the next piece is asked
   for when the connection has room, so that a slow server slows the source.

   A body is made once and given to one request by its option `body`, which takes it over,
   also when that request fails at once.  All makers give NULL when out of memory, and a
   request whose body is NULL by mistake simply has none; so they abort on nonsense, and what
   goes wrong later (a file that is not there) fails the request before a byte is sent, or
   ends its connection. */
#include <ahttp/future.h>
#include <ahttp/stream.h>
AHTTP_BEGIN

typedef struct ahttp_body ahttp_body;

/* Whether a body can be sent once more: for a redirect, a login or a retry. */
typedef enum ahttp_body_replay {
    AHTTP_BODY_REPLAYABLE, /* from the start again: bytes and files */
    AHTTP_BODY_FACTORY,    /* a new one is made for each sending */
    AHTTP_BODY_ONCE        /* no: a request that would need it again fails instead */
} ahttp_body_replay;
AHTTP_API ahttp_body_replay ahttp_body_replay_of(const ahttp_body *body);
/* -1: not known before it ends, so it is sent in chunks. */
AHTTP_API int64_t ahttp_body_length(const ahttp_body *body);
/* For one that no request took; NULL does nothing. */
AHTTP_API void ahttp_body_free(ahttp_body *body);

/* ---- Sources ---- */

/* A copy of the bytes.  REPLAYABLE. */
AHTTP_API ahttp_body *ahttp_body_bytes(ahttp_bytes bytes);
/* length bytes of the file from offset on; length 0: all that follows, as its size is when
   the request begins.  Opened and read off the loop's thread.  REPLAYABLE. */
AHTTP_API ahttp_body *ahttp_body_file(const char *path, uint64_t offset, uint64_t length);
/* The same of an open descriptor, which is not closed and must stay open until the request is
   done.  A descriptor that cannot seek is read to its end from where it is, and is ONCE. */
AHTTP_API ahttp_body *ahttp_body_fd(int fd, uint64_t offset, uint64_t length);

/* Asked for the next piece; never while a piece is pending.  Resolves to: const ahttp_bytes *,
   borrowed until the next call; NULL or len 0 is the end.  If it fails, so does the request. */
typedef ahttp_future *ahttp_produce_fn(void *ctx);
/* Of length bytes exactly, or -1: unknown.  More or fewer bytes than promised fail the request
   with E_BODY_LENGTH and close its connection.  ONCE. */
AHTTP_API ahttp_body *ahttp_body_produced(ahttp_produce_fn *fn, void *ctx, int64_t length);
/* What is left of a response's body, as it arrives; holds a reference to the response.  Its
   length is known if the response says it and nothing is decoded.  ONCE. */
AHTTP_API ahttp_body *ahttp_body_stream(ahttp_stream *stream);
/* make is called for each sending and gives a body, which is freed after it.  FACTORY. */
typedef ahttp_body *ahttp_make_body_fn(void *ctx);
AHTTP_API ahttp_body *ahttp_body_factory(ahttp_make_body_fn *make, void *ctx);

/* ---- On top of others; each takes what is beneath it over and replays as that does ---- */

/* Compressed on the way, and so of unknown length: "gzip" or "deflate", or "br" or "zstd" where
   ahttp_has_feature says that they are built in.  The request says Content-Encoding. */
AHTTP_API ahttp_body *ahttp_body_compressed(const char *coding, ahttp_body *body);

/* One part of multipart/form-data: a name, and one of value, data, file and body. */
typedef struct ahttp_part {
    const char *name;
    const char *value;
    ahttp_bytes data;
    const char *file; /* a path */
    ahttp_body *body;
    const char *file_name;    /* default: the last part of file; "" sends none */
    const char *content_type; /* default: application/octet-stream with a file name, else none */
} ahttp_part;
#define AHTTP_PARTS(...) ((const ahttp_part[]){__VA_ARGS__, {.name = NULL}})
/* The list ends with a part whose name is NULL.  Its length is known if those of all parts are.
   The request says Content-Type with the boundary.  Replays as its parts do.  RFC 7578; names
   are quoted as the WHATWG's HTML Standard says.  aiohttp's FormData. */
AHTTP_API ahttp_body *ahttp_body_multipart(const ahttp_part *parts);

/* ---- Behind it ---- */

/* Of the body that the request is given.  Called when the end has been reached; what it returns
   (a list as for AHTTP_PAIRS, or NULL) goes out as trailers (RFC 9110 §6.5), which makes the
   body one of chunks. */
typedef const ahttp_pair *ahttp_trailers_fn(void *ctx);
AHTTP_API void ahttp_body_set_trailers(ahttp_body *body, ahttp_trailers_fn *fn, void *ctx);

AHTTP_END
#endif
