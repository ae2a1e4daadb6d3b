/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_WRITER_H
#define AH_HTTP_H1_WRITER_H
/* HTTP/1.1 requests as bytes (RFC 9112 §3, §5, §7.1).  Everything in the head has been
   checked before; here it is only put in order: request line, Host, fields, framing. */
#include "base/buf.h"
#include "http/message.h"

/* The head with its empty line, appended to out (which remembers running out of memory). */
void ah_h1_write_head(ah_buf *out, const ah_request_head *head);
/* The fields alone, as text for ah_request_head.fields_text. */
void ah_h1_write_fields(ah_buf *out, const ahttp_headers *fields);

#endif
