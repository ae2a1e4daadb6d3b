/* SPDX-License-Identifier: MIT */
/* Files of cookies: what a jar takes from one, it writes so that it reads it again. */
#include "fuzz.h"

#include "cookies/file.h"
#include "cookies/jar.h"

enum { NOW = 1000000000 };

static bool restore(const ahttp_cookie *cookie, void *jar)
{
    ah_jar_restore(jar, cookie, NOW);
    return true;
}

static void write_jar(ah_buf *out, ah_jar *jar, ah_cookie_format format)
{
    ah_cookie_writer writer;

    ah_cookies_write_begin(&writer, out, format);
    ah_jar_each(jar, NOW, ah_cookies_write, &writer);
    ah_cookies_write_end(&writer);
    must(!ah_buf_failed(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_jar first, second;
    ah_buf before = {0};
    ah_buf after = {0};

    ah_jar_init(&first, &(ah_jar_rules){.ip_hosts = true});
    ah_jar_init(&second, &(ah_jar_rules){.ip_hosts = true});
    ah_cookies_read(ah_str_make((const char *)data, size), restore, &first);
    write_jar(&before, &first, AH_COOKIES_JSON);
    must(!ah_cookies_read(ah_buf_str(&before), restore, &second));
    write_jar(&after, &second, AH_COOKIES_JSON);
    must(ah_str_equal(ah_buf_str(&before), ah_buf_str(&after)));

    ah_buf_clear(&after);
    write_jar(&after, &second, AH_COOKIES_NETSCAPE);
    ah_jar_remove(&second, NOW, NULL, NULL);
    must(!ah_cookies_read(ah_buf_str(&after), restore, &second));
    must(second.count <= first.count);

    ah_buf_release(&before);
    ah_buf_release(&after);
    ah_jar_release(&first);
    ah_jar_release(&second);
    return 0;
}
