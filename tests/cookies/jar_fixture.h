/* SPDX-License-Identifier: MIT */
#ifndef TESTS_COOKIES_JAR_FIXTURE_H
#define TESTS_COOKIES_JAR_FIXTURE_H
/* A jar, made and ended around each test, and words for what responses say and requests send.
   It is the first of January 2015. */
#include "support/check.h"

#include "base/buf.h"
#include "cookies/jar.h"
#include <stdio.h>

#define NEW_YEAR INT64_C(1420070400)

static ah_jar jar;
static ah_arena arena;
static int64_t now;

static void begin_with(const ah_jar_rules *rules)
{
    ah_jar_init(&jar, rules);
    now = NEW_YEAR;
}

static int begin(void **state)
{
    (void)state;
    begin_with(&(ah_jar_rules){.max_cookies = 0});
    return 0;
}

static int end(void **state)
{
    (void)state;
    ah_jar_release(&jar);
    ah_arena_release(&arena);
    return 0;
}

static ah_url url_of(const char *text)
{
    ah_url url;
    const char *why = ah_url_parse(&url, &arena, ah_str_from(text));

    if (why)
        fail_msg("%s: %s", text, why);
    return url;
}

/* NULL, or why not. */
static const char *say_bytes(const char *url, ah_str text)
{
    ah_url parsed = url_of(url);
    ah_set_cookie said;
    const char *why = ah_set_cookie_read(&said, text);

    return why ? why : ah_jar_set(&jar, &parsed, &said, now);
}

static inline const char *say(const char *url, const char *text)
{
    return say_bytes(url, ah_str_from(text));
}

static bool append_cookie(const ahttp_cookie *cookie, void *ctx)
{
    ah_buf *out = ctx;

    ah_buf_append_format(out, "%s%s=%s", out->len > 0 ? "; " : "", cookie->name, cookie->value);
    return true;
}

/* What a request for url sends: valid until the next call. */
static inline const char *sent_to(const char *url)
{
    static char text[8192];
    ah_buf out = {0};
    ah_url parsed = url_of(url);

    ah_jar_find(&jar, &parsed, now, append_cookie, &out);
    assert_true(out.len < sizeof text);
    snprintf(text, sizeof text, "%.*s", (int)out.len, out.data);
    ah_buf_release(&out);
    return text;
}

#endif
