/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_HEADERS_H
#define AHTTP_HEADERS_H
/* A list of header fields: in the order and case in which they arrived, repeats kept apart;
   looked up without regard to case (RFC 9110 §5).  aiohttp's CIMultiDict and raw_headers. */
#include <ahttp/base.h>
AHTTP_BEGIN

typedef struct ahttp_headers ahttp_headers;

AHTTP_API size_t ahttp_headers_count(const ahttp_headers *headers);
/* The field at index, 0 being the first; {NULL, NULL} behind the last.  What it points to
   lives as long as headers. */
AHTTP_API ahttp_pair ahttp_headers_at(const ahttp_headers *headers, size_t index);
/* The first field's value, or NULL. */
AHTTP_API const char *ahttp_headers_get(const ahttp_headers *headers, const char *name);
/* The value of the nth field of that name, counted from 0, or NULL. */
AHTTP_API const char *ahttp_headers_get_nth(const ahttp_headers *headers, const char *name,
                                            size_t nth);

AHTTP_END
#endif
