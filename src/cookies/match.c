/* SPDX-License-Identifier: MIT */
#include "cookies/match.h"

/* The URL's reader takes a name whose last label is a number for an address, or refuses it. */
static bool is_ipv4(ah_str host)
{
    ah_str label = ah_str_slice(host, ah_str_find_last(host, '.') + 1, SIZE_MAX);
    uint64_t number;

    return ah_str_to_u64(label, &number);
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
