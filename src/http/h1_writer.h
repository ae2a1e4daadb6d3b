/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_H1_WRITER_H
#define AH_HTTP_H1_WRITER_H
/* HTTP/1.1 requests as bytes (RFC 9112 §3, §5, §7.1).  Everything in the head has been
   checked before; here it is only put in order: request line, Host, fields, framing. */
#include "base/buf.h"
#include "http/message.h"

/* The head with its empty line, appended to out (which remembers running out of memory).
   Host, Content-Length and Transfer-Encoding are said by authority and body_length alone:
   fields of these names are left out, so that a message never has two opinions on its length.
   (fields_text must not have them either.)  POST, PUT and PATCH without a body say
   "Content-Length: 0"; "Connection: close", and with HTTP/1.0 "keep-alive", are not repeated
   where fields say so already. */
void ah_h1_write_head(ah_buf *out, const ah_request_head *head);
/* The target of the request line. */
void ah_h1_write_target(ah_buf *out, const ah_request_head *head);
/* The fields alone, as text for ah_request_head.fields_text. */
void ah_h1_write_fields(ah_buf *out, const ahttp_headers *fields);

/* What comes before the size bytes of a chunk, behind which goes CRLF. */
void ah_h1_write_chunk_start(ah_buf *out, size_t size);

#endif
