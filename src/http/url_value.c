/* SPDX-License-Identifier: MIT */
/* URLs as values of programs: read into an arena, and then kept as one block of texts. */
#include "base/buf.h"
#include "base/options.h"
#include "http/form.h"
#include "http/url_browser.h"
#include <ahttp/url.h>

struct ahttp_url {
    const char *text, *safe, *scheme, *host, *path;
    const char *query, *fragment, *user, *password; /* may be NULL */
    uint16_t port;
    char texts[];
};

/* ---- Keeping ---- */

static void add_text(ah_buf *texts, ah_str text)
{
    ah_buf_append(texts, text);
    ah_buf_append_char(texts, '\0');
}

static void add_decoded(ah_buf *texts, ah_str text)
{
    ah_url_percent_decode(texts, text);
    ah_buf_append_char(texts, '\0');
}

/* scheme://userinfo@authority target#fragment, with the zone that authority lacks. */
static void add_whole(ah_buf *texts, const ah_url *url)
{
    ah_url_append_origin(texts, url, true);
    ah_buf_append(texts, url->target);
    if (url->fragment.ptr) {
        ah_buf_append_char(texts, '#');
        ah_buf_append(texts, url->fragment);
    }
    ah_buf_append_char(texts, '\0');
}

/* The text at *at, which is stepped over, if there is one. */
static const char *next_text(const char **at, bool is_there)
{
    const char *text = *at;

    if (!is_there)
        return NULL;
    *at += strlen(text) + 1;
    return text;
}

/* NULL when out of memory. */
static ahttp_url *keep(const ah_url *url)
{
    ah_buf texts = {0};
    size_t question = ah_str_find(url->target, '?');
    size_t colon = ah_str_find(url->userinfo, ':');
    bool has_query = question < url->target.len;
    bool has_password = colon < url->userinfo.len;

    add_whole(&texts, url);
    add_text(&texts, url->safe);
    add_text(&texts, url->scheme);
    add_text(&texts, url->host);
    add_text(&texts, ah_str_slice(url->target, 0, question));
    if (has_query)
        add_text(&texts, ah_str_slice(url->target, question + 1, SIZE_MAX));
    if (url->fragment.ptr)
        add_text(&texts, url->fragment);
    if (url->userinfo.ptr)
        add_decoded(&texts, ah_str_slice(url->userinfo, 0, colon));
    if (has_password)
        add_decoded(&texts, ah_str_slice(url->userinfo, colon + 1, SIZE_MAX));
    ahttp_url *value = ah_buf_failed(&texts) ? NULL : ah_alloc(sizeof *value + texts.len);
    if (value) {
        const char *at = memcpy(value->texts, texts.data, texts.len);
        value->text = next_text(&at, true);
        value->safe = next_text(&at, true);
        value->scheme = next_text(&at, true);
        value->host = next_text(&at, true);
        value->path = next_text(&at, true);
        value->query = next_text(&at, has_query);
        value->fragment = next_text(&at, url->fragment.ptr != NULL);
        value->user = next_text(&at, url->userinfo.ptr != NULL);
        value->password = next_text(&at, has_password);
        value->port = url->port;
    }
    ah_buf_release(&texts);
    return value;
}

/* Ends each maker: reason is NULL where url was read. */
static ahttp_url *finish(ah_arena *arena, const ah_url *url, const char *reason, const char **why)
{
    ahttp_url *value = reason ? NULL : keep(url);

    if (why)
        *why = reason || value ? reason : AH_URL_NO_MEMORY;
    ah_arena_release(arena);
    return value;
}

/* ---- Making ---- */

ahttp_url *ahttp_url_parse(const char *text, const char **why)
{
    ah_arena arena = {0};
    ah_url url;

    return finish(&arena, &url, ah_url_parse(&url, &arena, ah_str_from(text)), why);
}

ahttp_url *ahttp_url_join(const ahttp_url *base, const char *reference, const char **why)
{
    ah_arena arena = {0};
    ah_url from, url;
    const char *reason = ah_url_parse_value(&from, &arena, ah_str_from(base->text));

    if (!reason)
        reason = ah_url_join(&url, &arena, &from, ah_str_from(reference));
    return finish(&arena, &url, reason, why);
}

ahttp_url *ahttp_url_parse_as_browser(const char *text, const ahttp_url *base, const char **why)
{
    ah_arena arena = {0};
    ah_url from, url;
    const char *reason = base ? ah_url_parse_value(&from, &arena, ah_str_from(base->text)) : NULL;

    if (!reason)
        reason = ah_url_parse_as_browser(&url, &arena, base ? &from : NULL, ah_str_from(text));
    return finish(&arena, &url, reason, why);
}

ahttp_url *ahttp_url_with_params(const ahttp_url *base, const ahttp_pair *params)
{
    ah_arena arena = {0};
    ah_url url;
    const char *reason = ah_url_parse_value(&url, &arena, ah_str_from(base->text));

    if (!reason && !ah_url_add_params(&url, &arena, params))
        reason = AH_URL_NO_MEMORY;
    return finish(&arena, &url, reason, NULL);
}

void ahttp_url_free(ahttp_url *url)
{
    ah_free(url);
}

/* ---- Building ---- */

static bool is_unreserved(char c)
{
    return ah_is_alpha(c) || ah_is_digit(c) || (c && strchr("-._~", c));
}

/* Escapes all but what RFC 3986 §2.3 and `others` have. */
static void append_escaped(ah_buf *out, const char *text, const char *others)
{
    for (; *text; text++)
        if (is_unreserved(*text) || strchr(others, *text))
            ah_buf_append_char(out, *text);
        else
            ah_buf_append_format(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void append_authority(ah_buf *out, const ahttp_url_parts *parts)
{
    const char *host = parts->host ? parts->host : "";
    bool needs_brackets = strchr(host, ':') && host[0] != '[';

    if (parts->user || parts->password) {
        append_escaped(out, parts->user ? parts->user : "", "");
        if (parts->password) {
            ah_buf_append_char(out, ':');
            append_escaped(out, parts->password, "");
        }
        ah_buf_append_char(out, '@');
    }
    ah_buf_append_format(out, needs_brackets ? "[%s]" : "%s", host);
    if (parts->port)
        ah_buf_append_format(out, ":%d", parts->port);
}

static void append_path(ah_buf *out, const ahttp_url_parts *parts)
{
    const char *path = parts->path ? parts->path : "";

    if (path[0] != '/')
        ah_buf_append_char(out, '/');
    if (parts->raw_path)
        ah_buf_append(out, ah_str_from(path));
    else
        append_escaped(out, path, "/!$&'()*+,;=:@");
}

/* What would not be one part any more, where it stands. */
static const char *check(const ahttp_url_parts *parts)
{
    if (!parts->host || !*parts->host)
        return "the host is missing";
    if (strpbrk(parts->host, "/?#@\\"))
        return "the host has a character that no host name may have";
    if (parts->path && parts->raw_path && strpbrk(parts->path, "?#"))
        return "the path, which is said to be escaped, has a ? or #";
    if (parts->query && strchr(parts->query, '#'))
        return "the query has a #: write it as %23";
    if (parts->port < 0)
        return "the port is not a number between 1 and 65535";
    return NULL;
}

static void append_all(ah_buf *out, const ahttp_url_parts *parts)
{
    ah_buf_append_format(out, "%s://", parts->scheme ? parts->scheme : "https");
    append_authority(out, parts);
    append_path(out, parts);
    if (parts->query)
        ah_buf_append_format(out, "?%s", parts->query);
    if (parts->fragment)
        ah_buf_append_format(out, "#%s", parts->fragment);
}

ahttp_url *ahttp_url_create(const ahttp_url_parts *given, const char **why)
{
    ahttp_url_parts parts;
    ah_arena arena = {0};
    ah_buf text = {0};
    ah_url url;

    if (!given || !ah_options_load(&parts, sizeof parts, given))
        return finish(&arena, NULL, "parts->size is not set; use the macro ahttp_url_build", why);
    const char *reason = check(&parts);
    if (!reason) {
        append_all(&text, &parts);
        reason =
            ah_buf_failed(&text) ? AH_URL_NO_MEMORY : ah_url_parse(&url, &arena, ah_buf_str(&text));
    }
    if (!reason && !ah_url_add_params(&url, &arena, parts.params))
        reason = AH_URL_NO_MEMORY;
    ah_buf_release(&text);
    return finish(&arena, &url, reason, why);
}

/* ---- Looking ---- */

const char *ahttp_url_text(const ahttp_url *url)
{
    return url->text;
}

const char *ahttp_url_safe_text(const ahttp_url *url)
{
    return url->safe;
}

const char *ahttp_url_scheme(const ahttp_url *url)
{
    return url->scheme;
}

const char *ahttp_url_host(const ahttp_url *url)
{
    return url->host;
}

uint16_t ahttp_url_port(const ahttp_url *url)
{
    return url->port;
}

const char *ahttp_url_path(const ahttp_url *url)
{
    return url->path;
}

const char *ahttp_url_query(const ahttp_url *url)
{
    return url->query;
}

const char *ahttp_url_fragment(const ahttp_url *url)
{
    return url->fragment;
}

const char *ahttp_url_user(const ahttp_url *url)
{
    return url->user;
}

const char *ahttp_url_password(const ahttp_url *url)
{
    return url->password;
}

bool ahttp_url_same_origin(const ahttp_url *a, const ahttp_url *b)
{
    return a->port == b->port && strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0;
}
