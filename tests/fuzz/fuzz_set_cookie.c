/* SPDX-License-Identifier: MIT */
/* Set-Cookie fields, a line each, that a jar is told; what it keeps can be sent. */
#include "fuzz.h"

#include "cookies/jar.h"

static bool check_cookie(const ahttp_cookie *cookie, void *ctx)
{
    ah_str name = ah_str_from(cookie->name);
    ah_str value = ah_str_from(cookie->value);

    ++*(size_t *)ctx;
    must(name.len > 0 && name.len + value.len <= AH_COOKIE_MOST_BYTES);
    must(ah_str_find(name, '=') == name.len && ah_str_find(value, ';') == value.len);
    must(!ah_cookie_has_controls(name) && !ah_cookie_has_controls(value));
    must(*cookie->domain != '\0' && *cookie->path == '/');
    return true;
}

static void tell(ah_jar *jar, const ah_url *url, ah_str line, int64_t now)
{
    ah_set_cookie said;

    if (ah_set_cookie_read(&said, line))
        return;
    const char *why = ah_jar_set(jar, url, &said, now);
    must(why != AH_JAR_NO_MEMORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = {"https://www.example.com/a/b", "http://example.com/",
                                       "http://co.uk/a/", "http://192.0.2.1/"};
    ah_str text = ah_str_make((const char *)data, size);
    ah_arena arena = {0};
    ah_url url;
    ah_jar jar;
    ah_str line;
    size_t kept = 0;

    ah_jar_init(&jar, &(ah_jar_rules){.max_cookies = 5, .max_per_domain = 3, .ip_hosts = true});
    must(!ah_url_parse(&url, &arena, ah_str_from(urls[take_byte(&text) % 4])));
    for (int64_t now = 1000000000; ah_str_split(&text, '\n', &line); now++)
        tell(&jar, &url, line, now);
    ah_jar_each(&jar, 1000000000, check_cookie, &kept);
    must(kept == jar.count && kept <= 5);
    ah_jar_find(&jar, &url, 1000000000, check_cookie, &kept);
    ah_jar_release(&jar);
    ah_arena_release(&arena);
    return 0;
}
