/* SPDX-License-Identifier: MIT */
#include "http/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes, of which the last ones may be missing, become four characters. */
static void encode_group(char *to, const unsigned char *bytes, size_t count)
{
    unsigned group = (unsigned)bytes[0] << 16;

    if (count > 1)
        group |= (unsigned)bytes[1] << 8;
    if (count > 2)
        group |= bytes[2];
    to[0] = alphabet[group >> 18];
    to[1] = alphabet[group >> 12 & 63];
    to[2] = count > 1 ? alphabet[group >> 6 & 63] : '=';
    to[3] = count > 2 ? alphabet[group & 63] : '=';
}

void ah_base64_encode(ah_buf *out, ah_str bytes)
{
    size_t groups = bytes.len / 3 + (bytes.len % 3 > 0);
    char *to = ah_buf_reserve(out, groups > SIZE_MAX / 4 ? SIZE_MAX : groups * 4);

    if (!to)
        return;
    for (size_t i = 0; i < bytes.len; i += 3, to += 4)
        encode_group(to, (const unsigned char *)bytes.ptr + i, bytes.len - i);
    out->len += groups * 4;
}
