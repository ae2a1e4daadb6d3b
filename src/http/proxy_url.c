/* SPDX-License-Identifier: MIT */
/* The scheme is read here; the rest is read as that of an http URL. */
#include "http/proxy_url.h"
#include "http/url.h"

typedef struct scheme {
    ah_str name;
    uint16_t port;
} scheme;

static const scheme schemes[] = {
    [AH_PROXY_HTTP] = {{"http", 4}, 80},         [AH_PROXY_HTTPS] = {{"https", 5}, 443},
    [AH_PROXY_SOCKS4] = {{"socks4", 6}, 1080},   [AH_PROXY_SOCKS5] = {{"socks5", 6}, 1080},
    [AH_PROXY_SOCKS4A] = {{"socks4a", 7}, 1080}, [AH_PROXY_SOCKS5H] = {{"socks5h", 7}, 1080},
};

enum { SCHEMES = sizeof schemes / sizeof *schemes, MOST_LOGIN = 255 };

const char *ah_proxy_kind_name(ah_proxy_kind kind)
{
    return schemes[kind].name.ptr;
}

static ah_str skip(ah_str text, size_t count)
{
    return ah_str_slice(text, count, SIZE_MAX);
}

static ah_str trim(ah_str text)
{
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ')
        text = skip(text, 1);
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    return text;
}

/* Takes "scheme://" off the front, where there is one. */
static const char *take_scheme(ah_proxy_url *proxy, ah_str *rest)
{
    size_t colon = ah_str_find(*rest, ':');
    ah_str name = ah_str_slice(*rest, 0, colon);

    proxy->kind = AH_PROXY_HTTP;
    if (!ah_str_starts_with(skip(*rest, colon), AH_STR("://")))
        return NULL;
    *rest = skip(*rest, colon + 3);
    for (size_t kind = 0; kind < SCHEMES; kind++)
        if (ah_str_equal_nocase(name, schemes[kind].name)) {
            proxy->kind = (ah_proxy_kind)kind;
            return NULL;
        }
    return "the scheme is none of http, https, socks4, socks4a, socks5 and socks5h";
}

/* Whether text, which begins behind the scheme, names a port. */
static bool has_port(ah_str text)
{
    size_t end = 0;

    while (end < text.len && !ah_str_has(AH_STR("/?#"), text.ptr[end]))
        end++;
    text.len = end;
    size_t at = ah_str_find_last(text, '@');
    if (at < text.len)
        text = skip(text, at + 1);
    if (ah_str_find(text, ']') < text.len)
        text = skip(text, ah_str_find(text, ']'));
    return ah_str_find(text, ':') + 1 < text.len;
}

/* In place; "%" without two digits behind it stays. */
static ah_str unescape(char *text, size_t len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        int high = i + 2 < len ? ah_hex_value(text[i + 1]) : -1;
        int low = i + 2 < len ? ah_hex_value(text[i + 2]) : -1;
        bool is_escape = text[i] == '%' && high >= 0 && low >= 0;
        text[out++] = (char)(is_escape ? high << 4 | low : text[i]);
        i += is_escape ? 2 : 0;
    }
    return ah_str_make(text, out);
}

static const char *take_login(ah_proxy_url *proxy, ah_arena *arena, ah_str userinfo)
{
    size_t colon = ah_str_find(userinfo, ':');
    char *room = ah_arena_copy(arena, userinfo);

    if (!room)
        return AH_URL_NO_MEMORY;
    proxy->has_login = true;
    proxy->user = unescape(room, colon);
    if (colon < userinfo.len)
        proxy->password = unescape(room + colon + 1, userinfo.len - colon - 1);
    return ah_proxy_login_check(proxy->kind, proxy->user, proxy->password);
}

const char *ah_proxy_url_parse(ah_proxy_url *proxy, ah_arena *arena, ah_str text)
{
    ah_str rest = trim(text);
    ah_url url;

    *proxy = (ah_proxy_url){0};
    const char *why = take_scheme(proxy, &rest);
    if (why)
        return why;
    ah_str http = ah_str_make(ah_arena_copy(arena, AH_STR("http://")), 7);
    char *whole = http.ptr ? ah_arena_append(arena, http, rest) : NULL;
    if (!whole)
        return AH_URL_NO_MEMORY;
    why = ah_url_parse(&url, arena, ah_str_make(whole, http.len + rest.len));
    if (why)
        return why;
    proxy->host = url.host;
    proxy->is_ipv6 = url.is_ipv6;
    proxy->port = has_port(rest) ? url.port : schemes[proxy->kind].port;
    return url.userinfo.ptr ? take_login(proxy, arena, url.userinfo) : NULL;
}

static bool has_control(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
            return true;
    return false;
}

const char *ah_proxy_login_check(ah_proxy_kind kind, ah_str user, ah_str password)
{
    if (has_control(user) || has_control(password))
        return "the user or password has a control character";
    if (!ah_proxy_kind_is_socks(kind))
        return ah_str_find(user, ':') < user.len ? "the user has a colon" : NULL;
    if (user.len > MOST_LOGIN || password.len > MOST_LOGIN)
        return "the user or password is longer than the 255 bytes that SOCKS has room for";
    if (kind == AH_PROXY_SOCKS4 || kind == AH_PROXY_SOCKS4A)
        return password.len > 0 ? "SOCKS4 has users, but no passwords" : NULL;
    return user.len == 0 ? "SOCKS5 has no empty user" : NULL;
}
