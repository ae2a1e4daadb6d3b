/* SPDX-License-Identifier: MIT */
/* A page through a proxy: ./09_proxy URL PROXY
   PROXY is http://user:password@host:3128, https://..., socks4a://... or socks5h://...  Without
   it, the environment says which: http_proxy, https_proxy, all_proxy, no_proxy. */
#include <ahttp.h>
#include <stdio.h>

/* What a proxy says that does not open a way to the host. */
static void show_refusal(const ahttp_error *error)
{
    for (const ahttp_pair *header = error->headers; header && header->name; header++)
        fprintf(stderr, "  %s: %s\n", header->name, header->value);
    fprintf(stderr, "%.*s\n", (int)error->body.len, (const char *)error->body.data);
}

static void *fetch(void *arg)
{
    char **args = arg;
    ahttp_session *session = ahttp_session_new(.proxy.url = args[1], .trust_env = true);
    ahttp_response *page = ahttp_await(ahttp_get(session, args[0]));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;

    if (text) {
        printf("%d, by %s\n%s", ahttp_response_status(page),
               ahttp_peer_address(ahttp_response_peer(page)), text);
    } else {
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
        if (ahttp_task_error()->code == AHTTP_E_PROXY)
            show_refusal(ahttp_task_error());
    }
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return text ? arg : ahttp_fail(AHTTP_E_STATE, "there is no page");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s URL [PROXY]\n", argv[0]);
        return 2;
    }
    return ahttp_run(fetch, argv + 1) < 0;
}
