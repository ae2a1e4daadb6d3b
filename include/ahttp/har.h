/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_HAR_H
#define AHTTP_HAR_H
/* What a program has fetched as an HTTP Archive (HAR 1.2), which the tools of browsers show, and
   as a picture for a terminal.  Times are known if the session has timings or traces (trace.h). */
#include <ahttp/future.h>
#include <ahttp/response.h>
#include <ahttp/timings.h>
AHTTP_BEGIN

typedef struct ahttp_har ahttp_har;

/* The values of Authorization, Proxy-Authorization, Cookie and Set-Cookie are masked, unless
   shows_secrets.  NULL when out of memory. */
AHTTP_API ahttp_har *ahttp_har_new(bool shows_secrets);
AHTTP_API void ahttp_har_free(ahttp_har *har); /* NULL does nothing */

/* Adds an entry for the response, best when its body has been read; and one before it for each
   redirect that led there, whose times nobody knows.  Bodies are no part of it.  0 or
   E_NO_MEMORY. */
AHTTP_API int ahttp_har_add(ahttp_har *har, const ahttp_response *response);
/* The same for a request that failed; an error that is of no request adds nothing. */
AHTTP_API int ahttp_har_add_error(ahttp_har *har, const ahttp_error *error);

/* The archive so far, with a NUL behind it; valid until the next call.  {NULL, 0} when out of
   memory. */
AHTTP_API ahttp_bytes ahttp_har_text(ahttp_har *har);
/* Writes that to a file, off the loop, as ahttp_file_save does.  Resolves to nothing. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_har_save(ahttp_har *har, const char *path);

/* A line for each part that a request had, with a bar of columns characters (at most 200; 0: 40)
   that shows when it was.  Writes at most size bytes, a NUL at their end included; returns the
   length of all of it. */
AHTTP_API size_t ahttp_timings_draw(const ahttp_timings *timings, int columns, char *text,
                                    size_t size);

AHTTP_END
#endif
