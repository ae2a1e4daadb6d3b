/* SPDX-License-Identifier: MIT */
/* The states of the standard's parser as functions, each of which takes its part from the front
   of the text and writes it.  All schemes here are "special" ones. */
#include "http/url_browser.h"

/* The percent-encode sets (§1.3), but for control characters, spaces and bytes beyond "~". */
static const char in_path[] = "\"#<>?^`{}";
static const char in_query[] = "\"#<>'";
static const char in_fragment[] = "\"<>`";
static const char in_userinfo[] = "\"#<>?^`{}/:;=@[\\]|";

/* What is read, and what is written of it. */
typedef struct reading {
    ah_str rest;
    const ah_url *base; /* may be NULL */
    ah_str scheme;
    ah_arena *arena;
    ah_buf *out;
} reading;

/* ---- Characters ---- */

static ah_str skip(ah_str text, size_t count)
{
    return ah_str_slice(text, count, SIZE_MAX);
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

static size_t count_slashes(ah_str text)
{
    size_t count = 0;

    while (count < text.len && is_slash(text.ptr[count]))
        count++;
    return count;
}

/* Takes what stands before the first of the characters in `ends`. */
static ah_str take_until(ah_str *rest, const char *ends)
{
    size_t end = 0;

    while (end < rest->len && (rest->ptr[end] == '\0' || !strchr(ends, rest->ptr[end])))
        end++;
    ah_str part = ah_str_make(rest->ptr, end);
    *rest = skip(*rest, end);
    return part;
}

static void append_encoded(ah_buf *out, ah_str text, const char *set)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr(set, c))
            ah_buf_append_format(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            ah_buf_append_char(out, c);
    }
}

/* Without what no URL has, round it and within. */
static void append_cleaned(ah_buf *out, ah_str text)
{
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ')
        text = skip(text, 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\t' && text.ptr[i] != '\n' && text.ptr[i] != '\r')
            ah_buf_append_char(out, text.ptr[i]);
}

/* ---- Scheme ---- */

static const char *set_scheme(reading *it, ah_str given)
{
    static const ah_str schemes[] = {{"http", 4}, {"https", 5}, {"ws", 2}, {"wss", 3}};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (ah_str_equal_nocase(given, schemes[i])) {
            it->scheme = schemes[i];
            return NULL;
        }
    return "the scheme is none of http, https, ws and wss";
}

/* Whether what follows is relative to base is *is_relative. */
static const char *read_scheme(reading *it, bool *is_relative)
{
    ah_str given = ah_url_scheme_of(it->rest);

    if (!given.ptr) {
        *is_relative = true;
        it->scheme = it->base ? it->base->scheme : it->scheme;
        return it->base ? NULL : "it does not begin with a scheme, such as https:";
    }
    it->rest = skip(it->rest, given.len + 1);
    const char *why = set_scheme(it, given);
    *is_relative = !why && it->base && ah_str_equal(it->base->scheme, it->scheme);
    return why;
}

/* ---- Authority ---- */

static void append_userinfo(ah_buf *out, ah_str userinfo)
{
    size_t colon = ah_str_find(userinfo, ':');
    ah_str password = skip(userinfo, colon + 1);

    if (colon == 0 && password.len == 0)
        return;
    append_encoded(out, ah_str_slice(userinfo, 0, colon), in_userinfo);
    if (password.len > 0) {
        ah_buf_append_char(out, ':');
        append_encoded(out, password, in_userinfo);
    }
    ah_buf_append_char(out, '@');
}

static const char *append_port(reading *it, ah_str text)
{
    bool is_tls =
        ah_str_equal(it->scheme, AH_STR("https")) || ah_str_equal(it->scheme, AH_STR("wss"));
    uint64_t port;

    if (text.len == 0)
        return NULL;
    if (!ah_str_to_u64(text, &port) || port > 65535)
        return "the port is not a number between 0 and 65535";
    if (port != (is_tls ? 443 : 80))
        ah_buf_append_format(it->out, ":%u", (unsigned)port);
    return NULL;
}

/* The first colon that is not within brackets, else the end. */
static size_t find_port(ah_str text)
{
    bool is_within = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '[')
            is_within = true;
        else if (text.ptr[i] == ']')
            is_within = false;
        else if (text.ptr[i] == ':' && !is_within)
            return i;
    }
    return text.len;
}

static const char *read_authority(reading *it)
{
    ah_str text = take_until(&it->rest, "/\\?#");
    size_t at = ah_str_find_last(text, '@');

    ah_buf_append(it->out, it->scheme);
    ah_buf_append(it->out, AH_STR("://"));
    if (at < text.len) {
        append_userinfo(it->out, ah_str_slice(text, 0, at));
        text = skip(text, at + 1);
    }
    size_t colon = find_port(text);
    const char *why = ah_url_append_browser_host(it->out, it->arena, ah_str_slice(text, 0, colon));
    return why ? why : append_port(it, skip(text, colon + 1));
}

/* ---- Behind it ---- */

/* path begins with a slash, or is empty. */
static void append_path(ah_buf *out, ah_str path)
{
    ah_buf encoded = {0};

    append_encoded(&encoded, path, in_path);
    for (size_t i = 0; i < encoded.len; i++)
        if (encoded.data[i] == '\\')
            encoded.data[i] = '/';
    if (encoded.len == 0)
        ah_buf_append_char(&encoded, '/');
    if (ah_buf_failed(&encoded))
        out->failed = true;
    else
        ah_url_append_without_dots(out, ah_buf_str(&encoded), true);
    ah_buf_release(&encoded);
}

static void read_query_and_fragment(reading *it)
{
    ah_str query = take_until(&it->rest, "#");

    if (query.len > 0) {
        ah_buf_append_char(it->out, '?');
        append_encoded(it->out, skip(query, 1), in_query);
    }
    if (it->rest.len > 0) {
        ah_buf_append_char(it->out, '#');
        append_encoded(it->out, skip(it->rest, 1), in_fragment);
    }
}

/* Scheme and authority of base, whose userinfo may be less escaped than it is here. */
static void append_base_origin(reading *it)
{
    ah_buf origin = {0};
    size_t authority = it->scheme.len + AH_STR("://").len;

    ah_url_append_origin(&origin, it->base, false);
    ah_str text = ah_buf_str(&origin);
    ah_buf_append(it->out, ah_str_slice(text, 0, authority));
    append_userinfo(it->out, it->base->userinfo);
    ah_buf_append(it->out, skip(text, authority));
    it->out->failed |= ah_buf_failed(&origin);
    ah_buf_release(&origin);
}

/* There is neither a scheme nor an authority: what is missing comes from base. */
static void read_relative(reading *it)
{
    ah_str base_path = ah_str_slice(it->base->target, 0, ah_str_find(it->base->target, '?'));
    ah_str path = take_until(&it->rest, "?#");
    bool has_query = it->rest.len > 0 && it->rest.ptr[0] == '?';
    ah_buf merged = {0};

    if (path.len == 0)
        ah_buf_append(&merged, base_path);
    else if (!is_slash(path.ptr[0]))
        ah_buf_append(&merged, ah_str_slice(base_path, 0, ah_str_find_last(base_path, '/') + 1));
    ah_buf_append(&merged, path);
    append_base_origin(it);
    if (ah_buf_failed(&merged))
        it->out->failed = true;
    else
        append_path(it->out, ah_buf_str(&merged));
    ah_buf_release(&merged);
    if (path.len == 0 && !has_query && base_path.len < it->base->target.len) {
        ah_buf_append_char(it->out, '?');
        append_encoded(it->out, skip(it->base->target, base_path.len + 1), in_query);
    }
    read_query_and_fragment(it);
}

static const char *rewrite(reading *it)
{
    bool is_relative;
    const char *why = read_scheme(it, &is_relative);
    size_t slashes = count_slashes(it->rest);

    if (why)
        return why;
    if (is_relative && slashes < 2) {
        read_relative(it);
        return NULL;
    }
    it->rest = skip(it->rest, slashes);
    why = read_authority(it);
    if (why)
        return why;
    append_path(it->out, take_until(&it->rest, "?#"));
    read_query_and_fragment(it);
    return NULL;
}

const char *ah_url_parse_as_browser(ah_url *url, ah_arena *arena, const ah_url *base, ah_str text)
{
    ah_buf cleaned = {0};
    ah_buf written = {0};
    const char *why = NULL;

    append_cleaned(&cleaned, text);
    reading it = {.rest = ah_buf_str(&cleaned), .base = base, .arena = arena, .out = &written};
    if (!ah_buf_failed(&cleaned))
        why = rewrite(&it);
    if (ah_buf_failed(&cleaned) || ah_buf_failed(&written))
        why = AH_URL_NO_MEMORY;
    if (!why)
        why = ah_url_parse_value(url, arena, ah_buf_str(&written));
    ah_buf_release(&cleaned);
    ah_buf_release(&written);
    return why;
}
