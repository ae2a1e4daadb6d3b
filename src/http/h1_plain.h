/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_PLAIN_H
#define AH_HTTP_H1_PLAIN_H
/* Nearly all heads come in one piece and have nothing unusual in them.  These are read here, at
   less than half of what llhttp needs for them.  Whatever is cut, long, odd or wrong is left to
   the parser as if nobody had looked: this reader never refuses, and accepts nothing that
   another would understand in another way. */
#include "http/body_length.h"

/* Fills head from the head at the front of input, which answers a request of this method, and
   *body.  How many bytes it has, or 0: it is not plain, or memory is short; head has no fields
   then. */
size_t ah_h1_read_plain(ah_response_head *head, ah_str input, const ah_response_rules *rules,
                        ah_str request_method, ah_body_length *body);

#endif
