/* SPDX-License-Identifier: MIT */
/* References, read as browsers do and joined by RFC 3986, and international names.  The data are
   a base and a reference, separated by NUL. */
#include "fuzz.h"
#include "http/idn.h"
#include "http/url_browser.h"

static void must_be_same(const ah_url *a, const ah_url *b)
{
    must(ah_str_equal(a->userinfo, b->userinfo));
    must(ah_str_equal(a->host, b->host));
    must(ah_str_equal(a->safe, b->safe));
    must(ah_str_equal(a->fragment, b->fragment));
    must(a->port == b->port);
}

static void append_whole(ah_buf *text, const ah_url *url)
{
    ah_buf_clear(text);
    ah_url_append_origin(text, url, true);
    ah_buf_append(text, url->target);
    if (url->fragment.ptr) {
        ah_buf_append_char(text, '#');
        ah_buf_append(text, url->fragment);
    }
}

static void check_text(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        must(text.ptr[i] > ' ' && text.ptr[i] < 0x7F);
}

/* What was written says the same to each reader, if it can be sent. */
static void check_written(ah_arena *arena, const ah_url *url)
{
    ah_buf text = {0};
    ah_url again;
    bool can_be_sent = url->port > 0 && ah_str_starts_with(url->scheme, AH_STR("http"));

    append_whole(&text, url);
    check_text(url->safe);
    check_text(url->fragment);
    must(!ah_url_parse_value(&again, arena, ah_buf_str(&text)));
    must_be_same(url, &again);
    must(!ah_url_parse(&again, arena, ah_buf_str(&text)) == can_be_sent);
    ah_buf_release(&text);
}

/* And a browser leaves it as it is, but for hosts of base that it would refuse: "[::1%25eth0]",
   "a.1". */
static void check_browser(ah_arena *arena, const ah_url *base, ah_str reference)
{
    ah_buf text = {0};
    ah_url url, again;

    if (!ah_url_parse_as_browser(&url, arena, base, reference)) {
        check_written(arena, &url);
        append_whole(&text, &url);
        check_text(ah_buf_str(&text));
        if (!base || !ah_str_equal(url.host, base->host)) {
            must(!ah_url_parse_as_browser(&again, arena, NULL, ah_buf_str(&text)));
            must_be_same(&url, &again);
        }
    }
    ah_buf_release(&text);
}

static void check_name(ah_arena *arena, ah_str host)
{
    ah_str name;

    if (ah_idn_to_ascii(arena, host, &name))
        return;
    for (size_t i = 0; i < name.len; i++)
        must((unsigned char)name.ptr[i] < 0x80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str reference = ah_str_make((const char *)data, size);
    ah_arena arena = {0};
    ah_str base_text = {NULL, 0};
    ah_url base, url;

    if (size == 0)
        return 0;
    ah_str_split(&reference, '\0', &base_text);
    check_name(&arena, base_text);
    check_browser(&arena, NULL, base_text);
    if (reference.ptr && !ah_url_parse(&base, &arena, base_text)) {
        check_browser(&arena, &base, reference);
        if (!ah_url_join(&url, &arena, &base, reference))
            check_written(&arena, &url);
    }
    ah_arena_release(&arena);
    return 0;
}
