/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_HAR_H
#define AHTTP_HAR_H
/* What a session exchanges as an HTTP Archive (HAR 1.2), which the tools of browsers show, and as
   a picture for a terminal:

       ahttp_har *har = ahttp_har_new(false);
       ahttp_session *session = ahttp_session_new(.traces = AHTTP_TRACES(ahttp_har_trace(har)));

   records by itself; ahttp_har_add adds what the program wants to have in it. */
#include <ahttp/future.h>
#include <ahttp/response.h>
#include <ahttp/trace.h>
AHTTP_BEGIN

typedef struct ahttp_har ahttp_har;

/* Secrets are masked as in logs (log.h), unless shows_secrets.  NULL when out of memory. */
AHTTP_API ahttp_har *ahttp_har_new(bool shows_secrets);
AHTTP_API void ahttp_har_free(ahttp_har *har); /* NULL does nothing */

/* An entry for each exchange, when it ends: redirects, what was sent again, and failures too.
   Valid as long as har, which must outlive the sessions that it is given to.  What memory does
   not suffice for is missing. */
AHTTP_API const ahttp_trace *ahttp_har_trace(const ahttp_har *har);

/* Adds an entry for the response, best when its body has been read; and one before it for each
   redirect that led there, whose times nobody knows.  Times are known if the session has timings
   or traces.  Bodies are no part of it.  0 or E_NO_MEMORY. */
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

/* Draws each exchange when it ends, below a line of what it was and became, to ctx, a FILE *:
   {.size = sizeof(ahttp_trace), .on = {[AHTTP_TRACE_EXCHANGE] = ahttp_waterfall}, .ctx = stderr}.
   For sessions of one loop. */
AHTTP_API void ahttp_waterfall(const ahttp_trace_info *info, void *ctx);

AHTTP_END
#endif
