/* SPDX-License-Identifier: MIT */
/* Relative references, RFC 3986 §5: the text of the whole URL is put together, and then read
   like any other. */
#include "http/url.h"

static ah_str behind(ah_str text, size_t count)
{
    return ah_str_slice(text, count, text.len);
}

/* As for a whole URL: spaces and control characters around it are no part of it. */
static ah_str trim(ah_str text)
{
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ')
        text = behind(text, 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    return text;
}

ah_str ah_url_scheme_of(ah_str reference)
{
    ah_str text = trim(reference);
    size_t end = 0;

    while (end < text.len && (ah_is_alpha(text.ptr[end]) || ah_is_digit(text.ptr[end]) ||
                              text.ptr[end] == '+' || text.ptr[end] == '-' || text.ptr[end] == '.'))
        end++;
    if (end == 0 || end == text.len || text.ptr[end] != ':' || !ah_is_alpha(text.ptr[0]))
        return ah_str_make(NULL, 0);
    return ah_str_slice(text, 0, end);
}

bool ah_url_same_origin(const ah_url *a, const ah_url *b)
{
    return ah_str_equal(a->scheme, b->scheme) && a->port == b->port &&
           ah_str_equal(a->host, b->host);
}

/* ---- Putting together ---- */

/* §5.2.3: the base's path up to its last "/", then path. */
static void append_merged(ah_buf *out, ah_str base_path, ah_str path)
{
    ah_buf merged = {0};
    size_t end = base_path.len;

    while (base_path.ptr[end - 1] != '/')
        end--;
    ah_buf_append(&merged, ah_str_slice(base_path, 0, end));
    ah_buf_append(&merged, path);
    if (merged.data && !ah_buf_failed(&merged))
        ah_url_append_without_dots(out, ah_buf_str(&merged), false);
    else
        out->failed = true;
    ah_buf_release(&merged);
}

/* reference has neither a scheme nor an authority. */
static void append_path(ah_buf *out, const ah_url *base, ah_str reference)
{
    size_t end = 0;
    ah_str base_path = ah_str_slice(base->target, 0, ah_str_find(base->target, '?'));

    while (end < reference.len && reference.ptr[end] != '?' && reference.ptr[end] != '#')
        end++;
    ah_str path = ah_str_slice(reference, 0, end);
    ah_str rest = behind(reference, end);
    if (path.len > 0 && path.ptr[0] == '/')
        ah_url_append_without_dots(out, path, false);
    else if (path.len > 0)
        append_merged(out, base_path, path);
    else if (rest.len > 0 && rest.ptr[0] == '?')
        ah_buf_append(out, base_path);
    else
        ah_buf_append(out, base->target);
    ah_buf_append(out, rest);
}

/* A request may be sent to it. */
static bool is_plain(const ah_url *url)
{
    return url->port > 0 && ah_str_starts_with(url->scheme, AH_STR("http"));
}

const char *ah_url_join(ah_url *url, ah_arena *arena, const ah_url *base, ah_str reference)
{
    ah_str text = trim(reference);
    ah_str scheme = ah_url_scheme_of(text);
    ah_buf whole = {0};

    if (scheme.ptr) {
        ah_str rest = behind(text, scheme.len + 1);
        /* "http:g", which once was a relative reference (§5.2.2) */
        if (!ah_str_equal_nocase(scheme, base->scheme) || ah_str_starts_with(rest, AH_STR("//")))
            return ah_url_parse(url, arena, text);
        text = rest;
    }
    if (ah_str_starts_with(text, AH_STR("//"))) {
        ah_buf_append(&whole, base->scheme);
        ah_buf_append_char(&whole, ':');
        ah_buf_append(&whole, text);
    } else {
        ah_url_append_origin(&whole, base, false);
        append_path(&whole, base, text);
    }
    const char *why = AH_URL_NO_MEMORY;
    if (!ah_buf_failed(&whole))
        why = (is_plain(base) ? ah_url_parse : ah_url_parse_value)(url, arena, ah_buf_str(&whole));
    ah_buf_release(&whole);
    return why;
}
