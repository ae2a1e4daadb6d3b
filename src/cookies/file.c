/* SPDX-License-Identifier: MIT */
#include "cookies/file.h"
#include "base/utf8.h"
#include "http/json.h"

/* ---- Netscape: domain, subdomains too, path, secure, expires, name, value ---- */

#define HTTP_ONLY "#HttpOnly_"

static const char *yes_or_no(bool yes)
{
    return yes ? "TRUE" : "FALSE";
}

static void write_line(ah_buf *out, const ahttp_cookie *cookie)
{
    if (strchr(cookie->name, '\t') || strchr(cookie->path, '\t'))
        return;
    ah_buf_append_format(
        out, "%s%s%s\t%s\t%s\t%s\t%lld\t%s\t%s\n", cookie->http_only ? HTTP_ONLY : "",
        cookie->host_only ? "" : ".", cookie->domain, yes_or_no(!cookie->host_only), cookie->path,
        yes_or_no(cookie->secure), (long long)cookie->expires, cookie->name, cookie->value);
}

/* The text up to the next tab or the end, which becomes a NUL. */
static char *take_column(char **at)
{
    char *start = *at;

    *at += strcspn(start, "\t");
    if (**at == '\t')
        *(*at)++ = '\0';
    return start;
}

/* False when the line is no cookie. */
static bool read_line(char *line, ahttp_cookie *cookie)
{
    uint64_t expires;
    char *at = line;

    *cookie = (ahttp_cookie){.size = sizeof *cookie};
    cookie->http_only = strncmp(at, HTTP_ONLY, sizeof HTTP_ONLY - 1) == 0;
    if (cookie->http_only)
        at += sizeof HTTP_ONLY - 1;
    else if (*at == '#')
        return false;
    char *domain = take_column(&at);
    cookie->domain = domain + (*domain == '.');
    cookie->host_only = strcmp(take_column(&at), "TRUE") != 0;
    cookie->path = take_column(&at);
    cookie->secure = strcmp(take_column(&at), "TRUE") == 0;
    if (!ah_str_to_u64(ah_str_from(take_column(&at)), &expires) || expires > INT64_MAX)
        return false;
    cookie->expires = (int64_t)expires;
    cookie->name = take_column(&at);
    cookie->value = at;
    return *cookie->name != '\0';
}

static const char *read_netscape(ah_str text, ahttp_cookie_fn *fn, void *ctx)
{
    ah_str line;
    ah_buf copy = {0};
    ahttp_cookie cookie;
    bool goes_on = true;

    while (goes_on && ah_str_split(&text, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        ah_buf_clear(&copy);
        ah_buf_append(&copy, line);
        if (!ah_buf_terminate(&copy))
            break;
        if (read_line(copy.data, &cookie))
            goes_on = fn(&cookie, ctx);
    }
    bool failed = ah_buf_failed(&copy);
    ah_buf_release(&copy);
    return failed ? AH_JSON_NO_MEMORY : NULL;
}

/* ---- JSON ---- */

static const char *const same_sites[] = {
    [AHTTP_SAME_SITE_UNSET] = "",
    [AHTTP_SAME_SITE_NONE] = "none",
    [AHTTP_SAME_SITE_LAX] = "lax",
    [AHTTP_SAME_SITE_STRICT] = "strict",
};

static bool is_utf8(const char *text)
{
    return ah_utf8_is_valid(ah_str_from(text));
}

/* JSON has characters, cookies have bytes.  Where those are no characters, each is written as
   the one of its number, and "latin1" says so. */
static void write_text(ah_buf *out, const char *name, const char *text, bool is_latin1)
{
    ah_str view = ah_str_from(text);
    ah_buf wide = {0};

    ah_buf_append_format(out, "\"%s\": ", name);
    if (is_latin1) {
        char *room = ah_buf_reserve(&wide, 2 * view.len);
        if (room)
            wide.len = (size_t)(ah_utf8_write_latin1(room, view) - room);
        out->failed = out->failed || !room;
        view = ah_buf_str(&wide);
    }
    ah_json_write_string(out, view);
    ah_buf_release(&wide);
}

static void write_flag(ah_buf *out, const char *name, bool is_set)
{
    if (is_set)
        ah_buf_append_format(out, ", \"%s\": true", name);
}

static void write_object(ah_buf *out, const ahttp_cookie *cookie)
{
    bool is_latin1 = !is_utf8(cookie->name) || !is_utf8(cookie->value) ||
                     !is_utf8(cookie->domain) || !is_utf8(cookie->path);

    ah_buf_append(out, AH_STR("{"));
    write_text(out, "name", cookie->name, is_latin1);
    ah_buf_append(out, AH_STR(", "));
    write_text(out, "value", cookie->value, is_latin1);
    ah_buf_append(out, AH_STR(", "));
    write_text(out, "domain", cookie->domain, is_latin1);
    ah_buf_append(out, AH_STR(", "));
    write_text(out, "path", cookie->path, is_latin1);
    if (cookie->expires)
        ah_buf_append_format(out, ", \"expires\": %lld", (long long)cookie->expires);
    if (cookie->same_site != AHTTP_SAME_SITE_UNSET)
        ah_buf_append_format(out, ", \"same_site\": \"%s\"", same_sites[cookie->same_site]);
    write_flag(out, "host_only", cookie->host_only);
    write_flag(out, "secure", cookie->secure);
    write_flag(out, "http_only", cookie->http_only);
    write_flag(out, "latin1", is_latin1);
    ah_buf_append(out, AH_STR("}"));
}

/* In place: characters back to bytes. */
static const char *narrow(const ah_json *object, const char *name)
{
    const ah_json *member = ah_json_member(object, name);

    if (!member || member->kind != AH_JSON_STRING)
        return NULL;
    char *to = (char *)(uintptr_t)member->text.ptr;
    const char *text = to;
    for (const char *at = to; *at; at++) {
        unsigned char c = (unsigned char)*at;
        *to++ = (char)(c >= 0xC2 && c <= 0xC3 ? c << 6 | (at[1] & 0x3F) : *at);
        at += c >= 0xC2 && c <= 0xC3;
    }
    *to = '\0';
    return text;
}

static ahttp_same_site read_same_site(const char *text)
{
    for (size_t i = 0; text && i < sizeof same_sites / sizeof *same_sites; i++)
        if (strcmp(text, same_sites[i]) == 0)
            return (ahttp_same_site)i;
    return AHTTP_SAME_SITE_UNSET;
}

/* False when the object is no cookie. */
static bool read_object(const ah_json *object, ahttp_cookie *cookie)
{
    bool is_latin1 = ah_json_member_is_true(object, "latin1");
    const char *(*text_of)(const ah_json *, const char *) =
        is_latin1 ? narrow : ah_json_member_text;

    *cookie = (ahttp_cookie){
        .size = sizeof *cookie,
        .name = text_of(object, "name"),
        .value = text_of(object, "value"),
        .domain = text_of(object, "domain"),
        .path = text_of(object, "path"),
        .expires = ah_json_member_integer(object, "expires"),
        .same_site = read_same_site(ah_json_member_text(object, "same_site")),
        .host_only = ah_json_member_is_true(object, "host_only"),
        .secure = ah_json_member_is_true(object, "secure"),
        .http_only = ah_json_member_is_true(object, "http_only"),
    };
    return cookie->name && cookie->value && cookie->domain && cookie->path;
}

static const char *read_json(ah_str text, ahttp_cookie_fn *fn, void *ctx)
{
    ah_arena arena = {0};
    const char *why = NULL;
    const ah_json *all = ah_json_read(&arena, text, &why);
    const ah_json *list = ah_json_member(all, "cookies");
    ahttp_cookie cookie;
    bool goes_on = true;

    if (all && (!list || list->kind != AH_JSON_ARRAY))
        why = "it has no list of cookies";
    for (const ah_json *object = why ? NULL : list->first; object && goes_on; object = object->next)
        if (read_object(object, &cookie))
            goes_on = fn(&cookie, ctx);
    ah_arena_release(&arena);
    return why;
}

/* ---- Either ---- */

void ah_cookies_write_begin(ah_cookie_writer *writer, ah_buf *out, ah_cookie_format format)
{
    *writer = (ah_cookie_writer){.out = out, .format = format};
    if (format == AH_COOKIES_NETSCAPE)
        ah_buf_append(out, AH_STR("# Netscape HTTP Cookie File\n"));
    else
        ah_buf_append(out, AH_STR("{\"cookies\": ["));
}

bool ah_cookies_write(const ahttp_cookie *cookie, void *ctx)
{
    ah_cookie_writer *writer = ctx;

    if (writer->format == AH_COOKIES_NETSCAPE) {
        write_line(writer->out, cookie);
        return true;
    }
    ah_buf_append_format(writer->out, "%s\n  ", writer->has_one ? "," : "");
    writer->has_one = true;
    write_object(writer->out, cookie);
    return true;
}

void ah_cookies_write_end(ah_cookie_writer *writer)
{
    if (writer->format == AH_COOKIES_JSON)
        ah_buf_append(writer->out, AH_STR("\n]}\n"));
}

const char *ah_cookies_read(ah_str text, ahttp_cookie_fn *fn, void *ctx)
{
    size_t start = 0;

    while (start < text.len && strchr(" \t\r\n", text.ptr[start]))
        start++;
    if (start < text.len && text.ptr[start] == '{')
        return read_json(text, fn, ctx);
    return read_netscape(text, fn, ctx);
}
