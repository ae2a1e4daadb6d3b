/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_PARSER_H
#define AH_HTTP_H1_PARSER_H
/* HTTP/1 responses from bytes: llhttp in strict mode, behind the one door to it, for heads and
   trailers.  What llhttp does not check is checked here: version, status range, empty names,
   folded fields (refused), sizes and counts, and that its idea of the body's length is that of
   http/body_length.h, by which the body is then read.  Leniently, what http/h1_repair.h and
   http/chunked.h can put right is put right first.

   Bytes may come cut anywhere.  Body pieces point into the bytes that were fed; everything of
   the head is copied into the arena of the head given to ah_h1_parser_begin. */
#include "base/error.h"
#include "http/body_length.h"
#include "http/message.h"

/* Called from inside ah_h1_parser_feed; of the parser they may call ah_h1_parser_stop only. */
typedef struct ah_h1_parser_events {
    void (*interim)(void *ctx, const ah_response_head *head); /* 1xx but 101; may be NULL */
    void (*head)(void *ctx);
    void (*body)(void *ctx, ah_str piece);
    /* After ah_h1_parser_show: all bytes of a head or of trailers, before anything else is said
       of them. */
    void (*section)(void *ctx, bool is_head, ah_str bytes);
} ah_h1_parser_events;

typedef enum ah_h1_result {
    AH_H1_MORE,   /* all was used, the response goes on */
    AH_H1_DONE,   /* the response is complete; *used tells where what follows it starts */
    AH_H1_TUNNEL, /* the same, and what follows is not HTTP any more */
    AH_H1_FAILED  /* not a response we accept: see ah_h1_parser_take_error */
} ah_h1_result;

typedef struct ah_h1_parser ah_h1_parser;

/* NULL when out of memory.  events must outlive the parser. */
ah_h1_parser *ah_h1_parser_new(const ah_h1_parser_events *events, void *ctx);
void ah_h1_parser_free(ah_h1_parser *parser);

/* The next bytes answer a request of this method; *head is filled (its fields must have been
   initialised with the arena to use; its trailers are, here).  Both must live until the response
   is complete and the questions below are asked.  The rules, complete ones, must live as long;
   NULL: the default ones. */
void ah_h1_parser_begin(ah_h1_parser *parser, ah_str request_method, const ah_response_rules *rules,
                        ah_response_head *head);

/* Behind begin: sections are wanted as they came. */
void ah_h1_parser_show(ah_h1_parser *parser);

/* Use bytes; *used becomes how many were. After anything but MORE, begin anew or free. */
ah_h1_result ah_h1_parser_feed(ah_h1_parser *parser, ah_str bytes, size_t *used);
/* Nobody wants the rest: the head given to begin is not touched any more, and the feed at hand
   ends with FAILED, without an error, when the event returns. */
void ah_h1_parser_stop(ah_h1_parser *parser);
/* The connection has ended: DONE for a body that lasts until then, else FAILED. */
ah_h1_result ah_h1_parser_finish(ah_h1_parser *parser);

/* After FAILED: PROTOCOL, HEAD_TOO_LARGE, DISCONNECTED (ended before a byte or inside the
   head) or BODY_CUT (with bytes received and expected).  The caller's. */
ahttp_error *ah_h1_parser_take_error(ah_h1_parser *parser);

/* How the body of the response at hand is framed; valid from the head event on. */
ah_body_length ah_h1_parser_body_length(const ah_h1_parser *parser);
/* How many bytes of the body have come, without what frames them. */
uint64_t ah_h1_parser_received(const ah_h1_parser *parser);
/* How many bytes of the body are still to come, from the head event on; UINT64_MAX: it is not
   known. */
uint64_t ah_h1_parser_left(const ah_h1_parser *parser);
/* How many of the next bytes are the body's and nothing else, as far as that is known. */
uint64_t ah_h1_parser_body_ahead(const ah_h1_parser *parser);
/* Whether the body comes in chunks so large that what frames them is best read alone. */
bool ah_h1_parser_has_large_chunks(const ah_h1_parser *parser);
/* Whether the connection may be used again, as far as it is known; final after DONE.  Not where
   more than line ends had to be put right: who frames badly once may do so again. */
bool ah_h1_parser_keeps_alive(const ah_h1_parser *parser);
/* Whether any byte of the response at hand has come. */
bool ah_h1_parser_has_begun(const ah_h1_parser *parser);

#endif
