/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_CODING_H
#define AH_HTTP_CODING_H
/* Undoing content codings (RFC 9110 §8.4), in bounded steps: each call makes at most as many
   bytes as asked for, however much the input swells. */
#include "base/buf.h"
#include "base/error.h"
#include "base/library.h"
#include "http/headers.h"

typedef enum ah_coding_result {
    AH_CODING_MORE_INPUT, /* all input was used */
    AH_CODING_MORE_ROOM,  /* there is more to do: max_output was reached, or the call has done
                             enough work for once; call again, perhaps with empty input */
    AH_CODING_DONE,       /* the coded data is complete; further input is left unused */
    AH_CODING_FAILED      /* corrupt, or out of memory: take the error */
} ah_coding_result;

typedef struct ah_decoder ah_decoder;
typedef struct ah_decoder_ops {
    /* Uses bytes from the front of *input, advancing it, and appends to out.  After DONE it
       gives DONE again; after FAILED only finish, take_error and free may follow. */
    ah_coding_result (*decode)(ah_decoder *decoder, ah_str *input, ah_buf *out, size_t max_output);
    /* The input has ended: NULL, or CODING when the data is cut.  No input at all is fine. */
    ahttp_error *(*finish)(ah_decoder *decoder);
    /* After FAILED, once; the caller's. */
    ahttp_error *(*take_error)(ah_decoder *decoder);
    void (*free)(ah_decoder *decoder);
} ah_decoder_ops;
struct ah_decoder {
    const ah_decoder_ops *ops;
};

/* How far a body may swell.  Beyond free_bytes, what came out, of the last coding or of any
   between, must not be more than max_ratio times what went in, else the decoder fails with
   DECODED_TOO_LARGE.  Text that people write seldom shrinks to less than a fiftieth; a bomb of
   gzip swells a thousandfold, one of br or zstd ten thousandfold and more. */
typedef struct ah_coding_limits {
    int64_t free_bytes; /* 0: 10 MiB */
    int64_t max_ratio;  /* 0: 200; AHTTP_UNLIMITED: none */
} ah_coding_limits;

/* More codings on one body than this are refused. */
enum { AH_CODING_MAX_COUNT = 5 };

/* For the value of Content-Encoding: a decoder for all codings in it, last one first.
   *decoder is NULL where there is nothing to undo (identity, empty).  False when a coding is
   not known here, so that the body is to be left as it is, *error being NULL; or with *error
   when there are too many (CODING), when the library of one is not there (UNSUPPORTED), or when
   out of memory.  limits may be NULL: the defaults. */
bool ah_decoder_new(ah_str content_encoding, const ah_coding_limits *limits, ah_decoder **decoder,
                    ahttp_error **error);
/* The same for all fields of that name together, in their order. */
bool ah_decoder_new_for(const ahttp_headers *fields, const ah_coding_limits *limits,
                        ah_decoder **decoder, ahttp_error **error);
/* The same for Transfer-Encoding but chunked, and for Content-Encoding before that if with_content
   (RFC 9112 §7).  A transfer coding that is not known here is an error (CODING). */
bool ah_decoder_new_for_transfer(const ahttp_headers *fields, bool with_content,
                                 const ah_coding_limits *limits, ah_decoder **decoder,
                                 ahttp_error **error);

/* What ah_decoder_new knows, for Accept-Encoding: "gzip, deflate, br, zstd", or without what
   was not built in, or whose library is not there. */
ah_str ah_coding_accepted(void);
/* Whether there would be a decoder for this coding. */
bool ah_decoder_works(ah_str name);

/* Why what was to be made for a coding could not be: its library, NULL if it needs none, is not
   there (UNSUPPORTED), or else out of memory. */
ahttp_error *ah_coding_failed(const char *what, const char *name, ah_library *library);

/* Decoders in a row, stages[0] reading the input, held to the limits; takes them over.  NULL
   when out of memory: they are the caller's still. */
ah_decoder *ah_decoder_chain_new(size_t count, ah_decoder *const stages[],
                                 const ah_coding_limits *limits);

/* http/coding_gzip.c; NULL when out of memory, and below also when the library is not there.
   gzip (RFC 1952): members one after the other, with zeros between and behind them; anything
   else behind a member ends the data, as it does for gzip and browsers.
   deflate: zlib (RFC 1950) or raw (RFC 1951), told apart by the two bytes of zlib's header. */
ah_decoder *ah_decoder_gzip_new(void);
ah_decoder *ah_decoder_deflate_new(void);
/* http/coding_brotli.c, where it is built in (AHTTP_BROTLI): br (RFC 7932). */
ah_decoder *ah_decoder_brotli_new(void);
/* http/coding_zstd.c, where it is built in (AHTTP_ZSTD): zstd (RFC 8878), frames one after the
   other, with windows of at most 8 MiB (RFC 9659). */
ah_decoder *ah_decoder_zstd_new(void);
extern ah_library ah_decoder_brotli_library, ah_decoder_zstd_library; /* where they are built in */

#endif
