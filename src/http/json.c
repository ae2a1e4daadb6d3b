/* SPDX-License-Identifier: MIT */
#include "http/json.h"
#include "base/utf8.h"

enum { MOST_DEPTH = 64 };

const char AH_JSON_NO_MEMORY[] = "out of memory";

typedef struct reader {
    ah_arena *arena;
    const char *at, *end;
    const char *why;
    int depth;
} reader;

static bool refuse(reader *r, const char *why)
{
    if (!r->why)
        r->why = why;
    return false;
}

static void skip_blanks(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- Strings ---- */

static int read_hex(reader *r)
{
    int value = 0;

    if (r->end - r->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = ah_hex_value(*r->at++);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *write_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* Behind "\u"; two halves of a pair make one character, half a pair makes U+FFFD. */
static char *read_unicode(reader *r, char *to)
{
    int c = read_hex(r);

    if (c >= 0xD800 && c < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
        const char *behind = r->at;
        r->at += 2;
        int low = read_hex(r);
        if (low >= 0xDC00 && low < 0xE000)
            return write_utf8(to,
                              0x10000u + ((unsigned)(c - 0xD800) << 10) + (unsigned)(low - 0xDC00));
        r->at = behind;
    }
    if (c < 0) {
        refuse(r, "an escape of a character has not four hexadecimal digits");
        return to;
    }
    return write_utf8(to, c >= 0xD800 && c < 0xE000 ? 0xFFFD : (unsigned)c);
}

static char *read_escape(reader *r, char *to)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    const char *name = c ? strchr(names, c) : NULL;

    if (c == 'u')
        return read_unicode(r, to);
    if (!name)
        refuse(r, "a string has an escape that does not exist");
    else
        *to++ = values[name - names];
    return to;
}

/* What a string stands for is never longer than it is. */
static bool read_string(reader *r, ah_str *text)
{
    const char *closing = r->at;

    while (closing < r->end && *closing != '"')
        closing += *closing == '\\' && closing + 1 < r->end ? 2 : 1;
    if (closing >= r->end)
        return refuse(r, "a string does not end");
    char *copy = ah_arena_alloc(r->arena, (size_t)(closing - r->at) + 1);
    char *to = copy;
    if (!copy)
        return refuse(r, AH_JSON_NO_MEMORY);
    while (r->at < closing && !r->why) {
        unsigned char c = (unsigned char)*r->at++;
        if (c < 0x20)
            return refuse(r, "a string has a control character");
        if (c == '\\')
            to = read_escape(r, to);
        else
            *to++ = (char)c;
    }
    *to = '\0';
    r->at = closing + 1;
    *text = ah_str_make(copy, (size_t)(to - copy));
    return !r->why;
}

/* ---- Values ---- */

static size_t count_digits(const reader *r, const char *at)
{
    size_t count = 0;

    while (at + count < r->end && ah_is_digit(at[count]))
        count++;
    return count;
}

static bool read_number(reader *r, ah_str *text)
{
    const char *at = r->at + (*r->at == '-');
    size_t whole = count_digits(r, at);
    bool is_valid = whole == 1 || (whole > 1 && *at != '0');

    at += whole;
    if (at < r->end && *at == '.') {
        size_t digits = count_digits(r, ++at);
        is_valid = is_valid && digits > 0;
        at += digits;
    }
    if (at < r->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < r->end && (*at == '+' || *at == '-');
        size_t digits = count_digits(r, at);
        is_valid = is_valid && digits > 0;
        at += digits;
    }
    *text = ah_str_make(r->at, (size_t)(at - r->at));
    r->at = at;
    return is_valid || refuse(r, "there is something that is no value");
}

static bool read_word(reader *r, ah_json *value)
{
    static const struct {
        const char *word;
        ah_json_kind kind;
    } words[] = {{"null", AH_JSON_NULL}, {"false", AH_JSON_FALSE}, {"true", AH_JSON_TRUE}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ah_str word = ah_str_from(words[i].word);
        if (ah_str_starts_with(ah_str_make(r->at, (size_t)(r->end - r->at)), word)) {
            r->at += word.len;
            value->kind = words[i].kind;
            return true;
        }
    }
    value->kind = AH_JSON_NUMBER;
    return read_number(r, &value->text);
}

static ah_json *read_value(reader *r, ah_str name);

static bool read_members(reader *r, ah_json *whole, char closing)
{
    ah_json **last = &whole->first;

    if (take(r, closing))
        return true;
    do {
        ah_str name = {0};
        if (closing == '}' && (!take(r, '"') || !read_string(r, &name) || !take(r, ':')))
            return refuse(r, "a member of an object has no name");
        *last = read_value(r, name);
        if (!*last)
            return false;
        last = &(*last)->next;
    } while (take(r, ','));
    return take(r, closing) || refuse(r, "an array or object does not end");
}

static bool read_content(reader *r, ah_json *value)
{
    if (take(r, '"')) {
        value->kind = AH_JSON_STRING;
        return read_string(r, &value->text);
    }
    if (take(r, '[')) {
        value->kind = AH_JSON_ARRAY;
        return read_members(r, value, ']');
    }
    if (take(r, '{')) {
        value->kind = AH_JSON_OBJECT;
        return read_members(r, value, '}');
    }
    if (r->at == r->end)
        return refuse(r, "a value is missing at its end");
    return read_word(r, value);
}

/* NULL when it is none. */
static ah_json *read_value(reader *r, ah_str name)
{
    ah_json *value = ah_arena_alloc(r->arena, sizeof *value);

    if (!value) {
        refuse(r, AH_JSON_NO_MEMORY);
        return NULL;
    }
    *value = (ah_json){.name = name};
    if (++r->depth > MOST_DEPTH) {
        refuse(r, "it is nested too deeply");
        return NULL;
    }
    bool is_read = read_content(r, value);
    r->depth--;
    return is_read ? value : NULL;
}

const ah_json *ah_json_read(ah_arena *arena, ah_str text, const char **why)
{
    reader r = {.arena = arena, .at = text.ptr, .end = text.ptr + text.len};
    const ah_json *value = read_value(&r, (ah_str){0});

    skip_blanks(&r);
    if (value && r.at < r.end) {
        refuse(&r, "there is something behind it");
        value = NULL;
    }
    *why = r.why;
    return value;
}

/* ---- Members ---- */

const ah_json *ah_json_member(const ah_json *object, const char *name)
{
    if (!object || object->kind != AH_JSON_OBJECT)
        return NULL;
    for (const ah_json *member = object->first; member; member = member->next)
        if (ah_str_equal(member->name, ah_str_from(name)))
            return member;
    return NULL;
}

const char *ah_json_member_text(const ah_json *object, const char *name)
{
    const ah_json *member = ah_json_member(object, name);

    return member && member->kind == AH_JSON_STRING ? member->text.ptr : NULL;
}

int64_t ah_json_member_integer(const ah_json *object, const char *name)
{
    const ah_json *member = ah_json_member(object, name);
    uint64_t number;

    if (!member || member->kind != AH_JSON_NUMBER)
        return 0;
    bool is_negative = *member->text.ptr == '-';
    if (!ah_str_to_u64(ah_str_slice(member->text, is_negative, SIZE_MAX), &number) ||
        number > INT64_MAX)
        return 0;
    return is_negative ? -(int64_t)number : (int64_t)number;
}

bool ah_json_member_is_true(const ah_json *object, const char *name)
{
    const ah_json *member = ah_json_member(object, name);

    return member && member->kind == AH_JSON_TRUE;
}

/* ---- Writing ---- */

static void write_char(ah_buf *out, char c)
{
    if (c == '"' || c == '\\') {
        ah_buf_append_char(out, '\\');
        ah_buf_append_char(out, c);
    } else if ((unsigned char)c < 0x20 || c == 0x7F) {
        ah_buf_append_format(out, "\\u%04x", (unsigned)(unsigned char)c);
    } else {
        ah_buf_append_char(out, c);
    }
}

void ah_json_write_string(ah_buf *out, ah_str text)
{
    ah_buf_append_char(out, '"');
    while (text.len > 0) {
        size_t good = ah_utf8_span(text);
        for (size_t i = 0; i < good; i++)
            write_char(out, text.ptr[i]);
        text = ah_str_slice(text, good, SIZE_MAX);
        size_t bad = ah_utf8_bad_span(text);
        if (bad > 0)
            ah_buf_append(out, AH_STR(AH_UTF8_REPLACEMENT));
        text = ah_str_slice(text, bad, SIZE_MAX);
    }
    ah_buf_append_char(out, '"');
}
