/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

/* Bytes that begin a character: how long it is, and between which bounds its second byte must
   be, which is what keeps out overlong forms, surrogates and what exceeds U+10FFFF. */
typedef struct utf8_lead {
    unsigned char len; /* 0: begins none */
    unsigned char low, high;
} utf8_lead;

static utf8_lead lead_of(unsigned char byte)
{
    if (byte < 0x80)
        return (utf8_lead){1, 0, 0};
    if (byte < 0xC2 || byte > 0xF4)
        return (utf8_lead){0, 0, 0};
    if (byte < 0xE0)
        return (utf8_lead){2, 0x80, 0xBF};
    if (byte < 0xF0)
        return (utf8_lead){3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    return (utf8_lead){4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
}

/* How many bytes of the character at the front are there and right; *is_whole: all of them. */
static size_t read_character(const unsigned char *at, size_t len, bool *is_whole)
{
    utf8_lead lead = lead_of(*at);
    size_t i = 1;

    *is_whole = lead.len == 1;
    if (lead.len < 2)
        return lead.len;
    if (len > 1 && at[1] >= lead.low && at[1] <= lead.high)
        for (i = 2; i < lead.len && i < len && (at[i] & 0xC0) == 0x80;)
            i++;
    *is_whole = i == lead.len;
    return i;
}

/* Most text is ASCII: eight bytes at a time. */
size_t ah_ascii_span(ah_str text)
{
    static const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t word;
    size_t i = 0;

    for (; i + sizeof word <= text.len; i += sizeof word) {
        memcpy(&word, text.ptr + i, sizeof word);
        if (word & high_bits)
            break;
    }
    while (i < text.len && (unsigned char)text.ptr[i] < 0x80)
        i++;
    return i;
}

size_t ah_utf8_span_from(ah_str text, size_t start)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t i = start;

    while (i < text.len) {
        bool is_whole;
        if (bytes[i] < 0x80) {
            i += ah_ascii_span(ah_str_make(text.ptr + i, text.len - i));
            continue;
        }
        size_t len = read_character(bytes + i, text.len - i, &is_whole);
        if (!is_whole)
            return i;
        i += len;
    }
    return i;
}

size_t ah_utf8_bad_span(ah_str text)
{
    bool is_whole;

    if (text.len == 0)
        return 0;
    size_t len = read_character((const unsigned char *)text.ptr, text.len, &is_whole);
    return len > 0 ? len : 1;
}

void ah_utf8_append_replaced(ah_buf *out, ah_str text)
{
    while (text.len > 0) {
        size_t good = ah_utf8_span(text);
        ah_buf_append(out, ah_str_make(text.ptr, good));
        text = ah_str_make(text.ptr + good, text.len - good);
        if (text.len == 0)
            return;
        ah_buf_append(out, AH_STR(AH_UTF8_REPLACEMENT));
        size_t bad = ah_utf8_bad_span(text);
        text = ah_str_make(text.ptr + bad, text.len - bad);
    }
}

char *ah_utf8_write_latin1(char *at, ah_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80)
            *at++ = (char)(0xC0 | c >> 6);
        *at++ = (char)(c < 0x80 ? c : 0x80 | (c & 0x3F));
    }
    return at;
}
