/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_REQUEST_H
#define AH_CLIENT_REQUEST_H
/* From the options of a request to its exchange. */
#include "client/response.h"

/* Fills the exchange; the bodies in options are taken over.  NULL, or what is wrong. */
ahttp_error *ah_request_prepare(ahttp_response *call, const ahttp_request_options *options);
/* Instead of that, for a request that is refused before. */
void ah_request_free_bodies(const ahttp_request_options *options);

/* ---- client/request_body.c ---- */

/* The part of it that concerns the body.  *type becomes the Content-Type of a body in memory,
   else it is empty. */
ahttp_error *ah_request_take_body(ahttp_response *call, const ahttp_request_options *options,
                                  ah_str *type);
/* How long a body waits for 100 Continue, where it does. */
int64_t ah_request_expect_ms(const ahttp_request_options *options);
/* Before each sending of a request with an open source, or with an expectation: adds the fields
   that depend on it.  NULL, or what is wrong. */
ahttp_error *ah_request_describe_body(ahttp_response *call);

#endif
