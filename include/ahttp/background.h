/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_BACKGROUND_H
#define AHTTP_BACKGROUND_H
/* Requests for programs without a loop, and from any thread (Python's requests): a thread with a
   loop and a session on it.  Send, wait, look:

       ahttp_background *http = ahttp_background_start();
       ahttp_reply *reply = ahttp_background_get(http, "https://example.com/");
       if (ahttp_reply_wait(reply, AHTTP_NEVER) == 0)
           puts(ahttp_reply_body(reply).data);
       ahttp_reply_free(reply);
       ahttp_background_stop(http);

   All functions may be called from any thread, but for the background's own: callbacks of
   options and bodies run there. */
#include <ahttp/session.h>
AHTTP_BEGIN

typedef struct ahttp_background ahttp_background;
typedef struct ahttp_reply ahttp_reply;

/* NULL stands for the defaults.  In them loop and connector stay NULL. */
typedef struct ahttp_background_options {
    size_t size;
    const ahttp_session_options *session;
    const ahttp_connector_options *connector;
} ahttp_background_options;

/* NULL when out of memory, threads or descriptors, when a size is not set, or where
   ahttp_session_create gives NULL: AHTTP_LOG=warning in the environment tells why. */
AHTTP_API ahttp_background *ahttp_background_create(const ahttp_background_options *options);
/* What is under way fails with E_CLOSED; all is closed, and the thread has ended.  Replies stay.
   No other thread may be sending any more.  NULL does nothing. */
AHTTP_API void ahttp_background_stop(ahttp_background *background);

/* Sends it, and reads the whole body (up to the session's max_body_bytes).  Returns when the
   background has begun, and request is the caller's again.  Never NULL; caller frees. */
AHTTP_API AHTTP_MUST_USE ahttp_reply *ahttp_background_send(ahttp_background *background,
                                                            const ahttp_request_options *request);

/* Blocks this thread until the reply is complete, at most limit_ms (AHTTP_NEVER: no limit; 0
   asks).  0; the code that it failed with; or E_TIMEOUT, and it goes on.  May be called again,
   and by several threads. */
AHTTP_API int ahttp_reply_wait(ahttp_reply *reply, int64_t limit_ms);
/* It fails with E_CANCELLED, unless it is complete. */
AHTTP_API void ahttp_reply_cancel(ahttp_reply *reply);
/* Cancels it, too.  NULL does nothing. */
AHTTP_API void ahttp_reply_free(ahttp_reply *reply);

/* Once wait gave 0; before that and after a failure 0, NULL and nothing.  Valid as long as the
   reply. */
AHTTP_API int ahttp_reply_status(const ahttp_reply *reply);
AHTTP_API const char *ahttp_reply_url(const ahttp_reply *reply); /* the last one, if redirected */
AHTTP_API const char *ahttp_reply_header(const ahttp_reply *reply, const char *name);
AHTTP_API const ahttp_headers *ahttp_reply_headers(const ahttp_reply *reply);
AHTTP_API ahttp_bytes ahttp_reply_body(const ahttp_reply *reply); /* decoded, a NUL behind it */
/* Why it failed; NULL unless it has. */
AHTTP_API const ahttp_error *ahttp_reply_error(const ahttp_reply *reply);

#ifndef __cplusplus
#define ahttp_background_start(...)                                                                \
    ahttp_background_create(                                                                       \
        &(ahttp_background_options){.size = sizeof(ahttp_background_options), __VA_ARGS__})
#define ahttp_background_request(background, verb, ...)                                            \
    ahttp_background_send((background),                                                            \
                          &(ahttp_request_options){.size = sizeof(ahttp_request_options),          \
                                                   .method = (verb),                               \
                                                   .url = __VA_ARGS__})
#define ahttp_background_get(background, ...)                                                      \
    ahttp_background_request(background, "GET", __VA_ARGS__)
#define ahttp_background_post(background, ...)                                                     \
    ahttp_background_request(background, "POST", __VA_ARGS__)
#endif

AHTTP_END
#endif
