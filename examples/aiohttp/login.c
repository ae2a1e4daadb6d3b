/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void show(const char *what, ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    printf("%s: %d\n", what, response ? ahttp_response_status(response) : 0);
    ahttp_response_unref(response);
}

static void *login(void *arg)
{
    char **urls = arg;
    ahttp_session *session = ahttp_session_new();

    show("nobody", ahttp_get(session, urls[1]));
    show("basic", ahttp_get(session, urls[1], .auth = "ada:secret"));
    show("digest", ahttp_get(session, urls[2], .digest_auth = "ada:secret"));
    show("bearer", ahttp_get(session, urls[3], .bearer = "token"));
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 4 || ahttp_run(login, argv) < 0;
}
