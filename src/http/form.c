/* SPDX-License-Identifier: MIT */
#include "http/form.h"

static bool stays(char c)
{
    return ah_is_alpha(c) || ah_is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_';
}

static size_t text_size(const char *text)
{
    size_t size = 0;

    for (; *text; text++)
        size += stays(*text) || *text == ' ' ? 1 : 3;
    return size;
}

static char *write_text(char *at, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (stays(*text)) {
            *at++ = *text;
        } else if (c == ' ') {
            *at++ = '+';
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    return at;
}

size_t ah_form_size(const ahttp_pair *pairs)
{
    size_t size = 0;

    for (const ahttp_pair *pair = pairs; pair->name; pair++) {
        size += pair == pairs ? 1 : 2; /* "=" and "&" */
        size += text_size(pair->name);
        size += pair->value ? text_size(pair->value) : 0;
    }
    return size;
}

char *ah_form_write(char *at, const ahttp_pair *pairs)
{
    for (const ahttp_pair *pair = pairs; pair->name; pair++) {
        if (pair != pairs)
            *at++ = '&';
        at = write_text(at, pair->name);
        *at++ = '=';
        if (pair->value)
            at = write_text(at, pair->value);
    }
    return at;
}

void ah_form_encode(ah_buf *out, const ahttp_pair *pairs)
{
    size_t size = ah_form_size(pairs);
    char *at = ah_buf_reserve(out, size);

    if (!at)
        return;
    ah_form_write(at, pairs);
    out->len += size;
}
