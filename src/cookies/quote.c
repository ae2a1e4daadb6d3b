/* SPDX-License-Identifier: MIT */
#include "cookies/quote.h"

static bool is_octet(char c)
{
    return c > ' ' && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool ah_cookie_value_is_plain(ah_str value)
{
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = ah_str_slice(value, 1, value.len - 2);
    for (size_t i = 0; i < value.len; i++)
        if (!is_octet(value.ptr[i]))
            return false;
    return true;
}

static void quote_char(ah_buf *out, char c)
{
    if (c == '"' || c == '\\') {
        ah_buf_append_char(out, '\\');
        ah_buf_append_char(out, c);
    } else if (c == ' ' || is_octet(c)) {
        ah_buf_append_char(out, c);
    } else {
        ah_buf_append_format(out, "\\%03o", (unsigned)(unsigned char)c);
    }
}

void ah_cookie_quote(ah_buf *out, ah_str value)
{
    if (ah_cookie_value_is_plain(value)) {
        ah_buf_append(out, value);
        return;
    }
    ah_buf_append_char(out, '"');
    for (size_t i = 0; i < value.len; i++)
        quote_char(out, value.ptr[i]);
    ah_buf_append_char(out, '"');
}
