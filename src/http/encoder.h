/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_ENCODER_H
#define AH_HTTP_ENCODER_H
/* Applying a content coding to a request body, in bounded steps like http/coding.h. */
#include "http/coding.h"

typedef enum ah_encoder_mode {
    AH_ENCODER_GO_ON, /* more input will come; output may wait for it */
    AH_ENCODER_FLUSH, /* the peer shall be able to decode all that was given so far; max_output
                         must be 64 or more, since less is not known to be enough for the mark */
    AH_ENCODER_END    /* this is the last input */
} ah_encoder_mode;

typedef struct ah_encoder ah_encoder;
typedef struct ah_encoder_ops {
    /* Uses bytes from the front of *input, advancing it, and appends at most max_output to out.
       MORE_INPUT: all was used and what the mode asks for was done.  MORE_ROOM: call again with
       the same mode and the input that is left, perhaps none.  DONE (after END only): the coded
       data is complete.  FAILED: out of memory; only free may follow. */
    ah_coding_result (*encode)(ah_encoder *encoder, ah_str *input, ah_encoder_mode mode,
                               ah_buf *out, size_t max_output);
    void (*free)(ah_encoder *encoder);
} ah_encoder_ops;
struct ah_encoder {
    const ah_encoder_ops *ops;
};

/* For "gzip", "deflate", which is the zlib format, and where they are built in "br" and "zstd",
   without regard to case.  False when the coding is not known here; else *encoder is NULL with
   *error: out of memory, or its library is not there (UNSUPPORTED). */
bool ah_encoder_new(ah_str coding, ah_encoder **encoder, ahttp_error **error);
/* Whether it would make one. */
bool ah_encoder_works(ah_str coding);
/* How Content-Encoding names it, or NULL when it is not known here. */
const char *ah_encoder_name(ah_str coding);

/* The kinds.  NULL when out of memory, or when the library is not there. */
ah_encoder *ah_encoder_gzip_new(void);
ah_encoder *ah_encoder_deflate_new(void);
ah_encoder *ah_encoder_brotli_new(void);
ah_encoder *ah_encoder_zstd_new(void);
extern ah_library ah_encoder_brotli_library, ah_encoder_zstd_library;

#endif
