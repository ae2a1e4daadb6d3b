/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_SESSION_H
#define AHTTP_SESSION_H
/* A session keeps what requests share: connections, headers, limits (aiohttp's
   ClientSession).  Make one per program, not one per request.  It belongs to its loop's thread:
   programs with several have a session on each, or a background (background.h). */
#include <ahttp/request.h>
#include <ahttp/response.h>
#include <ahttp/session_options.h>
AHTTP_BEGIN

typedef struct ahttp_session ahttp_session;

/* NULL options for the defaults.  NULL when out of memory, when options->size is not set, or
   when a header cannot be sent: a name that is no token, CR, LF or NUL in a value, or one that
   belongs to a single request (Host, Content-Length, Transfer-Encoding); or when the jar refuses
   a cookie, base_url is no URL with a path that ends in "/", credentials cannot be sent, or
   secret_headers has what is no name.  The log says which, as a warning: AHTTP_LOG=warning in the
   environment, or log.h.  A request by a NULL session aborts with a message.  Caller unrefs. */
AHTTP_API ahttp_session *ahttp_session_create(const ahttp_session_options *options);
AHTTP_API ahttp_session *ahttp_session_ref(ahttp_session *session);
/* NULL does nothing.  Requests that are under way and responses keep the session; the last
   one closes its connections, unless the connector is shared. */
AHTTP_API void ahttp_session_unref(ahttp_session *session);
/* Refuse new requests, and close the connector unless it is shared.  Requests under way and pending
   reads fail with E_CLOSED, in an order that nobody promises, as in aiohttp.  Closing twice is
   harmless.  Resolves to nothing, when the last connection is gone: as that of
   ahttp_connector_close. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_session_close(ahttp_session *session);
AHTTP_API ahttp_connector *ahttp_session_connector(ahttp_session *session);   /* borrowed */
AHTTP_API ahttp_cookie_jar *ahttp_session_cookie_jar(ahttp_session *session); /* borrowed */

/* Send it.  Resolves to: ahttp_response *, when its headers are in; caller unrefs.  What a kept
   connection swallowed, closing without a byte of response, is sent once more on another one:
   if none of it went out, or the method is idempotent or a header Idempotency-Key is given. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_session_send(ahttp_session *session,
                                                          const ahttp_request_options *request);
/* The same, of a request that says nothing but its method and URL. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_session_request(ahttp_session *session,
                                                             const char *method, const char *url);

AHTTP_END

/* ahttp_session_new, ahttp_get and the like. */
#include <ahttp/verbs.h>
#endif
