/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_BODY_LENGTH_H
#define AH_HTTP_BODY_LENGTH_H
/* How long a response's body is: RFC 9112 §6.3, all of it, in one function. */
#include "http/message.h"

typedef enum ah_framing {
    AH_FRAMING_NONE,   /* no body */
    AH_FRAMING_LENGTH, /* length bytes */
    AH_FRAMING_CHUNKED,
    AH_FRAMING_UNTIL_CLOSE, /* all that comes until the connection ends */
    AH_FRAMING_TUNNEL,      /* not HTTP any more: 101, and 2xx to CONNECT */
    AH_FRAMING_INVALID      /* fields contradict each other: why says how */
} ah_framing;

typedef struct ah_body_length {
    ah_framing framing;
    union {
        uint64_t length; /* of LENGTH */
        const char *why; /* of INVALID */
    };
} ah_body_length;

ah_body_length ah_response_body_length(ah_str request_method, const ah_response_head *head);

/* For the next one, where the first field Connection is this one. */
bool ah_response_says_keep_alive(const ah_response_head *head, const ah_field *connection);
/* Whether the connection may carry another exchange after this one (RFC 9112 §9.3). */
static inline bool ah_response_keeps_alive(const ah_response_head *head, ah_framing framing)
{
    if (framing != AH_FRAMING_NONE && framing != AH_FRAMING_LENGTH && framing != AH_FRAMING_CHUNKED)
        return false;
    const ah_field *connection = ah_headers_find(&head->fields, AH_STR("Connection"));
    return connection ? ah_response_says_keep_alive(head, connection) : head->minor_version > 0;
}

#endif
