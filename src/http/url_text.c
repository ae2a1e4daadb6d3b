/* SPDX-License-Identifier: MIT */
#include "http/url.h"

void ah_url_percent_decode(ah_buf *out, ah_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = i + 2 < text.len ? ah_hex_value(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? ah_hex_value(text.ptr[i + 2]) : -1;
        if (text.ptr[i] == '%' && high >= 0 && low >= 0) {
            ah_buf_append_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            ah_buf_append_char(out, text.ptr[i]);
        }
    }
}

void ah_url_append_origin(ah_buf *out, const ah_url *url, bool with_userinfo)
{
    size_t zone = ah_str_find(url->host, '%');
    ah_str authority = url->authority;

    ah_buf_append(out, url->scheme);
    ah_buf_append(out, AH_STR("://"));
    if (with_userinfo && url->userinfo.ptr) {
        ah_buf_append(out, url->userinfo);
        ah_buf_append_char(out, '@');
    }
    if (url->is_ipv6 && zone < url->host.len) {
        size_t close = ah_str_find(authority, ']');
        ah_buf_append(out, ah_str_slice(authority, 0, close));
        ah_buf_append(out, AH_STR("%25"));
        ah_buf_append(out, ah_str_slice(url->host, zone + 1, SIZE_MAX));
        authority = ah_str_slice(authority, close, SIZE_MAX);
    }
    ah_buf_append(out, authority);
}

/* ---- Dot segments ---- */

/* How many dots the segment is, 1 or 2; 0 when it is another. */
static int dots_in(ah_str segment, bool with_escaped)
{
    int count = 0;

    while (segment.len > 0 && count <= 2) {
        bool is_escaped = with_escaped && ah_str_starts_with_nocase(segment, AH_STR("%2e"));
        if (!is_escaped && segment.ptr[0] != '.')
            return 0;
        segment = ah_str_slice(segment, is_escaped ? 3 : 1, SIZE_MAX);
        count++;
    }
    return count <= 2 ? count : 0;
}

/* The end of path without its last segment: "/a/b" to "/a". */
static void drop_segment(ah_buf *path, size_t start)
{
    while (path->len > start && path->data[path->len - 1] != '/')
        path->len--;
    if (path->len > start)
        path->len--;
}

void ah_url_append_without_dots(ah_buf *out, ah_str path, bool with_escaped)
{
    size_t start = out->len;

    while (path.len > 0) {
        ah_str segment = ah_str_slice(path, 1, SIZE_MAX);
        segment = ah_str_slice(segment, 0, ah_str_find(segment, '/'));
        bool is_last = 1 + segment.len == path.len;
        int dots = dots_in(segment, with_escaped);
        if (dots == 2)
            drop_segment(out, start);
        if (dots == 0)
            ah_buf_append(out, ah_str_slice(path, 0, 1 + segment.len));
        else if (is_last)
            ah_buf_append_char(out, '/');
        path = ah_str_slice(path, 1 + segment.len, SIZE_MAX);
    }
}

bool ah_url_write_host_without_dot(const ah_url *url, ah_arena *arena, ah_str *host)
{
    char *text = ah_arena_copy(arena, ah_str_slice(url->host, 0, url->host.len - 1));
    if (text)
        text = ah_arena_append(arena, ah_str_make(text, url->host.len - 1),
                               ah_str_slice(url->authority, url->host.len, SIZE_MAX));
    *host = ah_str_make(text, url->authority.len - 1);
    return text != NULL;
}

ahttp_error *ah_url_error(int code, const char *what, ah_str text, const char *why)
{
    size_t at = ah_str_find_last(text, '@');
    ah_str shown = at < text.len ? ah_str_slice(text, at, SIZE_MAX) : text;

    if (why == AH_URL_NO_MEMORY)
        return ah_error_no_memory();
    return ah_error_new(code, "%s \"%s%.*s\": %s", what, at < text.len ? "..." : "", (int)shown.len,
                        shown.ptr, why);
}
