/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_MESSAGE_H
#define AH_HTTP_MESSAGE_H
/* Heads of messages, whatever version of HTTP carries them. */
#include "http/headers.h"

/* What goes out before a body.  All views belong to the maker. */
typedef struct ah_request_head {
    ah_str method;
    int64_t body_length;         /* 0: none, and no framing field but where needed; -1: chunked */
    bool has_body;               /* says of body_length 0: there is a body, an empty one */
    bool wants_close;            /* say that this is the connection's last request */
    bool is_exact;               /* fields_text is all that goes out; nothing is added */
    bool says_chunked;           /* ... and it says Transfer-Encoding: chunked */
    bool http_1_0;               /* the version that the request says */
    ah_str target;               /* origin-form, absolute-form or authority-form */
    ah_str target_prefix;        /* "http://h:81", which makes a path absolute-form; or empty */
    ah_str authority;            /* the Host field; not among fields */
    const ahttp_headers *fields; /* all others but those that frame the body */
    ah_str fields_text;          /* the same as HTTP/1 text "Name: value\r\n"..., if the maker
                                    has it at hand; else ptr NULL */
} ah_request_head;

/* How much of a response's head is accepted, and what; sizes are in bytes.  Beyond a limit the
   response fails with HEAD_TOO_LARGE. */
typedef struct ah_response_rules {
    size_t max_line;    /* status line, or size line of a chunk, without its line end */
    size_t max_field;   /* name and value of one field */
    size_t max_fields;  /* of head and trailers together */
    size_t max_head;    /* all of a head, and all trailers; at most 2^31 - 1 */
    size_t max_interim; /* number of 1xx before the final head */
    bool lenient;       /* docs/strictness.md */
    bool http_0_9;      /* a response may have no head */
    bool until_close;   /* Content-Length does not count */
    bool keep_chunks;   /* what frames chunks is given out with them */
} ah_response_rules;

extern const ah_response_rules ah_default_response_rules;
/* Sets every limit that is 0 to its default. */
void ah_response_rules_complete(ah_response_rules *rules);

/* What came back before a body. */
typedef struct ah_response_head {
    int status;
    unsigned char minor_version; /* of HTTP/1 */
    bool has_trailers;           /* without which the trailers are empty, and need no emptying */
    ah_str reason;               /* NUL behind it */
    ahttp_headers fields;
    ahttp_headers trailers; /* what came behind a chunked body */
} ah_response_head;

static inline void ah_response_head_forget_trailers(ah_response_head *head)
{
    if (AH_LIKELY(!head->has_trailers))
        return;
    head->has_trailers = false;
    head->trailers = (ahttp_headers){.count = 0};
}
/* An empty one, whose fields go to arena. */
static inline ah_response_head ah_response_head_in(ah_arena *arena)
{
    return (ah_response_head){.fields = {.arena = arena}};
}
/* The same for one that was used before, or zeroed. */
static inline void ah_response_head_empty(ah_response_head *head, ah_arena *arena)
{
    head->status = 0;
    head->minor_version = 0;
    head->reason = (ah_str){NULL, 0};
    ah_headers_init(&head->fields, arena);
    ah_response_head_forget_trailers(head);
}

#endif
