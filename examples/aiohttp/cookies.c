/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static bool print(const ahttp_cookie *cookie, void *ctx)
{
    (void)ctx;
    printf("%s=%s for %s%s\n", cookie->name, cookie->value, cookie->domain, cookie->path);
    return true;
}

static void *visit(void *arg)
{
    char **words = arg;
    ahttp_cookie_jar *jar = ahttp_cookie_jar_new(.ip_hosts = true);
    ahttp_session *session = ahttp_session_new(.cookie_jar = jar);
    ahttp_response *page =
        ahttp_await(ahttp_get(session, words[1], .cookies = AHTTP_PAIRS({"once", "1"})));
    /* The redirect set it, and is in the history. */
    const ahttp_response *first = page ? ahttp_response_history(page, 0) : NULL;
    const char *login = first ? ahttp_response_cookie(first, "login") : NULL;

    printf("login=%s\n", login ? login : "nobody");
    ahttp_response_unref(page);
    ahttp_cookie_jar_set(jar, words[1], AHTTP_COOKIE(.name = "theme", .value = "dark"), NULL);
    ahttp_cookie_jar_each(jar, print, NULL);
    ahttp_await_status(ahttp_cookie_jar_save(jar, words[2], AHTTP_COOKIES_JSON));
    ahttp_cookie_jar_clear(jar);
    ahttp_await_status(ahttp_cookie_jar_load(jar, words[2]));
    printf("%d loaded\n", (int)ahttp_cookie_jar_count(jar));
    ahttp_session_unref(session);
    ahttp_cookie_jar_unref(jar);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 3 || ahttp_run(visit, argv) < 0;
}
