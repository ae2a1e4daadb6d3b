/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_MULTIPART_H
#define AH_HTTP_MULTIPART_H
/* What stands between the parts of a multipart body (RFC 7578, WHATWG HTML §4.10.21.8).  The
   bodies of the parts are the caller's to send:

       for each part:  ah_multipart_write_head, its body, AH_MULTIPART_PART_END
       at the end:     ah_multipart_write_end */
#include "base/buf.h"
#include "base/error.h"

/* All views belong to the maker. */
typedef struct ah_multipart_part {
    ah_str name;              /* of the form's field; ptr NULL: no Content-Disposition, as in
                                 multipart/mixed */
    ah_str filename;          /* ptr NULL: none */
    ah_str content_type;      /* ptr NULL: none */
    const ahttp_pair *fields; /* other fields, ending with {NULL, NULL}; NULL: none */
    int64_t size;             /* bytes of the body; -1: unknown */
} ah_multipart_part;

enum { AH_MULTIPART_BOUNDARY_LEN = 38, AH_MULTIPART_BOUNDARY_MAX = 70 };
#define AH_MULTIPART_PART_END AH_STR("\r\n")

/* A new one, of 128 random bits, so that no body has it inside: letters, digits and dashes,
   with a NUL.  NULL, or SYSTEM when the system has no random numbers. */
ahttp_error *ah_multipart_make_boundary(char boundary[AH_MULTIPART_BOUNDARY_LEN + 1]);
/* For a boundary of the caller's: NULL, or a reason for people (RFC 2046 §5.1.1). */
const char *ah_multipart_check_boundary(ah_str boundary);
/* Whether a part can be sent: NULL, or a reason for people. */
const char *ah_multipart_check_part(const ah_multipart_part *part);

/* "multipart/form-data; boundary=...", in quotes where it must be. */
void ah_multipart_write_type(ah_buf *out, ah_str subtype, ah_str boundary);
/* Boundary and fields of a part.  In its name and filename, '"' is written %22, CR %0D and LF
   %0A, and nothing else is changed. */
void ah_multipart_write_head(ah_buf *out, ah_str boundary, const ah_multipart_part *part);
void ah_multipart_write_end(ah_buf *out, ah_str boundary);

/* How long the whole is, all of the above included; -1 when the size of a part is unknown or
   the sum exceeds INT64_MAX. */
int64_t ah_multipart_length(ah_str boundary, size_t count, const ah_multipart_part parts[]);

#endif
