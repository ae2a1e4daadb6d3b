/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_RESPONSE_LOG_H
#define TESTS_SUPPORT_RESPONSE_LOG_H
/* What the HTTP/1 parser makes of some bytes, as one line of text:

       <103 Early Hints|Link: x> 200 OK|Content-Length: 3 "abc" done

   that is: interim heads in <>, the head, the body joined, +Name: value for each trailer, and
   the end: done, tunnel, more, or failed CODE: message.  "close" stands behind done where the
   connection may not be used again, "N left" where bytes were left unused. */
#include "base/buf.h"
#include "http/h1_parser.h"

typedef struct response_input {
    const char *method;      /* NULL: GET */
    ah_response_rules rules; /* 0: the defaults */
    ah_str bytes;
    bool ends; /* the connection ends behind the bytes */
} response_input;

/* The log for bytes that come in pieces of step bytes, but the first of which has first;
   out is cleared before and terminated afterwards. */
void response_log(ah_buf *out, const response_input *input, size_t first, size_t step);

/* The log is this whether the bytes come whole, one by one or cut in two anywhere.  A '*' at
   the end of expected stands for any words, where llhttp's versions have different ones. */
void assert_response_log(const response_input *input, const char *expected);

#endif
