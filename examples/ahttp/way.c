/* SPDX-License-Identifier: MIT */
/* By which way a URL is asked: a proxy from the options or the environment, or none; and to which
   address, where that is not the URL's. */
#include "transfer.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void way_release(way *way)
{
    if (way->has_proxy)
        url_free(&way->proxy);
    if (way->has_preproxy)
        url_free(&way->preproxy);
    free(way->connect_host);
    *way = (struct way){0};
}

/* ---- --noproxy ---- */

static bool is_in_network(const char *host, const char *network)
{
    unsigned char a[16], b[16];
    const char *slash = strchr(network, '/');
    char *base = copy_bytes(network, slash ? (size_t)(slash - network) : strlen(network));
    int family = strchr(host, ':') ? AF_INET6 : AF_INET;
    int bits = slash ? atoi(slash + 1) : family == AF_INET ? 32 : 128;
    bool good = inet_pton(family, host, a) == 1 && inet_pton(family, base, b) == 1;

    free(base);
    if (!good || bits > (family == AF_INET ? 32 : 128) || bits < 0)
        return false;
    for (int i = 0; i < bits; i++)
        if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1)
            return false;
    return true;
}

static bool is_name_in(const char *host, const char *name)
{
    size_t host_len = strlen(host);
    size_t len;

    if (*name == '.')
        name++;
    len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        len--;
    if (host_len > 0 && host[host_len - 1] == '.')
        host_len--;
    if (len == 0 || host_len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(host[host_len - len + i]) != lower(name[i]))
            return false;
    return host_len == len || host[host_len - len - 1] == '.';
}

static bool is_excluded(const char *host, const char *list)
{
    bool excluded = false;
    char *words;

    if (!list || !*list)
        return false;
    if (strcmp(list, "*") == 0)
        return true;
    words = copy_text(list);
    for (char *word = strtok(words, ", \t"); word && !excluded; word = strtok(NULL, ", \t")) {
        size_t len = strlen(word);
        if (word[0] == '[' && word[len - 1] == ']') {
            word[len - 1] = '\0';
            word++;
        }
        excluded = is_in_network(host, word) || is_name_in(host, word);
    }
    free(words);
    return excluded;
}

/* ---- The proxy ---- */

static const char *from_environment(const char *scheme)
{
    char *name = format_text("%s_proxy", scheme);
    const char *value = getenv(name);

    for (char *at = name; !value && *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    if (!value && strcmp(scheme, "http") != 0) /* HTTP_PROXY may be a visitor's, under CGI */
        value = getenv(name);
    free(name);
    if (!value)
        value = getenv("all_proxy");
    if (!value)
        value = getenv("ALL_PROXY");
    return value;
}

static const char *noproxy_of(const settings *settings)
{
    const char *list = settings->noproxy;

    if (!list)
        list = getenv("no_proxy");
    return list ? list : getenv("NO_PROXY");
}

static bool set_kind(way *way, proxy_kind otherwise)
{
    static const struct {
        const char *scheme;
        proxy_kind kind;
    } kinds[] = {{"http", PROXY_HTTP},       {"https", PROXY_HTTP},    {"socks4", PROXY_SOCKS4},
                 {"socks4a", PROXY_SOCKS4A}, {"socks5", PROXY_SOCKS5}, {"socks", PROXY_SOCKS4},
                 {"socks5h", PROXY_SOCKS5H}};

    way->kind = otherwise;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(way->proxy.scheme, kinds[i].scheme) == 0) {
            if (otherwise != PROXY_HTTP10 || kinds[i].kind != PROXY_HTTP)
                way->kind = kinds[i].kind;
            return true;
        }
    return false;
}

static const char *scheme_of_kind(proxy_kind kind)
{
    static const char *const schemes[] = {"http", "http", "socks4", "socks4a", "socks5", "socks5h"};

    return schemes[kind];
}

const char *way_scheme(const way *way)
{
    return strcmp(way->proxy.scheme, "https") == 0 ? "https" : scheme_of_kind(way->kind);
}

static bool set_preproxy(transfer *transfer)
{
    const char *given = transfer->settings->preproxy;
    text why = {0};

    if (!given)
        return true;
    transfer->way.has_preproxy =
        url_parse(&transfer->way.preproxy, given, "socks4", URL_AS_IS, &why);
    if (!transfer->way.has_preproxy)
        transfer_fail(transfer, 5, "preproxy: %s", text_str(&why));
    text_free(&why);
    return transfer->way.has_preproxy;
}

static bool set_proxy(transfer *transfer, const char *given, proxy_kind kind)
{
    way *way = &transfer->way;
    text why = {0};
    bool has_scheme = strstr(given, "://") != NULL;

    way->has_proxy = url_parse(&way->proxy, given, scheme_of_kind(kind), URL_AS_IS, &why);
    if (!way->has_proxy)
        transfer_fail(transfer, strstr(text_str(&why), "Protocol") ? 7 : 5, "proxy: %s",
                      text_str(&why));
    text_free(&why);
    if (!way->has_proxy)
        return false;
    if (!way->proxy.has_port) /* curl's, but for https */
        way->proxy.port = strcmp(way->proxy.scheme, "https") == 0 ? 443 : 1080;
    if (!has_scheme)
        way->kind = kind;
    else
        set_kind(way, kind);
    return true;
}

/* ---- --connect-to ---- */

/* The part of "host1:port1:host2:port2" up to the next colon outside of brackets. */
static char *take_part(const char **at)
{
    const char *start = *at;
    const char *end = *start == '[' && strchr(start, ']') ? strchr(start, ']') : start;

    end += strcspn(end, ":");
    *at = *end ? end + 1 : end;
    return copy_bytes(start, (size_t)(end - start));
}

static bool is_host(const char *given, const url *url)
{
    text host = {0};
    bool same;

    if (!*given)
        return true;
    url_write_host(&host, url, false);
    same = equal_nocase(given, text_str(&host));
    text_free(&host);
    return same;
}

static bool leads_elsewhere(const way *way, const url *url)
{
    text host = {0};

    url_write_host(&host, url, false);
    bool same = way->connect_port == url->port && equal_nocase(way->connect_host, text_str(&host));
    text_free(&host);
    return !same;
}

static void find_connection(transfer *transfer)
{
    const list *rules = &transfer->settings->connect_to;
    way *way = &transfer->way;

    for (size_t i = 0; i < rules->count && !way->connect_host; i++) {
        const char *at = rules->items[i];
        char *parts[4];
        for (int part = 0; part < 4; part++)
            parts[part] = take_part(&at);
        if (is_host(parts[0], &transfer->url) &&
            (!*parts[1] || atoi(parts[1]) == transfer->url.port)) {
            text host = {0};
            url_write_host(&host, &transfer->url, false);
            way->connect_host = copy_text(*parts[2] ? parts[2] : text_str(&host));
            way->connect_port = *parts[3] ? atoi(parts[3]) : transfer->url.port;
            if (*parts[3] && (way->connect_port < 1 || way->connect_port > 65535))
                transfer_fail(transfer, 49, "Invalid --connect-to port: %s", parts[3]);
            text_free(&host);
        }
        for (int part = 0; part < 4; part++)
            free(parts[part]);
    }
    if (way->connect_host && !leads_elsewhere(way, &transfer->url))
        set_text(&way->connect_host, NULL); /* so a proxy need not tunnel */
}

/* SOCKS has a byte for the length of each (RFC 1928 §5, RFC 1929 §2). */
static bool fits_socks(transfer *transfer)
{
    enum { MOST = 255, BY_SOCKS = 97 };
    const way *way = &transfer->way;
    const char *user = way->proxy.user ? way->proxy.user : "";
    const char *password = way->proxy.password ? way->proxy.password : "";

    if (way->kind == PROXY_HTTP || way->kind == PROXY_HTTP10)
        return true;
    if (strlen(transfer->url.host) > MOST)
        transfer_fail(
            transfer, BY_SOCKS,
            "SOCKS%c: the destination hostname is too long to be resolved remotely by the "
            "proxy.",
            way->kind == PROXY_SOCKS4 || way->kind == PROXY_SOCKS4A ? '4' : '5');
    else if (strlen(user) > MOST || strlen(password) > MOST)
        transfer_fail(transfer, BY_SOCKS, "SOCKS: user or password is too long for the proxy");
    return transfer->facts.code == 0;
}

bool way_find(transfer *transfer)
{
    const settings *settings = transfer->settings;
    const char *given = settings->proxy;
    way *way = &transfer->way;
    bool is_http;

    way_release(way);
    find_connection(transfer);
    if (transfer->facts.code)
        return false;
    if (!given && !settings->unix_socket)
        given = from_environment(transfer->url.scheme);
    bool only_preproxy = (!given || !*given) && settings->preproxy;
    if (only_preproxy)
        given = settings->preproxy;
    if (!given || !*given || is_excluded(transfer->url.host, noproxy_of(settings)))
        return true;
    if (!set_proxy(transfer, given, settings->proxy ? settings->proxy_type : PROXY_HTTP))
        return false;
    if (!only_preproxy && !set_preproxy(transfer))
        return false;
    transfer->facts.used_proxy = 1;
    if (!fits_socks(transfer))
        return false;
    is_http = way->kind == PROXY_HTTP || way->kind == PROXY_HTTP10;
    way->is_plain = is_http && !settings->proxy_tunnel && !way->connect_host &&
                    strcmp(transfer->url.scheme, "http") == 0;
    way->is_tunnel = is_http && !way->is_plain;
    return true;
}
