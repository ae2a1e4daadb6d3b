/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_REQUEST_H
#define AH_CLIENT_REQUEST_H
/* From the options of a request to its exchange. */
#include "client/response.h"

/* Fills the exchange; the bodies in options are taken over.  NULL, or what is wrong. */
ahttp_error *ah_request_prepare(ahttp_response *call, const ahttp_request_options *options);
static inline bool ah_request_is_get(const char *method)
{
    return !method ||
           (method[0] == 'G' && method[1] == 'E' && method[2] == 'T' && method[3] == '\0');
}
/* The same for a GET that says nothing but its URL, when the session's first one is known. */
ahttp_error *ah_request_prepare_get(ahttp_response *call, const char *url);
/* Makes the fields the call's own, where they are the session's.  False when out of memory. */
bool ah_request_own_fields(ahttp_response *call);
/* Adds one for the sending at hand; both texts are copied.  False when out of memory. */
bool ah_request_add_field(ahttp_response *call, ah_str name, ah_str value);
/* Instead of preparing, for a request that is refused before. */
void ah_request_free_bodies(const ahttp_request_options *options);

/* ---- client/request_body.c ---- */

/* The part of it that concerns the body.  *type becomes the Content-Type of a body in memory,
   else it is empty. */
ahttp_error *ah_request_take_body(ahttp_response *call, const ahttp_request_options *options,
                                  ah_str *type);
/* Before each sending, where anything is added: no field is any more, but those of an open
   source.  NULL, or what is wrong. */
ahttp_error *ah_request_describe_body(ahttp_response *call);

/* ---- client/expect.c ---- */

/* The body, if there is one, waits for 100 Continue. */
void ah_request_expect(ahttp_response *call, const ahttp_request_options *options);

/* ---- client/raise.c ---- */

/* Whether a status may fail it; settings are those that become the call's. */
void ah_raise_prepare(ahttp_response *call, ah_call_settings *settings,
                      const ahttp_request_options *options);

/* ---- client/redirect.c ---- */

/* Whether and how far it follows, and what stays at its origin; the method is known.  NULL, or what
   is wrong. */
ahttp_error *ah_redirect_prepare(ahttp_response *call, ah_call_settings *settings,
                                 const ahttp_request_options *options);

#endif
