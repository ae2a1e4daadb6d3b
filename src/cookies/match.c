/* SPDX-License-Identifier: MIT */
#include "cookies/match.h"

/* The URL's reader refuses other hosts of nothing but numbers. */
static bool is_ipv4(ah_str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!ah_is_digit(host.ptr[i]) && host.ptr[i] != '.')
            return false;
    return true;
}

ah_cookie_request ah_cookie_request_of(const ah_url *url)
{
    ah_str host = url->host;

    if (host.len > 1 && host.ptr[host.len - 1] == '.')
        host.len--;
    return (ah_cookie_request){
        .host = host,
        .path = ah_str_slice(url->target, 0, ah_str_find(url->target, '?')),
        .is_ip = url->is_ipv6 || is_ipv4(host),
        .is_secure = url->is_tls,
    };
}

bool ah_cookie_domain_holds(ah_str domain, ah_str host)
{
    if (domain.len == 0 || host.len < domain.len)
        return false;
    if (host.len == domain.len)
        return ah_str_equal(host, domain);
    return ah_str_ends_with(host, domain) && host.ptr[host.len - domain.len - 1] == '.';
}

bool ah_cookie_path_holds(ah_str path, ah_str requested)
{
    if (!ah_str_starts_with(requested, path))
        return false;
    return requested.len == path.len || (path.len > 0 && path.ptr[path.len - 1] == '/') ||
           requested.ptr[path.len] == '/';
}

ah_str ah_cookie_default_path(ah_str requested)
{
    size_t slash = ah_str_find_last(requested, '/');

    if (requested.len == 0 || *requested.ptr != '/' || slash == 0)
        return AH_STR("/");
    return ah_str_slice(requested, 0, slash);
}
