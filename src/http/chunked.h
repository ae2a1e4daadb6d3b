/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_CHUNKED_H
#define AH_HTTP_CHUNKED_H
/* Undoing the chunked transfer coding (RFC 9112 §7.1), strictly: lines end in CRLF, a size is
   hexadecimal digits and nothing else.  Leniently (docs/strictness.md), a line may end in LF
   alone and spaces may follow a size.  Chunk extensions are passed over; the trailer section is
   left to who reads fields.  Zeroed memory is a strict decoder at the start of a body. */
#include "base/str.h"

typedef struct ah_chunked {
    uint64_t size; /* of the chunk at hand, when its size line has been read */
    uint64_t left; /* of the same, or the part of it that has been read of that line */
    size_t line;   /* bytes of the size line at hand */
    int state;
    bool is_lenient;
    bool was_repaired; /* more than line ends was not as a strict one accepts it */
    const char *why;   /* after FAILED: a sentence without subject or end; static */
} ah_chunked;

typedef enum ah_chunked_result {
    AH_CHUNKED_MORE_INPUT, /* all was used */
    AH_CHUNKED_DATA,       /* *data is the next piece of the body */
    AH_CHUNKED_TRAILERS,   /* the last chunk is behind us, a trailer section is at the front */
    AH_CHUNKED_DONE,       /* the same, but there is none; its empty line was used */
    AH_CHUNKED_LINE_TOO_LONG,
    AH_CHUNKED_FAILED
} ah_chunked_result;

/* Uses bytes from the front of *input, advancing it, until there is something to tell.
   max_line bounds a size line with its extensions. */
ah_chunked_result ah_chunked_decode(ah_chunked *chunked, ah_str *input, ah_str *data,
                                    size_t max_line);

/* How many of the next bytes are data and nothing else. */
uint64_t ah_chunked_data_ahead(const ah_chunked *chunked);

#endif
