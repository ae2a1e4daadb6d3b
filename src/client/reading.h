/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_READING_H
#define AH_CLIENT_READING_H
/* Reading a response's body.  There is one read at a time; its style is the function that
   answers it: pieces in stream.c, whole bodies in whole.c, files in save.c. */
#include "client/body.h"
#include "http/challenge.h"
#include "http/charset.h"
#include "http/link_field.h"
#include "loop/future.h"
#include <ahttp/head.h>

/* Settles the pending read if that can be done by now.  Called when the read begins, and
   whenever the body moved on. */
typedef void ah_answer_fn(ahttp_response *response);

/* ---- What the styles remember ---- */

typedef enum ah_stream_style { AH_STREAM_SOME, AH_STREAM_EXACTLY, AH_STREAM_UNTIL } ah_stream_style;

struct ahttp_stream {
    uint64_t total; /* bytes handed out */
    /* Of the pending read: */
    ah_stream_style style;
    size_t count;    /* at most, exactly, or among so many bytes */
    size_t searched; /* so many unread bytes do not begin the delimiter */
    ah_str delimiter;
};

/* The body in another charset than UTF-8, or with bad bytes replaced. */
typedef struct ah_converted ah_converted;

typedef struct ah_whole {
    ah_converted *converted; /* made so far, newest first */
    /* Of the pending read: */
    ah_str charset; /* ptr NULL: as the head says, or else the session */
    ah_charset_mode mode;
    ahttp_json_parse_fn *parse;
    ahttp_free_fn *free_value;
    bool any_type;
} ah_whole;

typedef struct ah_save ah_save;

/* What the head says about the body, read when somebody asks. */
typedef struct ah_head_facts {
    const ah_content_type *type; /* NULL: not read yet */
    const ahttp_disposition *disposition;
    const char *file_name;
    const ah_web_link *links;
    const ahttp_link *public_links; /* as many; NULL: not made yet */
    size_t link_count;
    const ah_challenge *challenges;
    size_t challenge_count;
    const ahttp_cookie *cookies;
    size_t cookie_count;
    bool knows_file_name, knows_links, knows_challenges, knows_cookies;
    const char *real_url; /* these two are of the request */
    const ahttp_headers *sent;
} ah_head_facts;

/* ---- client/reading.c ---- */

/* A failed future when nothing, or no piece, may be read now; else NULL. */
ahttp_future *ah_reading_refuse(ahttp_response *response);
ahttp_future *ah_reading_refuse_pieces(ahttp_response *response);
ahttp_future *ah_reading_refuse_for(ahttp_response *response, int code, const char *why);
/* The future of a read, which is answered already if it can be. */
ahttp_future *ah_reading_begin(ahttp_response *response, ah_answer_fn *answer);
void ah_reading_resolve(ahttp_response *response, void *result, ahttp_free_fn *free_result);
/* The error, which is taken over, should name the request. */
void ah_reading_reject(ahttp_response *response, ahttp_error *error);
/* The body is of no use any more, whether or not it is still arriving.  That may answer the
   pending read. */
void ah_reading_fail_body(ahttp_response *response, ahttp_error *error);
/* The pending read has to wait, and *text may go when the call returns: makes it a copy.  The
   read fails when there is no memory. */
void ah_reading_keep(ahttp_response *response, ah_str *text);
/* Lets the wire go on if there is room. */
void ah_reading_let_more_come(ahttp_response *response);

/* ---- client/whole.c ---- */

void ah_whole_clear(ah_whole *whole);

/* ---- client/head.c ---- */

/* NULL when out of memory. */
const ah_content_type *ah_response_type(ahttp_response *response);

#endif
