/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

/* The server answers with what it was sent. */
static void show(const char *what, ahttp_future *request, const char *expected)
{
    ahttp_response *answer = ahttp_await(request);
    const char *text = answer ? ahttp_await(ahttp_response_text(answer)) : NULL;

    printf("%s: %s\n", what, text && strstr(text, expected) ? expected : "lost");
    ahttp_response_unref(answer);
}

static void *send_all(void *arg)
{
    char **words = arg;
    const char *url = words[1];
    ahttp_session *session = ahttp_session_new(.headers = AHTTP_PAIRS({"X-Team", "blue"}));

    show("params", ahttp_get(session, url, .params = AHTTP_PAIRS({"key", "a b"})), "key=a+b");
    show("headers", ahttp_get(session, url, .headers = AHTTP_PAIRS({"X-One", "1"})), "X-One");
    show("session", ahttp_get(session, url), "X-Team");
    show("form", ahttp_post(session, url, .form = AHTTP_PAIRS({"user", "ada"})), "ada");
    show("json", ahttp_post(session, url, .json = "{\"answer\": 42}"), "42");
    show("text", ahttp_put(session, url, .text = "hello"), "hello");
    show("bytes", ahttp_patch(session, url, .data = {"\x41\x42", 2}), "AB");
    show("file",
         ahttp_post(session, url,
                    .multipart = AHTTP_PARTS({.name = "title", .value = "A file"},
                                             {.name = "file", .file = words[2]})),
         "A file");
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 3 || ahttp_run(send_all, argv) < 0;
}
