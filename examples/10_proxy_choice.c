/* SPDX-License-Identifier: MIT */
/* A proxy for each URL, as the program wants it: ./10_proxy_choice URL...
   What a redirect leads to is asked for as well. */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

static const ahttp_proxy *choose(const char *url, void *ctx)
{
    static const ahttp_proxy tor = {.url = "socks5h://127.0.0.1:9050"};
    static const ahttp_proxy office = {.url = "http://proxy.example:3128", .auth = "me:secret"};
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, ":/?");

    (void)ctx;
    if (len > 6 && strncmp(host + len - 6, ".onion", 6) == 0)
        return &tor;
    return len == 9 && strncmp(host, "localhost", 9) == 0 ? NULL : &office;
}

static void *fetch_all(void *arg)
{
    ahttp_session *session = ahttp_session_new(.proxy_for = choose);

    for (char **url = arg; *url; url++) {
        ahttp_response *page = ahttp_await(ahttp_get(session, *url));
        if (page)
            printf("%s: %d\n", *url, ahttp_response_status(page));
        else
            printf("%s\n", ahttp_task_error()->message);
        ahttp_response_unref(page);
    }
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch_all, argv + 1) < 0;
}
