/* SPDX-License-Identifier: MIT */
#include "url.h"
#include "encode.h"
#include <ahttp.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

int url_default_port(const char *scheme)
{
    static const struct {
        const char *scheme;
        int port;
    } ports[] = {{"http", 80},     {"https", 443},    {"socks4", 1080}, {"socks4a", 1080},
                 {"socks5", 1080}, {"socks5h", 1080}, {"socks", 1080}};

    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (equal_nocase(scheme, ports[i].scheme))
            return ports[i].port;
    return 0;
}

static bool wrong(text *why, const char *what)
{
    text_add_str(why, what);
    return false;
}

void url_free(url *url)
{
    char **texts[] = {&url->host_text, &url->scheme, &url->user,  &url->password, &url->host,
                      &url->zone,      &url->path,   &url->query, &url->fragment, &url->user_text};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(*texts[i]);
    *url = (struct url){0};
}

void url_copy(url *copy, const url *from)
{
    *copy = *from;
    copy->scheme = copy_text(from->scheme);
    copy->user = copy_text(from->user);
    copy->password = copy_text(from->password);
    copy->host = copy_text(from->host);
    copy->host_text = copy_text(from->host_text);
    copy->zone = copy_text(from->zone);
    copy->path = copy_text(from->path);
    copy->query = copy_text(from->query);
    copy->fragment = copy_text(from->fragment);
    copy->user_text = copy_text(from->user_text);
}

/* ---- Characters ---- */

static char *encode_bad(const char *text, bool in_query)
{
    struct text out = {0};
    bool query = in_query;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        query = query || c == '?';
        if (c == ' ' && query)
            text_add_char(&out, '+');
        else if (c <= ' ' || c >= 127)
            text_add_format(&out, "%%%02X", c);
        else
            text_add_char(&out, *text);
    }
    return text_take(&out);
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 127)
            return true;
    return false;
}

/* ---- Host ---- */

/* "127.1", "0x7f000001", "017700000001" are addresses, too. */
static bool read_ipv4(const char *host, char out[16])
{
    unsigned long parts[4];
    unsigned long address = 0;
    int count = 0;

    for (const char *at = host;; at++) {
        char *end;
        if (count == 4 || !is_digit(*at))
            return false;
        parts[count] = strtoul(at, &end, 0);
        if (parts[count++] > 0xFFFFFFFFUL || (*end && *end != '.'))
            return false;
        at = end;
        if (!*at || (*at == '.' && !at[1]))
            break;
    }
    for (int i = 0; i < count; i++) {
        unsigned shift = i + 1 < count ? (unsigned)(24 - 8 * i) : 0;
        if (i + 1 < count ? parts[i] > 255 : parts[i] > 0xFFFFFFFFUL >> (8 * i))
            return false;
        address |= parts[i] << shift;
    }
    for (int i = 0, at = 0; i < 4; i++) {
        unsigned part = (unsigned)(address >> (24 - 8 * i) & 255);
        if (part >= 100)
            out[at++] = (char)('0' + part / 100);
        if (part >= 10)
            out[at++] = (char)('0' + part / 10 % 10);
        out[at++] = (char)('0' + part % 10);
        out[at++] = i < 3 ? '.' : '\0';
    }
    return true;
}

static bool set_ipv6(url *url, const char *inside, size_t len, text *why)
{
    struct in6_addr address;
    char *host = copy_bytes(inside, len);
    char *percent = strchr(host, '%');

    if (percent) {
        const char *zone =
            strncmp(percent, "%25", 3) == 0 && percent[3] ? percent + 3 : percent + 1;
        url->zone = copy_text(zone);
        *percent = '\0';
    }
    bool good = inet_pton(AF_INET6, host, &address) == 1;
    if (good) {
        url->host = must_alloc(INET6_ADDRSTRLEN);
        inet_ntop(AF_INET6, &address, url->host, INET6_ADDRSTRLEN);
    }
    free(host);
    return good ? true : wrong(why, "Bad IPv6 address");
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text > 127)
            return false;
    return true;
}

/* An international name as DNS has it (RFC 5890), to be freed, or NULL. */
static char *ascii_of(const char *name)
{
    char *whole = format_text("http://%s/", name);
    ahttp_url *read = ahttp_url_parse(whole, NULL);
    char *host = read ? copy_text(ahttp_url_host(read)) : NULL;

    ahttp_url_free(read);
    free(whole);
    return host;
}

static bool set_international(url *url, const char *name, text *why)
{
    url->host_text = copy_text(name);
    url->host = ascii_of(name);
    return url->host || wrong(why, "Bad hostname");
}

static bool set_name(url *url, char *host, text *why)
{
    enum { LONGEST = 65535 };
    char address[16];

    if (strlen(host) > LONGEST)
        return wrong(why, "Too long hostname (maximum is 65535)");
    decode_url(host);
    if (!is_ascii(host) && ahttp_has_feature(AHTTP_FEATURE_IDN))
        return set_international(url, host, why);
    if (read_ipv4(host, address)) {
        url->host = copy_text(address);
    } else {
        url->host = copy_text(host);
        url->host_text = copy_text(host);
        for (char *at = url->host; *at; at++)
            *at = lower(*at);
    }
    if (!*url->host)
        return wrong(why, "No host part in the URL");
    if (strpbrk(url->host, " \r\n\t/:#?!@{}[]\\$'\"^`*<>=;,&()") || has_control(url->host))
        return wrong(why, "Bad hostname");
    return true;
}

static bool set_port(url *url, const char *digits, text *why)
{
    long long port;

    if (!*digits)
        return true;
    if (!read_number(digits, 65535, &port, NULL))
        return wrong(why, "Port number was not a decimal number between 0 and 65535");
    url->port = (int)port;
    url->has_port = true;
    return true;
}

static bool set_host(url *url, const char *given, text *why)
{
    bool good;

    if (*given == '[') {
        size_t len = strcspn(given, "]");
        if (!given[len])
            return wrong(why, "Bad IPv6 address");
        if (given[len + 1] && given[len + 1] != ':')
            return wrong(why, "Bad IPv6 address");
        return set_ipv6(url, given + 1, len - 1, why) &&
               set_port(url, given[len + 1] ? given + len + 2 : "", why);
    }
    char *host = copy_text(given);
    char *colon = strchr(host, ':');
    if (colon)
        *colon = '\0';
    good = (!colon || set_port(url, colon + 1, why)) && set_name(url, host, why);
    free(host);
    return good;
}

static void set_user(url *url, const char *text, size_t len)
{
    url->user_text = copy_bytes(text, len);
    url->user = copy_bytes(text, len);
    char *colon = strchr(url->user, ':');
    if (colon) {
        url->password = copy_text(colon + 1);
        *colon = '\0';
        decode_url(url->password);
    }
    decode_url(url->user);
}

static bool set_authority(url *url, const char *given, size_t len, text *why)
{
    char *authority = copy_bytes(given, len);
    char *at = strrchr(authority, '@');
    bool good;

    if (at)
        set_user(url, authority, (size_t)(at - authority));
    good = set_host(url, at ? at + 1 : authority, why);
    free(authority);
    return good;
}

/* ---- Path ---- */

static bool is_dot(const char *segment, size_t len)
{
    return (len == 1 && segment[0] == '.') || (len == 3 && starts_nocase(segment, "%2e"));
}

static bool is_dot_dot(const char *segment, size_t len)
{
    size_t first = segment[0] == '.' ? 1 : 3;

    return len > first && is_dot(segment, first) && is_dot(segment + first, len - first);
}

/* RFC 3986 §5.2.4. */
static char *remove_dots(const char *path)
{
    text out = {0};

    while (*path) {
        size_t len = strcspn(path + 1, "/");
        const char *segment = path + 1;
        bool is_last = !segment[len];
        if (is_dot(segment, len) || (len > 1 && is_dot_dot(segment, len))) {
            if (len > 1 && is_dot_dot(segment, len))
                while (out.len > 0 && out.bytes[--out.len] != '/')
                    ;
            if (is_last)
                text_add_char(&out, '/');
        } else {
            text_add(&out, path, len + 1);
        }
        path = segment + len;
    }
    if (out.len == 0)
        text_add_char(&out, '/');
    out.bytes[out.len] = '\0';
    return text_take(&out);
}

/* Path, query and fragment, from where the host ends. */
static void set_path(url *url, const char *text, int how)
{
    size_t path = strcspn(text, "?#");
    const char *at = text + path;

    url->has_slash = text[0] == '/';
    char *start = path > 0 ? copy_bytes(text, path) : copy_text("/");
    url->path = how & URL_AS_IS ? copy_text(start) : remove_dots(start);
    free(start);
    if (*at == '?') {
        size_t len = strcspn(at + 1, "#");
        url->query = copy_bytes(at + 1, len);
        at += len + 1;
    }
    if (*at == '#')
        url->fragment = copy_text(at + 1);
}

/* ---- All of it ---- */

/* "http://host", "http:/host", "host": where the authority starts, and the scheme. */
static const char *take_scheme(const char *text, const char *default_scheme, char **scheme)
{
    size_t len = 0;

    while (is_alpha(text[len]) ||
           (len > 0 && (is_digit(text[len]) || strchr("+-.", text[len])) && text[len]))
        len++;
    if (len > 0 && text[len] == ':' && text[len + 1] == '/') {
        *scheme = copy_bytes(text, len);
        for (char *at = *scheme; *at; at++)
            *at = lower(*at);
        text += len + 1;
        for (int slashes = 0; *text == '/' && slashes < 3; slashes++)
            text++;
        return text;
    }
    *scheme = copy_text(default_scheme ? default_scheme : "http");
    return strncmp(text, "//", 2) == 0 ? text + 2 : text;
}

static bool parse(url *url, const char *given, const char *default_scheme, int how, text *why)
{
    *url = (struct url){0};
    const char *authority = take_scheme(given, default_scheme, &url->scheme);
    size_t len = strcspn(authority, "/?#");

    url->port = url_default_port(url->scheme);
    if (url->port == 0 && !(how & URL_ANY)) {
        text_add_format(why, "Protocol \"%s\" not supported", url->scheme);
        return false;
    }
    if (!set_authority(url, authority, len, why))
        return false;
    set_path(url, authority + len, how);
    return true;
}

bool url_parse(url *url, const char *given, const char *default_scheme, int how, text *why)
{
    char *clean = how & URL_ENCODE ? encode_bad(given, false) : copy_text(given);
    bool good = !has_control(clean) || wrong(why, "Malformed input to a URL function");

    if (!good)
        *url = (struct url){0};
    good = good && parse(url, clean, default_scheme, how, why);
    if (!good)
        url_free(url);
    free(clean);
    return good;
}

static bool has_scheme(const char *text)
{
    size_t len = 0;

    while (is_alpha(text[len]) ||
           (len > 0 && (is_digit(text[len]) || (text[len] && strchr("+-.", text[len])))))
        len++;
    return len > 0 && text[len] == ':' && text[len + 1] == '/';
}

/* typed: as somebody typed it. */
static void write_host(text *out, const url *url, bool typed)
{
    bool is_ipv6 = strchr(url->host, ':') != NULL;
    bool as_text = url->host_text && (typed || is_ascii(url->host_text));

    text_add_format(out, is_ipv6 ? "[%s]" : "%s", as_text ? url->host_text : url->host);
}

bool url_join(url *joined, const url *base, const char *reference, int how, text *why)
{
    text whole = {0};
    bool good;

    while (*reference == ' ')
        reference++;
    if (has_scheme(reference))
        return url_parse(joined, reference, NULL, how, why);
    if (strncmp(reference, "//", 2) == 0) {
        text_add_format(&whole, "%s:%s", base->scheme, reference);
    } else {
        const char *slash = strrchr(base->path, '/');
        text_add_format(&whole, "%s://", base->scheme);
        write_host(&whole, base, true);
        if (base->port != url_default_port(base->scheme))
            text_add_format(&whole, ":%d", base->port);
        if (*reference == '?' || *reference == '#' || !*reference)
            text_add_str(&whole, base->path);
        else if (*reference != '/')
            text_add(&whole, base->path, (size_t)(slash - base->path) + 1);
        if ((*reference == '#' || !*reference) && base->query)
            text_add_format(&whole, "?%s", base->query);
        text_add_str(&whole, reference);
    }
    good = url_parse(joined, text_str(&whole), NULL, how, why);
    text_free(&whole);
    if (good && !joined->user_text && base->user_text && url_same_origin(joined, base))
        set_user(joined, base->user_text, strlen(base->user_text));
    return good;
}

void url_write_host(text *out, const url *url, bool with_port)
{
    write_host(out, url, false);
    if (with_port && url->port != url_default_port(url->scheme))
        text_add_format(out, ":%d", url->port);
}

void url_write_target(text *out, const url *url)
{
    text_add_str(out, url->path);
    if (url->query)
        text_add_format(out, "?%s", url->query);
}

void url_write(text *out, const url *url, bool whole)
{
    text_add_format(out, "%s://", url->scheme);
    if (whole && url->user_text)
        text_add_format(out, "%s@", url->user_text);
    write_host(out, url, whole);
    if (whole ? url->has_port : url->port != url_default_port(url->scheme))
        text_add_format(out, ":%d", url->port);
    url_write_target(out, url);
    if (whole && url->fragment)
        text_add_format(out, "#%s", url->fragment);
}

bool url_same_origin(const url *a, const url *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 && a->port == b->port;
}

/* ---- More of a query ---- */

/* RFC 3986 §6.2.2.1: %3d is %3D. */
static void raise_escapes(char *text)
{
    for (; *text; text++) {
        if (text[0] != '%' || hex_value(text[1]) < 0 || hex_value(text[2]) < 0)
            continue;
        for (int i = 1; i < 3; i++)
            if (text[i] >= 'a')
                text[i] = (char)(text[i] - 'a' + 'A');
    }
}

void url_add_query(char **url, const char *query)
{
    char *fragment = strchr(*url, '#');
    size_t len = fragment ? (size_t)(fragment - *url) : strlen(*url);
    const char *host = strstr(*url, "://");
    const char *mark = memchr(*url, '?', len);
    text out = {0};

    host = host ? host + 3 : *url;
    text_add(&out, *url, len);
    if (!mark && !memchr(host, '/', len - (size_t)(host - *url)))
        text_add_char(&out, '/');
    if (!mark)
        text_add_char(&out, '?');
    else if (mark[1] && mark + 1 < *url + len && (*url)[len - 1] != '&')
        text_add_char(&out, '&');
    size_t start = out.len;
    text_add_str(&out, query);
    raise_escapes(out.bytes + start);
    if (fragment)
        text_add_str(&out, fragment);
    free(*url);
    *url = text_take(&out);
}
