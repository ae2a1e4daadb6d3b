/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_LOG_H
#define AHTTP_LOG_H
/* What the library does, line by line: for finding out why something went as it did.  It is off
   at first; it is on for one loop by ahttp_loop_set_log, and for all of them by the environment:

       AHTTP_LOG=debug ./program

   Where there is no loop, the environment's has why something could not be made.
   No line has a secret in it: of headers whose name has auth, cookie, token, secret, password,
   session or key in it, and of secret_headers, only the length is told, and URLs, also those in
   other fields, go without user and password.  Paths and queries are told.  When it is off it costs
   a branch where something would be told. */
#include <ahttp/loop.h>
AHTTP_BEGIN

typedef enum ahttp_log_level {
    AHTTP_LOG_OFF,
    AHTTP_LOG_WARNING, /* a request failed; something went wrong that nobody else hears of, such as
                          why a session could not be made */
    AHTTP_LOG_INFO,    /* each request and its end, redirects, sending again */
    AHTTP_LOG_DEBUG,   /* connections: opened, step by step, given to requests, closed */
    AHTTP_LOG_TRACE    /* heads, field by field */
} ahttp_log_level;

/* topic: "request", "connection"; or what could not be made: "session", "loop".  text: one
   line without its end.  Both are valid during the call, which comes from the loop's thread and
   from the middle of things: it must not call the library, but for ahttp_loop_now. */
typedef void ahttp_log_fn(ahttp_log_level level, const char *topic, const char *text, void *ctx);

/* Lines of this level and those above it in the list go to fn(..., ctx) from now on, NULL: to
   standard error, as "libahttp: 12.345 s: request: ...". */
AHTTP_API void ahttp_loop_set_log(ahttp_loop *loop, ahttp_log_level level, ahttp_log_fn *fn,
                                  void *ctx);
/* "warning"; "off" for what is none. */
AHTTP_API const char *ahttp_log_level_name(ahttp_log_level level);

AHTTP_END
#endif
