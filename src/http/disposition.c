/* SPDX-License-Identifier: MIT */
#include "http/disposition.h"
#include "base/buf.h"
#include "base/utf8.h"
#include <stdio.h>

/* ---- The field ---- */

/* What stands before the first ';', unless that is a parameter already. */
static ah_str take_type(ah_str *text)
{
    ah_str type = ah_str_slice(*text, 0, ah_str_find(*text, ';'));

    if (ah_str_find(type, '=') < type.len)
        return AH_STR("");
    *text = ah_str_slice(*text, type.len, text->len);
    return ah_str_trim(type);
}

/* Bytes that are not UTF-8 are what old servers send. */
static const char *as_utf8(const char *text, ah_arena *arena)
{
    ah_str bytes = ah_str_from(text);

    if (ah_utf8_is_valid(bytes))
        return text;
    char *copy = ah_arena_alloc(arena, 2 * bytes.len + 1);
    if (copy)
        *ah_utf8_write_latin1(copy, bytes) = '\0';
    return copy;
}

/* ---- A name in pieces (RFC 2231 §3, §4.1) ---- */

static const char *piece_of(const ahttp_pair *params, size_t number, bool is_extended)
{
    char name[40];

    snprintf(name, sizeof name, "filename*%zu%s", number, is_extended ? "*" : "");
    return ah_params_find(params, name);
}

/* Text that is not percent-encoded, as a part of what is. */
static void append_literally(ah_buf *out, const char *text)
{
    for (; *text; text++)
        if (*text == '%')
            ah_buf_append(out, AH_STR("%25"));
        else
            ah_buf_append_char(out, *text);
}

/* "filename*0", "filename*1", ...: those that are extended end in "*", and the first of them names
   the charset of all.  *joined is NULL when there are none. */
static bool join_pieces(const ahttp_pair *params, ah_arena *arena, char **joined)
{
    bool is_extended = piece_of(params, 0, true) != NULL;
    ah_buf text = {0};

    *joined = NULL;
    for (size_t i = 0;; i++) {
        const char *extended = is_extended ? piece_of(params, i, true) : NULL;
        const char *plain = extended ? NULL : piece_of(params, i, false);
        if (!extended && !plain)
            break;
        if (is_extended && plain)
            append_literally(&text, plain);
        else
            ah_buf_append(&text, ah_str_from(extended ? extended : plain));
    }
    bool done = !ah_buf_failed(&text);
    if (done && is_extended)
        done = ah_param_decode_extended(ah_buf_str(&text), arena, joined);
    else if (done && text.len > 0)
        done = (*joined = ah_arena_copy(arena, ah_buf_str(&text))) != NULL;
    ah_buf_release(&text);
    return done;
}

static bool find_filename(ah_disposition *disposition, ah_arena *arena)
{
    const char *plain = ah_params_find(disposition->params, "filename");
    const char *extended = ah_params_find(disposition->params, "filename*");
    char *decoded = NULL;

    if (extended && !ah_param_decode_extended(ah_str_from(extended), arena, &decoded))
        return false;
    if (decoded && *decoded) {
        disposition->filename = ah_str_from(decoded);
        return true;
    }
    if (!plain || !*plain) {
        if (!join_pieces(disposition->params, arena, &decoded))
            return false;
        plain = decoded;
    }
    if (!plain || !*plain)
        return true;
    disposition->filename = ah_str_from(as_utf8(plain, arena));
    return disposition->filename.ptr != NULL;
}

bool ah_disposition_read(ah_disposition *disposition, ah_arena *arena, ah_str text)
{
    ah_str rest = text;
    ah_str type = take_type(&rest);

    *disposition = (ah_disposition){.params = NULL};
    disposition->type = ah_str_make(ah_copy_lower(arena, type), type.len);
    disposition->params = ah_params_read(&rest, '\0', arena);
    return disposition->type.ptr && disposition->params && find_filename(disposition, arena);
}

/* ---- Names of files ---- */

enum { MAX_NAME = 255 };

/* Whether the character at the front, which is valid, prints or does something else: C0, DEL
   and C1, and the marks that turn the direction of writing, by which "exe.txt" shows as
   "txt.exe". */
static bool is_control(const unsigned char *c)
{
    if (c[0] < 0x20 || c[0] == 0x7F)
        return true;
    if (c[0] == 0xC2)
        return c[1] < 0xA0;
    if (c[0] != 0xE2)
        return false;
    return (c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE) || /* U+202A to U+202E */
           (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);   /* U+2066 to U+2069 */
}

static size_t character_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xE0)
        return 2;
    return lead < 0xF0 ? 3 : 4;
}

static bool is_edge(char c)
{
    return c == '.' || c == ' ';
}

/* text is valid UTF-8; at has room for MAX_NAME bytes.  Returns how many were used. */
static size_t write_safe(char *at, ah_str text)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len;) {
        size_t size = character_len((unsigned char)text.ptr[i]);
        bool is_leading = len == 0 && is_edge(text.ptr[i]);
        if (len + size > MAX_NAME)
            break;
        if (!is_leading && !is_control((const unsigned char *)text.ptr + i)) {
            memcpy(at + len, text.ptr + i, size);
            len += size;
        }
        i += size;
    }
    while (len > 0 && is_edge(at[len - 1]))
        len--;
    return len;
}

bool ah_file_name_make_safe(ah_str name, ah_arena *arena, ah_str *safe)
{
    ah_buf valid = {0};
    size_t start = name.len;

    *safe = ah_str_make(NULL, 0);
    while (start > 0 && name.ptr[start - 1] != '/' && name.ptr[start - 1] != '\\')
        start--;
    ah_utf8_append_replaced(&valid, ah_str_slice(name, start, name.len));
    char *room = ah_arena_alloc(arena, MAX_NAME + 1);
    bool is_ok = room && !ah_buf_failed(&valid);
    if (is_ok) {
        size_t len = write_safe(room, ah_buf_str(&valid));
        room[len] = '\0';
        if (len > 0)
            *safe = ah_str_make(room, len);
    }
    ah_buf_release(&valid);
    return is_ok;
}
