/* SPDX-License-Identifier: MIT */
/* URLs: what is made of one can be sent, and reading it again gives the same. */
#include "fuzz.h"
#include "http/url.h"

static void check_text(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        must(text.ptr[i] > ' ' && text.ptr[i] < 0x7F);
}

static void must_be_same(const ah_url *a, const ah_url *b)
{
    must(ah_str_equal(a->scheme, b->scheme));
    must(ah_str_equal(a->host, b->host));
    must(ah_str_equal(a->authority, b->authority));
    must(ah_str_equal(a->target, b->target));
    must(ah_str_equal(a->safe, b->safe));
    must(a->port == b->port && a->is_ipv6 == b->is_ipv6 && a->is_tls == b->is_tls);
}

static void check_url(const ah_url *url)
{
    check_text(url->authority);
    check_text(url->target);
    check_text(url->safe);
    check_text(url->fragment);
    must(url->port > 0 && url->host.len > 0);
    must(url->target.len > 0 && (url->target.ptr[0] == '/' || url->target.ptr[0] == '?'));
    must(ah_str_find(url->safe, '#') == url->safe.len);
    must(url->safe.ptr[url->safe.len] == '\0');
}

/* A URL with a fragment is built of its parts, others are copied where they can be: both come to
   the same. */
static void check_with_fragment(const ah_url *url, ah_arena *arena, ah_str text)
{
    ah_buf longer = {0};
    ah_url built;

    ah_buf_append(&longer, text);
    ah_buf_append(&longer, AH_STR("#f"));
    must(!ah_buf_failed(&longer) && !ah_url_parse(&built, arena, ah_buf_str(&longer)));
    must_be_same(url, &built);
    ah_buf_release(&longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_arena arena = {0};
    ah_url_memo memo = {.shape = {.len = 0}};
    ah_url url, next, again;
    const char *why = ah_url_parse(&url, &arena, text);

    if (!why) {
        check_url(&url);
        for (int i = 0; i < 2; i++) {
            must(!ah_url_parse_next(&next, &arena, text, &memo));
            must_be_same(&url, &next);
        }
        if (size > 0 && data[size - 1] > ' ')
            check_with_fragment(&url, &arena, text);
        /* A zone is no part of what is written. */
        if (ah_str_find(url.host, '%') == url.host.len) {
            must(!ah_url_parse(&again, &arena, url.safe));
            must_be_same(&url, &again);
        }
        must(ah_url_add_params(&url, &arena, AHTTP_PAIRS({"a b", "\xff&"}, {"", NULL})));
        check_url(&url);
    }
    ah_arena_release(&arena);
    return 0;
}
