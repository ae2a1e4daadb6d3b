/* SPDX-License-Identifier: MIT */
#include "encode.h"
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void encode_url(text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_unreserved(bytes[i]))
            text_add_char(out, bytes[i]);
        else
            text_add_format(out, "%%%02X", (unsigned char)bytes[i]);
    }
}

void encode_form(text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == ' ')
            text_add_char(out, '+');
        else
            encode_url(out, bytes + i, 1);
    }
}

void encode_json(text *out, const char *bytes, size_t len)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";

    for (size_t i = 0; i < len; i++) {
        const char *special = bytes[i] ? strchr(plain, bytes[i]) : NULL;
        if (special)
            text_add_format(out, "\\%c", letters[special - plain]);
        else if ((unsigned char)bytes[i] < ' ')
            text_add_format(out, "\\u%04x", (unsigned char)bytes[i]);
        else
            text_add_char(out, bytes[i]);
    }
}

void encode_base64(text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 3) {
        unsigned long value = 0;
        size_t count = len - i < 3 ? len - i : 3;
        for (size_t j = 0; j < 3; j++)
            value = value << 8 | (j < count ? (unsigned char)bytes[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            text_add_char(out, j <= count ? alphabet[value >> (18 - 6 * j) & 63] : '=');
    }
}

bool decode_base64(text *out, const char *encoded)
{
    size_t len = strlen(encoded);

    if (len == 0 || len % 4)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        unsigned long value = 0;
        size_t count = 0;
        for (size_t j = 0; j < 4; j++) {
            const char *found = strchr(alphabet, encoded[i + j]);
            bool is_pad = encoded[i + j] == '=' && i + 4 == len && j >= 2;
            if ((!found && !is_pad) || (found && count < j))
                return false;
            count += found != NULL;
            value = value << 6 | (found ? (unsigned long)(found - alphabet) : 0);
        }
        for (size_t j = 0; j + 1 < count; j++)
            text_add_char(out, (char)(value >> (16 - 8 * j) & 255));
    }
    return true;
}

void decode_url(char *text)
{
    char *out = text;

    for (; *text; text++) {
        int high = text[0] == '%' ? hex_value(text[1]) : -1;
        int low = high >= 0 ? hex_value(text[2]) : -1;
        if (low >= 0) {
            *out++ = (char)(high << 4 | low);
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}
