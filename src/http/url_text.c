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
