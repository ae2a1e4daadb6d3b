/* SPDX-License-Identifier: MIT */
/* Where the time of a request goes, and an archive of it: ./19_waterfall URL [FILE.har]
   The archive is for the tools of browsers, or any other that reads HAR. */
#include <ahttp.h>
#include <stdio.h>

static void *fetch(void *arg)
{
    char **words = arg;
    ahttp_har *har = ahttp_har_new(false);
    ahttp_trace waterfall = {
        .size = sizeof waterfall, .on = {[AHTTP_TRACE_EXCHANGE] = ahttp_waterfall}, .ctx = stdout};
    ahttp_session *session =
        ahttp_session_new(.traces = AHTTP_TRACES(&waterfall, ahttp_har_trace(har)));
    bool good = true;

    for (int i = 0; i < 2; i++) { /* the second time the connection is there already */
        ahttp_response *page = ahttp_await(ahttp_get(session, words[1]));
        good = page && ahttp_await(ahttp_response_read(page)) && good;
        ahttp_response_unref(page);
    }
    if (words[2] && ahttp_await_status(ahttp_har_save(har, words[2])) < 0)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_session_unref(session);
    ahttp_har_free(har);
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
