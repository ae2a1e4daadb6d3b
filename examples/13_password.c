/* SPDX-License-Identifier: MIT */
/* A page for those who are known: ./13_password URL USER:PASSWORD
   It logs in by Digest where the server asks for that, and otherwise by Basic. */
#include <ahttp.h>
#include <stdio.h>

static void *fetch(void *arg)
{
    char **args = arg;
    ahttp_session *session = ahttp_session_new();
    ahttp_response *page = ahttp_await(ahttp_get(session, args[0], .digest_auth = args[1]));

    /* Basic shows the password to whoever listens, so only to one who cannot do better. */
    if (page && ahttp_response_status(page) == 401 &&
        ahttp_response_challenge(page, "Basic", "realm")) {
        ahttp_response_unref(page);
        page = ahttp_await(ahttp_get(session, args[0], .auth = args[1]));
    }
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;
    bool is_ok = text && ahttp_response_ok(page);
    if (text)
        printf("%d %s\n%s", ahttp_response_status(page), ahttp_response_reason(page), text);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return is_ok ? arg : ahttp_fail(AHTTP_E_STATE, "there is no page");
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s URL USER:PASSWORD\n", argv[0]);
        return 2;
    }
    return ahttp_run(fetch, argv + 1) < 0;
}
