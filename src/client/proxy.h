/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_PROXY_H
#define AH_CLIENT_PROXY_H
/* The proxy of a request: from what the program says to the one that is used.  The stage that
   chooses one for each hop, and logs in to one that forwards requests, is ah_proxy_stage. */
#include "client/response.h"
#include "pool/proxy.h"
#include <ahttp/proxy.h>

/* *proxy becomes a reference to it; NULL where given has no URL.  NULL, or what is wrong: an
   ARGUMENT error that begins with name and shows no secrets. */
ahttp_error *ah_proxy_from_options(ahttp_session *session, const ahttp_proxy *given,
                                   const char *name, ah_proxy **proxy);

/* What a session says about proxies, of which it keeps copies.  False when out of memory; what
   is wrong fails the requests that would use it. */
bool ah_proxy_take_session(ahttp_session *session, const ahttp_session_options *options);
void ah_proxy_release_session(ahttp_session *session);

/* The same for a request.  NULL, or what is wrong. */
ahttp_error *ah_proxy_prepare(ahttp_response *call, const ahttp_request_options *options);
void ah_proxy_release_call(ahttp_response *call);

/* The way that was chosen. */
ah_route ah_proxy_route(const ahttp_response *call);

#endif
