/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_COOKIE_STAGE_H
#define AH_CLIENT_COOKIE_STAGE_H
/* The stage of cookies: before a sending, those of the request and of the jar become one Cookie
   field; of each final head, what Set-Cookie says goes to the jar.  A call uses the stage only
   while there are cookies to send, or when some have come: these two functions find that out. */
#include "client/cookie_jar.h"
#include "client/response.h"

/* The request's own cookies; url and method are known.  NULL, or what is wrong. */
ahttp_error *ah_cookies_prepare(ahttp_response *call, const ahttp_request_options *options);

/* Before each sending. */
static inline void ah_cookies_look_at_jar(ahttp_response *call)
{
    if (call->course.uses_jar && ah_cookie_jar_may_have(call->session->cookie_jar))
        ah_stages_use(call, AH_STAGE_COOKIES);
}

/* Behind each final head. */
static inline void ah_cookies_look_at_head(ahttp_response *call)
{
    if (call->course.uses_jar &&
        ah_headers_has(&call->exchange.response.fields, AH_STR("Set-Cookie")))
        ah_stages_use(call, AH_STAGE_COOKIES);
}

#endif
