/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_ENCODE_H
#define AHTTP_COMMAND_ENCODE_H
/* Bytes as other texts. */
#include "text.h"

void encode_url(text *out, const char *bytes, size_t len);  /* unreserved characters stay */
void encode_form(text *out, const char *bytes, size_t len); /* the same, space becomes + */
/* As inside of a JSON string, without the quotes. */
void encode_json(text *out, const char *bytes, size_t len);
void encode_base64(text *out, const char *bytes, size_t len);
/* False: it is none. */
bool decode_base64(text *out, const char *encoded);
/* Percent-decoding, in place. */
void decode_url(char *text);

#endif
