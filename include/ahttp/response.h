/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_RESPONSE_H
#define AHTTP_RESPONSE_H
/* What came back (aiohttp's ClientResponse).  The status and headers are there; the body is
   not, until you read it.  The response owns all it returns: strings, headers, stream and
   body stay valid until ahttp_response_unref.  NULL, which the await of a request that failed
   gives, is for unref only: all others abort with a message. */
#include <ahttp/cookies.h>
#include <ahttp/headers.h>
#include <ahttp/stream.h>
AHTTP_BEGIN

typedef struct ahttp_response ahttp_response;

AHTTP_API ahttp_response *ahttp_response_ref(ahttp_response *response);
/* NULL does nothing.  The connection goes back to the pool as soon as the whole body has
   arrived.  When the last reference goes before that, a rest of at most 64 KiB whose length
   is known is read and thrown away to keep the connection; else it is closed. */
AHTTP_API void ahttp_response_unref(ahttp_response *response);

/* ---- The head ---- */

AHTTP_API int ahttp_response_status(const ahttp_response *response);
AHTTP_API bool ahttp_response_ok(const ahttp_response *response);            /* status < 400 */
AHTTP_API const char *ahttp_response_reason(const ahttp_response *response); /* may be "" */
AHTTP_API int ahttp_response_minor_version(const ahttp_response *response);  /* 1: HTTP/1.1 */
AHTTP_API const char *ahttp_response_method(const ahttp_response *response);
/* What was asked for, with its query, without user, password and fragment. */
AHTTP_API const char *ahttp_response_url(const ahttp_response *response);
/* The same with its fragment (real_url); a redirect without one keeps that of the URL before.
   NULL when out of memory. */
AHTTP_API const char *ahttp_response_real_url(const ahttp_response *response);

/* The redirects that led here, the first one first: status, headers and URL of each.  NULL behind
   the last.  Their bodies cannot be read. */
AHTTP_API size_t ahttp_response_history_count(const ahttp_response *response);
AHTTP_API const ahttp_response *ahttp_response_history(const ahttp_response *response,
                                                       size_t index);

/* What was sent to get it, Host and all.  NULL when out of memory. */
AHTTP_API const ahttp_headers *ahttp_response_request_headers(const ahttp_response *response);
AHTTP_API const ahttp_headers *ahttp_response_headers(const ahttp_response *response);
/* What came behind a chunked body; empty until the body has been read. */
AHTTP_API const ahttp_headers *ahttp_response_trailers(const ahttp_response *response);
/* A header's first value, or NULL.  Names compare without case. */
AHTTP_API const char *ahttp_response_header(const ahttp_response *response, const char *name);
/* What Content-Length says, which counts bytes before decoding; -1 if nothing. */
AHTTP_API int64_t ahttp_response_content_length(const ahttp_response *response);
/* "text/html", lower case; "application/octet-stream" if the server did not say. */
AHTTP_API const char *ahttp_response_content_type(const ahttp_response *response);
/* What Content-Type names, lower case, or NULL. */
AHTTP_API const char *ahttp_response_charset(const ahttp_response *response);
/* The file name of Content-Disposition, safe to be made in a folder: no path, no control
   characters; NULL if there is none.  RFC 6266. */
AHTTP_API const char *ahttp_response_file_name(const ahttp_response *response);
/* The target of the first Link with that relation ("next"), as it stands there, or NULL.
   RFC 8288; head.h has all of them, and other fields. */
AHTTP_API const char *ahttp_response_link(const ahttp_response *response, const char *relation);

/* All bytes of the request that have been written to the connection, and of the response that
   have come, heads and framing included. */
AHTTP_API uint64_t ahttp_response_bytes_sent(const ahttp_response *response);
AHTTP_API uint64_t ahttp_response_bytes_received(const ahttp_response *response);

/* The cookies that this response sets, in order; those that are none are left out.  Domain and
   path are NULL where it does not say. */
AHTTP_API const ahttp_cookie *ahttp_response_cookies(const ahttp_response *response, size_t *count);
/* The value of the last one of that name, as it stands there, or NULL. */
AHTTP_API const char *ahttp_response_cookie(const ahttp_response *response, const char *name);

/* ---- The whole body.  Reading again gives the same; not after a read from the stream. ---- */

/* Resolves to: const ahttp_bytes *, borrowed. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_read(ahttp_response *response);
/* Resolves to: const char *, borrowed: UTF-8 with a NUL behind it, converted from the charset
   that Content-Type names, if that is known; else JSON is UTF-8; else what the session's
   charset_of says, else UTF-8.  Bytes that are none in it fail with E_CHARSET. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_text(ahttp_response *response);
/* The same from that charset (NULL: as above; E_UNSUPPORTED: not known); with replace, U+FFFD
   stands for bad bytes. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_text_as(ahttp_response *response,
                                                              const char *charset, bool replace);

/* Makes a value of a whole text, behind which there is a NUL.  NULL: it is not valid, and the
   reason, if it can be told, is a short one in why[size]. */
typedef void *ahttp_json_parse_fn(const char *text, size_t len, char *why, size_t size);
/* Resolves to: what parse makes of the body, the caller's; NULL for an empty one, which is no
   error: where that may come, ask ahttp_response_read for its length before.  Unless any_type,
   Content-Type must be application/json or end in +json, else E_CONTENT_TYPE.  Not valid: E_JSON.
   free_value, if given, is for a value that nobody takes.  ahttp/jansson.h and ahttp/cjson.h have
   parse functions for those libraries. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_response_json(ahttp_response *response,
                                                           ahttp_json_parse_fn *parse,
                                                           ahttp_free_fn *free_value,
                                                           bool any_type);

/* ---- The body piece by piece, instead.  Borrowed. ---- */
AHTTP_API ahttp_stream *ahttp_response_stream(ahttp_response *response);

AHTTP_END
#endif
