/* SPDX-License-Identifier: MIT */
/* Where the time of a request goes, and an archive of it: ./19_waterfall URL [FILE.har]
   The archive is for the tools of browsers, or any other that reads HAR. */
#include <ahttp.h>
#include <stdio.h>

static bool show(ahttp_har *har, ahttp_response *page)
{
    ahttp_timings timings;
    char picture[2048];

    if (!page || !ahttp_await(ahttp_response_read(page))) {
        const ahttp_error *error = ahttp_task_error();
        fprintf(stderr, "%s\n", error->message);
        ahttp_har_add_error(har, error);
        return false;
    }
    printf("%s %s: %d\n", ahttp_response_method(page), ahttp_response_url(page),
           ahttp_response_status(page));
    if (ahttp_response_timings(page, &timings)) {
        ahttp_timings_draw(&timings, 50, picture, sizeof picture);
        printf("%s", picture);
    }
    ahttp_har_add(har, page);
    return true;
}

static void *fetch(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new(.timings = true);
    ahttp_har *har = ahttp_har_new(false);
    bool good = true;

    for (int i = 0; i < 2; i++) { /* the second time the connection is there already */
        ahttp_response *page = ahttp_await(ahttp_get(session, words[1]));
        good = show(har, page) && good;
        ahttp_response_unref(page);
    }
    if (words[2] && ahttp_await_status(ahttp_har_save(har, words[2])) < 0)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_har_free(har);
    ahttp_session_unref(session);
    return good ? NULL : ahttp_fail(AHTTP_E_STATE, "not all was fetched");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s URL [FILE.har]\n", argv[0]);
        return 2;
    }
    return ahttp_run(fetch, argv) < 0;
}
