/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_PHASES_H
#define AH_HTTP_PHASES_H
/* How long each part of a request took, and a picture of it. */
#include "base/buf.h"

/* In nanoseconds; negative: there was none. */
typedef struct ah_phases {
    int64_t blocked, dns, connect, tls, send, wait, receive;
} ah_phases;

int64_t ah_phases_sum(const ah_phases *phases);

/* Appends a line for each part that there was, in which a bar of `columns` characters shows when
   it began and ended:
       dns      12.000 ms |###                 |
       connect  20.000 ms |   #####            | */
void ah_phases_draw(ah_buf *out, const ah_phases *phases, int columns);

#endif
