/* SPDX-License-Identifier: MIT */
#include "http/charset.h"
#include "base/utf8.h"
#include <errno.h>
#include <iconv.h>

enum { MAX_NAME = 63, PIECE = 16 * 1024 };

#define NO_CONVERTER ((iconv_t)-1)
static const ah_str BYTE_ORDER_MARK = {"\xef\xbb\xbf", 3};

/* ---- Names ---- */

/* Names that are in use and that iconv does not know. */
static const struct {
    const char *name;
    const char *known;
} aliases[] = {
    {"latin-1", "ISO-8859-1"}, {"iso-8859-8-i", "ISO-8859-8"},
    {"x-sjis", "SHIFT_JIS"},   {"x-mac-roman", "MACINTOSH"},
    {"x-gbk", "GBK"},
};

bool ah_charset_is_utf8(ah_str name)
{
    static const char *const names[] = {"utf-8", "utf8", "utf_8", "utf-8-sig"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ah_str_equal_nocase(name, ah_str_from(names[i])))
            return true;
    return false;
}

/* iconv gives a meaning of its own to "/" and ",", and a name may be anything a peer wrote. */
static bool is_name(ah_str name)
{
    static const ah_str others = {"-_.:+()", 7};

    for (size_t i = 0; i < name.len; i++)
        if (!ah_is_alpha(name.ptr[i]) && !ah_is_digit(name.ptr[i]) &&
            ah_str_find(others, name.ptr[i]) == others.len)
            return false;
    return name.len > 0 && name.len <= MAX_NAME;
}

static iconv_t open_converter(ah_str name)
{
    char text[MAX_NAME + 1];

    if (!is_name(name)) {
        errno = EINVAL;
        return NO_CONVERTER;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (ah_str_equal_nocase(name, ah_str_from(aliases[i].name)))
            name = ah_str_from(aliases[i].known);
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return iconv_open("UTF-8", text);
}

bool ah_charset_is_known(ah_str name)
{
    if (ah_charset_is_utf8(name))
        return true;
    iconv_t converter = open_converter(name);
    if (converter == NO_CONVERTER)
        return false;
    iconv_close(converter);
    return true;
}

ah_str ah_charset_said_by(const ah_content_type *type)
{
    if (ah_charset_is_known(type->charset))
        return type->charset;
    return ah_content_type_is_json(type) ? AH_CHARSET_UTF8 : ah_str_make(NULL, 0);
}

/* ---- Converting ---- */

static ahttp_error *bad_byte(ah_str charset, size_t position)
{
    return ah_error_new(AHTTP_E_CHARSET, "decode text: byte %zu is not valid %.*s", position,
                        (int)charset.len, charset.ptr);
}

static ahttp_error *copy_utf8(ah_buf *out, ah_str bytes, ah_charset_mode mode)
{
    size_t good = ah_utf8_span(bytes);

    if (good < bytes.len && mode == AH_CHARSET_STRICT)
        return bad_byte(AH_CHARSET_UTF8, good);
    ah_buf_append(out, ah_str_slice(bytes, 0, good));
    ah_utf8_append_replaced(out, ah_str_slice(bytes, good, bytes.len));
    return NULL;
}

/* How many bytes to pass over where there is no character: one unit. */
static size_t unit_of(ah_str charset)
{
    if (ah_str_starts_with_nocase(charset, AH_STR("utf-16")) ||
        ah_str_starts_with_nocase(charset, AH_STR("ucs-2")))
        return 2;
    if (ah_str_starts_with_nocase(charset, AH_STR("utf-32")) ||
        ah_str_starts_with_nocase(charset, AH_STR("ucs-4")))
        return 4;
    return 1;
}

/* One call of iconv, which writes behind out->len.  At the end of the input it ends what the
   charset keeps open.  0, or iconv's errno; NO_PROGRESS when it neither read nor wrote. */
enum { NO_PROGRESS = -1 };
static int convert_piece(iconv_t converter, ah_str *input, ah_buf *out)
{
    size_t size = input->len < PIECE ? 2 * input->len + 64 : PIECE;
    char *room = ah_buf_reserve(out, size);
    char *in = (char *)(uintptr_t)input->ptr;
    size_t in_left = input->len;
    size_t room_left = size;

    if (!room)
        return ENOMEM;
    size_t code = in_left > 0 ? iconv(converter, &in, &in_left, &room, &room_left)
                              : iconv(converter, NULL, NULL, &room, &room_left);
    int why = code == (size_t)-1 ? errno : 0;
    bool moved = in_left < input->len || room_left < size;
    out->len += size - room_left;
    *input = ah_str_slice(*input, input->len - in_left, in_left);
    return why == E2BIG && !moved ? NO_PROGRESS : why;
}

static ahttp_error *convert(ah_buf *out, iconv_t converter, ah_str charset, ah_str bytes,
                            ah_charset_mode mode)
{
    ah_str input = bytes;

    for (;;) {
        bool is_end = input.len == 0;
        int why = convert_piece(converter, &input, out);
        if (why == ENOMEM)
            return ah_error_no_memory();
        if (is_end && why != E2BIG)
            return NULL;
        if (why == 0 || why == E2BIG)
            continue;
        if (mode == AH_CHARSET_STRICT)
            return bad_byte(charset, bytes.len - input.len);
        ah_buf_append(out, AH_STR(AH_UTF8_REPLACEMENT));
        /* A character that is cut is the last. */
        input = ah_str_slice(input, why == EINVAL ? input.len : unit_of(charset), input.len);
    }
}

static ahttp_error *convert_from(ah_buf *out, ah_str charset, ah_str bytes, ah_charset_mode mode)
{
    iconv_t converter = open_converter(charset);

    if (converter == NO_CONVERTER && errno == EINVAL)
        return ah_error_new(AHTTP_E_UNSUPPORTED, "decode text: the charset \"%.*s\" is not known",
                            (int)(charset.len < MAX_NAME ? charset.len : MAX_NAME), charset.ptr);
    if (converter == NO_CONVERTER && errno == ENOMEM)
        return ah_error_no_memory();
    if (converter == NO_CONVERTER)
        return ah_error_system(AHTTP_E_SYSTEM, -errno, "decode text: load the charset \"%.*s\"",
                               (int)charset.len, charset.ptr);
    ahttp_error *error = convert(out, converter, charset, bytes, mode);
    iconv_close(converter);
    return error;
}

static void remove_mark(ah_buf *out, size_t start)
{
    ah_str text = ah_str_slice(ah_buf_str(out), start, out->len);

    if (!ah_str_starts_with(text, BYTE_ORDER_MARK))
        return;
    out->len -= BYTE_ORDER_MARK.len;
    memmove(out->data + start, out->data + start + BYTE_ORDER_MARK.len, out->len - start);
}

ahttp_error *ah_charset_to_utf8(ah_buf *out, ah_str charset, ah_str bytes, ah_charset_mode mode)
{
    size_t start = out->len;
    ahttp_error *error = ah_charset_is_utf8(charset) ? copy_utf8(out, bytes, mode)
                                                     : convert_from(out, charset, bytes, mode);

    if (!error && ah_buf_failed(out))
        error = ah_error_no_memory();
    if (!error)
        remove_mark(out, start);
    return error;
}
