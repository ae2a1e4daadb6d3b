/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_HEAD_H
#define AHTTP_HEAD_H
/* Fields of a response's head that have a form of their own, read when somebody asks.  What is
   returned is lent as long as the response; lists end with {NULL, NULL}.  NULL also when out of
   memory. */
#include <ahttp/response.h>
AHTTP_BEGIN

/* ---- Content-Disposition (RFC 6266; aiohttp's content_disposition) ---- */

typedef struct ahttp_disposition {
    const char *type;         /* "attachment", lower case; "" if there is none */
    const char *file_name;    /* as the server says, in UTF-8, or NULL: not to be used as a path;
                                 ahttp_response_file_name makes it safe */
    const ahttp_pair *params; /* in order, names in lower case, values as they came */
} ahttp_disposition;
/* NULL if there is none. */
AHTTP_API const ahttp_disposition *ahttp_response_disposition(const ahttp_response *response);

/* ---- Link (RFC 8288; aiohttp's links) ---- */

typedef struct ahttp_link {
    const char *url;          /* where it leads, absolute, without fragment; NULL: not to http */
    const char *target;       /* as it stands there, perhaps relative */
    const char *relation;     /* of rel, one or more words; may be "" */
    const ahttp_pair *params; /* in order, names in lower case, rel among them; title* is decoded */
} ahttp_link;
/* The links of all fields, in order; NULL behind the last. */
AHTTP_API const ahttp_link *ahttp_response_link_at(const ahttp_response *response, size_t index);

/* ---- WWW-Authenticate, and of a 407 Proxy-Authenticate (RFC 9110 §11.6.1) ---- */

/* A parameter of the first challenge of that scheme, such as "Basic" and "realm"; both without
   regard to case.  Parameter NULL: what stands behind the scheme alone, as in "Negotiate abc==",
   or "".  NULL: it is not there. */
AHTTP_API const char *ahttp_response_challenge(const ahttp_response *response, const char *scheme,
                                               const char *parameter);

AHTTP_END
#endif
