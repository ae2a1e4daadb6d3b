/* SPDX-License-Identifier: MIT */
/* A page behind a login: ./12_login URL JAR USER PASSWORD
   The server leads to a form, which is filled in; it then sets a cookie, and leads back.  The
   cookie is kept in the file JAR, so that the next run is logged in already. */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

static ahttp_response *fill_in(ahttp_session *session, ahttp_response *form, char **words)
{
    ahttp_future *page = ahttp_post(session, ahttp_response_url(form),
                                    .form = AHTTP_PAIRS({"user", words[3]}, {"password", words[4]}),
                                    .raise_for_status = AHTTP_RAISE_FAILURES);

    printf("logging in at %s\n", ahttp_response_url(form));
    ahttp_response_unref(form);
    return ahttp_await(page);
}

static bool show(ahttp_session *session, char **words)
{
    ahttp_response *page = ahttp_await(ahttp_get(session, words[1]));
    if (page && strstr(ahttp_response_url(page), "/login"))
        page = fill_in(session, page, words);
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;

    if (text)
        printf("%s\n", text);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(page);
    return text != NULL;
}

static void *visit(void *arg)
{
    char **words = arg;
    ahttp_cookie_jar *jar = ahttp_cookie_jar_new();
    ahttp_session *session = ahttp_session_new(.cookie_jar = jar);

    ahttp_await_status(ahttp_cookie_jar_load(jar, words[2])); /* the first time there is none */
    bool shown = show(session, words);
    bool saved = ahttp_await_status(ahttp_cookie_jar_save(jar, words[2], AHTTP_COOKIES_JSON)) == 0;
    if (!saved)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_session_unref(session);
    ahttp_cookie_jar_unref(jar);
    return shown && saved ? NULL : ahttp_fail(AHTTP_E_STATE, "it was not shown, or not saved");
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s URL JAR USER PASSWORD\n", argv[0]);
        return 2;
    }
    return ahttp_run(visit, argv) < 0;
}
