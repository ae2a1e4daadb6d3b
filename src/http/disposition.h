/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_DISPOSITION_H
#define AH_HTTP_DISPOSITION_H
/* The field Content-Disposition (RFC 6266), and names of files that a server has chosen. */
#include "http/params.h"

/* All texts have a NUL behind them and live in the arena. */
typedef struct ah_disposition {
    ah_str type;              /* "attachment", in lower case; empty when the field has none */
    ah_str filename;          /* of "filename*" (RFC 8187) if that can be read, else of "filename",
                                 else of its pieces "filename*0", ... (RFC 2231);
                                 UTF-8, where it was not, its bytes were taken for ISO-8859-1;
                                 ptr NULL when there is none.  Never use it as a path. */
    const ahttp_pair *params; /* in order, names in lower case, values as they were given;
                                 {NULL, NULL} behind the last */
} ah_disposition;

/* False when out of memory. */
bool ah_disposition_read(ah_disposition *disposition, ah_arena *arena, ah_str text);

/* A name under which to keep a file in a folder of the program's choice: the part behind the
   last "/" or "\", without control characters (those that turn the direction of writing among
   them), without dots and spaces at both ends, invalid UTF-8 replaced, at most 255 bytes.  So it
   is never hidden, "." or "..".  *safe is empty, with ptr NULL, when nothing is left.  False
   when out of memory. */
bool ah_file_name_make_safe(ah_str name, ah_arena *arena, ah_str *safe);

#endif
