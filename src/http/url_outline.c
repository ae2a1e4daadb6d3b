/* SPDX-License-Identifier: MIT */
#include "http/url.h"

enum { SCHEME_END = sizeof "://" - 1 };

/* Whether all parts that there are lie where ah_url_from_outline looks for them. */
static bool lies_in_text(const ah_url *url)
{
    const char *authority = url->safe.ptr + url->scheme.len + SCHEME_END;
    const char *target = authority + url->authority.len;

    return url->scheme.ptr == url->safe.ptr && url->authority.ptr == authority &&
           url->host.ptr == authority + url->is_ipv6 && url->target.ptr == target &&
           target + url->target.len == url->safe.ptr + url->safe.len && !url->userinfo.ptr &&
           !url->fragment.ptr;
}

bool ah_url_outline_make(ah_url_outline *outline, const ah_url *url, size_t most)
{
    if (url->safe.len > most || !lies_in_text(url))
        return false;
    outline->len = (uint16_t)url->safe.len;
    outline->authority_len = (uint16_t)url->authority.len;
    outline->host_len = (uint16_t)url->host.len;
    outline->port = url->port;
    outline->scheme_len = (uint8_t)url->scheme.len;
    outline->is_ipv6 = url->is_ipv6;
    outline->is_tls = url->is_tls;
    return true;
}

void ah_url_from_outline(ah_url *url, const char *text, const ah_url_outline *outline)
{
    const char *authority = text + outline->scheme_len + SCHEME_END;
    const char *target = authority + outline->authority_len;

    url->scheme = ah_str_make(text, outline->scheme_len);
    url->userinfo = ah_str_make(NULL, 0);
    url->host = ah_str_make(authority + outline->is_ipv6, outline->host_len);
    url->authority = ah_str_make(authority, outline->authority_len);
    url->target = ah_str_make(target, (size_t)(text + outline->len - target));
    url->fragment = ah_str_make(NULL, 0);
    url->safe = ah_str_make(text, outline->len);
    url->port = outline->port;
    url->is_ipv6 = outline->is_ipv6;
    url->is_tls = outline->is_tls;
}
