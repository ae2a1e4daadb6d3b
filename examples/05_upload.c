/* SPDX-License-Identifier: MIT */
/* A form with a file in it, as browsers send it: ./05_upload URL FILE
   The file is read as the server takes it; of any size, little of it is in memory. */
#include <ahttp.h>
#include <stdio.h>

static void *upload(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new(.timeout = {.total_ms = AHTTP_NEVER});
    ahttp_response *response = ahttp_await(
        ahttp_post(session, words[1],
                   .multipart = AHTTP_PARTS({.name = "title", .value = "A file for you"},
                                            {.name = "file", .file = words[2]}),
                   /* A server that does not want it says so before it is sent. */
                   .expect_100 = true));
    const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;
    bool accepted = text && ahttp_response_ok(response);

    if (text)
        printf("%d %s\n%s\n", ahttp_response_status(response), ahttp_response_reason(response),
               text);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return accepted ? NULL : ahttp_fail(AHTTP_E_STATE, "it was not accepted");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s URL FILE\n", argv[0]);
        return 2;
    }
    return ahttp_run(upload, argv) < 0;
}
