/* SPDX-License-Identifier: MIT */
/* Reading is splitting, checking, then building.  Splitting and checking only look at the
   text; building makes one piece of the arena hold all that the views of an ah_url show:
   userinfo, fragment, host with zone (each if there is one), and the safe URL, of which
   scheme, host, authority and target are parts.  Most URLs are given as we would write them, and
   are copied. */
#include "http/url.h"
#include "base/mem.h"
#include "http/idn.h"
#include "http/url_escape.h"
#include "http/url_host.h"

const char AH_URL_NO_MEMORY[] = "out of memory";

/* What follows the origin. */
typedef struct url_tail {
    ah_str target;
    ah_str fragment;
    size_t target_escapes; /* bytes that become %XX */
    size_t fragment_escapes;
} url_tail;

typedef struct url_parts {
    ah_str prefix; /* the scheme with "://" */
    ah_str userinfo;
    ah_str host;      /* without brackets and zone */
    ah_str zone;      /* ptr NULL when there is none */
    ah_str port_text; /* without extra zeros */
    url_tail tail;
    unsigned char ipv6[16];
    uint16_t port;
    bool is_ipv6;
    bool is_tls;
    bool is_value;    /* ws, wss and port 0 may be */
    bool is_as_given; /* what stands before the path is in the text as we would write it */
    ah_arena *arena;  /* for a host that is not the text's */
} url_parts;

/* ---- Splitting and checking ---- */

/* Spaces and control characters around a URL are no part of it (WHATWG URL Standard §4.4). */
static ah_str trim(ah_str text)
{
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ')
        text = ah_str_make(text.ptr + 1, text.len - 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    return text;
}

static ah_str skip(ah_str text, size_t count)
{
    return ah_str_slice(text, count, text.len);
}

static const char *why_no_scheme(ah_str text)
{
    size_t end = 0;

    while (end < text.len && (ah_is_alpha(text.ptr[end]) || ah_is_digit(text.ptr[end])))
        end++;
    if (end == 0 || end == text.len || text.ptr[end] != ':')
        return "it does not begin with http:// or https://";
    ah_str scheme = ah_str_slice(text, 0, end);
    if (ah_str_equal_nocase(scheme, AH_STR("http")) || ah_str_equal_nocase(scheme, AH_STR("https")))
        return "// is missing behind the scheme";
    if (ah_str_equal_nocase(scheme, AH_STR("ws")))
        return "the scheme is ws, neither http nor https";
    if (ah_str_equal_nocase(scheme, AH_STR("wss")))
        return "the scheme is wss, neither http nor https";
    return "the scheme is neither http nor https";
}

static bool take_websocket(url_parts *parts, ah_str *rest)
{
    parts->is_tls = ah_str_starts_with(*rest, AH_STR("wss://"));
    parts->prefix = parts->is_tls ? AH_STR("wss://") : AH_STR("ws://");
    if (!ah_str_starts_with(*rest, parts->prefix))
        return false;
    *rest = skip(*rest, parts->prefix.len);
    return true;
}

static const char *take_scheme(url_parts *parts, ah_str *rest)
{
    const ah_str http = AH_STR("http://");
    const ah_str https = AH_STR("https://");

    if (parts->is_value && take_websocket(parts, rest))
        return NULL;
    parts->is_tls = ah_str_starts_with(*rest, https);
    parts->is_as_given = parts->is_tls || ah_str_starts_with(*rest, http);
    if (!parts->is_as_given) {
        parts->is_tls = ah_str_starts_with_nocase(*rest, https);
        if (!parts->is_tls && !ah_str_starts_with_nocase(*rest, http))
            return why_no_scheme(*rest);
    }
    parts->prefix = parts->is_tls ? https : http;
    *rest = skip(*rest, parts->prefix.len);
    return NULL;
}

/* RFC 3986 §3.2. */
static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#';
}

/* The authority of most URLs, as we would write it: a name in lower case, perhaps with a port.
   False where it is, or may be, another. */
static bool take_usual_authority(url_parts *parts, ah_str *rest)
{
    const char *text = rest->ptr;
    size_t name = ah_host_lower_span(*rest);
    size_t end = name;
    unsigned port = parts->port;

    if (name == 0)
        return false;
    if (end < rest->len && text[end] == ':') {
        for (port = 0, end++; end < rest->len && end - name <= 5 && ah_is_digit(text[end]); end++)
            port = port * 10 + (unsigned)(text[end] - '0');
        if (port == 0 || port > 65535 || port == parts->port || text[name + 1] == '0')
            return false;
        parts->port_text = ah_str_make(text + name + 1, end - name - 1);
    }
    if (end < rest->len && !ends_authority(text[end]))
        return false;
    parts->port = (uint16_t)port;
    parts->host = ah_str_make(text, name);
    *rest = skip(*rest, end);
    return true;
}

/* Its last "@", else its end, is *at. */
static ah_str take_authority(ah_str *rest, size_t *at)
{
    size_t end = 0;
    bool has_userinfo = false;

    for (; end < rest->len && !ends_authority(rest->ptr[end]); end++)
        if (rest->ptr[end] == '@') {
            has_userinfo = true;
            *at = end;
        }
    if (!has_userinfo)
        *at = end;
    ah_str authority = ah_str_make(rest->ptr, end);
    *rest = skip(*rest, end);
    return authority;
}

/* Browsers take "\" for "/": a URL that names another host there and here is refused. */
static const char *check_userinfo(ah_str userinfo)
{
    for (size_t i = 0; i < userinfo.len; i++) {
        char c = userinfo.ptr[i];
        if (c == '\\')
            return "the user or password has a backslash: write it as %5C";
        if ((unsigned char)c < ' ' || c == 0x7f)
            return "the user or password has a control character: write it as %XX";
    }
    return NULL;
}

static const char *read_port(url_parts *parts, ah_str text)
{
    uint64_t port;

    if (text.len == 0)
        return NULL;
    if (ah_str_to_u64(text, &port) && (port > 0 || parts->is_value) && port <= 65535) {
        parts->port = (uint16_t)port;
        while (text.len > 1 && text.ptr[0] == '0')
            text = skip(text, 1);
        parts->port_text = text;
        return NULL;
    }
    if (ah_str_find(text, ':') < text.len)
        return "the host has several colons: an IPv6 address must stand in brackets, as in [::1]";
    return "the port is not a number between 1 and 65535";
}

/* RFC 6874 §2 and §3: "%25eth0", and "%eth0" where that is not an escape. */
static const char *split_zone(url_parts *parts)
{
    size_t percent = ah_str_find(parts->host, '%');

    if (percent == parts->host.len)
        return NULL;
    parts->zone = skip(parts->host, percent + 1);
    parts->host.len = percent;
    if (ah_str_starts_with(parts->zone, AH_STR("25")))
        parts->zone = skip(parts->zone, 2);
    else if (parts->zone.len >= 2 && ah_hex_value(parts->zone.ptr[0]) >= 0 &&
             ah_hex_value(parts->zone.ptr[1]) >= 0)
        return "the zone id of the IPv6 address does not follow %25";
    return ah_host_check_zone(parts->zone);
}

static const char *read_literal(url_parts *parts, ah_str text)
{
    size_t close = ah_str_find(text, ']');

    if (close == text.len)
        return "the bracket round the IPv6 address is not closed";
    parts->is_ipv6 = true;
    parts->host = ah_str_slice(text, 1, close - 1);
    ah_str behind = skip(text, close + 1);
    if (behind.len > 0 && behind.ptr[0] != ':')
        return "something other than a port follows the IPv6 address";
    const char *why = split_zone(parts);
    if (!why)
        why = ah_host_read_ipv6(parts->host, parts->ipv6);
    return why ? why : read_port(parts, skip(behind, 1));
}

static bool is_ascii(ah_str text)
{
    unsigned char all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

static const char *read_authority(url_parts *parts, ah_str authority, size_t at)
{
    ah_str text = authority;

    if (at < authority.len) {
        parts->userinfo = ah_str_slice(authority, 0, at);
        const char *why = check_userinfo(parts->userinfo);
        if (why)
            return why;
        text = skip(authority, at + 1);
    }
    if (text.len > 0 && text.ptr[0] == '[')
        return read_literal(parts, text);
    size_t colon = ah_str_find(text, ':');
    parts->host = ah_str_slice(text, 0, colon);
    const char *why = read_port(parts, skip(text, colon + 1));
    if (!why && !is_ascii(parts->host))
        why = ah_idn_to_ascii(parts->arena, parts->host, &parts->host);
    return why ? why : ah_host_check_name(parts->host);
}

static AH_APART const char *read_other_authority(url_parts *parts, ah_str *rest)
{
    size_t at;
    ah_str authority = take_authority(rest, &at);

    parts->is_as_given = false;
    return read_authority(parts, authority, at);
}

/* Everything up to the path, query or fragment. */
static const char *read_origin(url_parts *parts, ah_str *rest)
{
    const char *why = take_scheme(parts, rest);

    if (why)
        return why;
    parts->port = parts->is_tls ? 443 : 80;
    if (take_usual_authority(parts, rest))
        return ah_host_check_number(parts->host);
    return read_other_authority(parts, rest);
}

static url_tail split_tail(ah_str rest)
{
    url_tail tail = {.target = rest};

    if (ah_url_is_plain(rest))
        return tail;
    size_t hash = ah_str_find(rest, '#');
    tail.target = ah_str_slice(rest, 0, hash);
    tail.target_escapes = ah_url_count_escapes(tail.target);
    if (hash < rest.len) {
        tail.fragment = skip(rest, hash + 1);
        tail.fragment_escapes = ah_url_count_escapes(tail.fragment);
    }
    return tail;
}

/* ---- Building ---- */

static char *put_host(char *at, const url_parts *parts)
{
    ah_str host = parts->host;

    if (parts->is_ipv6)
        return ah_host_write_ipv6(at, parts->ipv6);
    for (size_t i = 0; i < host.len; i++)
        at[i] = ah_host_chars[(unsigned char)host.ptr[i]];
    return at + host.len;
}

static char *put_authority(char *at, ah_url *url, const url_parts *parts)
{
    char *start = at;

    if (parts->is_ipv6)
        *at++ = '[';
    char *end = put_host(at, parts);
    url->host = ah_str_make(at, (size_t)(end - at));
    if (parts->is_ipv6)
        *end++ = ']';
    if (parts->port != (parts->is_tls ? 443 : 80)) {
        *end++ = ':';
        end = ah_url_put(end, parts->port_text);
    }
    url->authority = ah_str_make(start, (size_t)(end - start));
    return end;
}

static char *put_target(char *at, const url_tail *tail)
{
    if (tail->target.len == 0 || tail->target.ptr[0] == '?')
        *at++ = '/';
    return ah_url_put_escaped(at, tail->target, tail->target_escapes);
}

static char *put_safe(char *at, ah_url *url, const url_parts *parts)
{
    char *start = at;

    at = ah_url_put(at, parts->prefix);
    url->scheme = ah_str_make(start, parts->prefix.len - AH_STR("://").len);
    at = put_authority(at, url, parts);
    char *target = at;
    at = put_target(at, &parts->tail);
    *at = '\0';
    url->target = ah_str_make(target, (size_t)(at - target));
    url->safe = ah_str_make(start, (size_t)(at - start));
    return at + 1;
}

static char *put_zoned_host(char *at, ah_url *url, const url_parts *parts)
{
    char *start = at;

    at = put_host(at, parts);
    *at++ = '%';
    at = ah_url_put(at, parts->zone);
    url->host = ah_str_make(start, (size_t)(at - start));
    return at;
}

static const char *build(ah_url *url, ah_arena *arena, const url_parts *parts)
{
    size_t host = parts->is_ipv6 ? AH_HOST_IPV6_MAX : parts->host.len;
    const url_tail *tail = &parts->tail;
    size_t target = tail->target.len + 2 * tail->target_escapes;
    size_t fragment = tail->fragment.len + 2 * tail->fragment_escapes;
    size_t zoned_host = parts->zone.ptr ? host + 1 + parts->zone.len : 0;
    char *at = ah_arena_alloc(arena, sizeof "https://[]:65535/" + host + target + fragment +
                                         zoned_host + parts->userinfo.len);

    if (!at)
        return AH_URL_NO_MEMORY;
    *url = (ah_url){.port = parts->port, .is_ipv6 = parts->is_ipv6, .is_tls = parts->is_tls};
    at = put_safe(at, url, parts);
    if (parts->zone.ptr)
        at = put_zoned_host(at, url, parts);
    if (parts->userinfo.len > 0) {
        url->userinfo = ah_str_make(at, parts->userinfo.len);
        at = ah_url_put(at, parts->userinfo);
    }
    if (tail->fragment.ptr) {
        url->fragment = ah_str_make(at, fragment);
        ah_url_put_escaped(at, tail->fragment, tail->fragment_escapes);
    }
    return NULL;
}

/* ---- Copying ---- */

/* Whether a path follows the origin, which has so many bytes, and there is nothing behind it to
   escape or to cut off. */
static bool is_plain_behind(ah_str text, size_t origin_len)
{
    size_t end = text.len;

    if (end == origin_len || text.ptr[origin_len] != '/')
        return false;
    /* Eight bytes at a time, from the end; the last ones may be some of the origin, which has as
       many. */
    while (end > origin_len && ah_url_are_plain(text.ptr + end - 8))
        end -= 8;
    return end <= origin_len;
}

static const char *copy_as_given(ah_url *url, ah_arena *arena, ah_str text,
                                 const ah_url_shape *shape)
{
    const char *start = ah_arena_copy(arena, text);

    if (!start)
        return AH_URL_NO_MEMORY;
    const char *authority = start + shape->scheme_len + sizeof "://" - 1;
    const char *target = start + shape->len;
    *url = (ah_url){
        .scheme = ah_str_make(start, shape->scheme_len),
        .host = ah_str_make(authority + shape->is_ipv6, shape->host_len),
        .authority = ah_str_make(authority, (size_t)(target - authority)),
        .target = ah_str_make(target, text.len - shape->len),
        .safe = ah_str_make(start, text.len),
        .port = shape->port,
        .is_ipv6 = shape->is_ipv6,
        .is_tls = shape->is_tls,
    };
    return NULL;
}

static const char *read_url(ah_url *url, ah_arena *arena, ah_str text, bool is_value)
{
    url_parts parts = {.is_value = is_value, .arena = arena};
    ah_str rest = text;
    const char *why = read_origin(&parts, &rest);

    if (why)
        return why;
    size_t len = text.len - rest.len;
    if (parts.is_as_given && is_plain_behind(text, len)) {
        ah_url_shape shape = {.len = len,
                              .scheme_len = parts.prefix.len - AH_STR("://").len,
                              .host_len = parts.host.len,
                              .port = parts.port,
                              .is_tls = parts.is_tls};
        return copy_as_given(url, arena, text, &shape);
    }
    parts.tail = split_tail(rest);
    return build(url, arena, &parts);
}

/* ---- Remembering the origin ---- */

static bool is_behind(ah_str text, const char *origin, size_t len)
{
    return text.len > len && text.ptr[len] == '/' && memcmp(text.ptr, origin, len) == 0;
}

/* An origin that is given as it is written. */
static void remember(ah_url_memo *memo, const ah_url *url, ah_str text)
{
    size_t len = url->safe.len - url->target.len;

    if (len > sizeof memo->origin || !is_behind(text, url->safe.ptr, len))
        return;
    memcpy(memo->origin, url->safe.ptr, len);
    memo->shape = (ah_url_shape){.len = len,
                                 .scheme_len = url->scheme.len,
                                 .host_len = url->host.len,
                                 .port = url->port,
                                 .is_ipv6 = url->is_ipv6,
                                 .is_tls = url->is_tls};
}

const char *ah_url_parse_next(ah_url *url, ah_arena *arena, ah_str text, ah_url_memo *memo)
{
    const ah_url_shape *shape = &memo->shape;

    text = trim(text);
    if (AH_LIKELY(shape->len > 0 && is_behind(text, memo->origin, shape->len) &&
                  is_plain_behind(text, shape->len)))
        return copy_as_given(url, arena, text, shape);
    const char *why = read_url(url, arena, text, false);
    if (!why)
        remember(memo, url, text);
    return why;
}

const char *ah_url_parse(ah_url *url, ah_arena *arena, ah_str text)
{
    return read_url(url, arena, trim(text), false);
}

const char *ah_url_parse_value(ah_url *url, ah_arena *arena, ah_str text)
{
    return read_url(url, arena, text, true);
}
