/* SPDX-License-Identifier: MIT */
/* A body of any size into a file, with a progress line: ./04_download URL FILE
   Only two pieces at a time are in memory; a slow disk slows the sender.  FILE is replaced when
   all has arrived, and not at all if anything goes wrong. */
#include <ahttp.h>
#include <stdio.h>

static void progress(uint64_t done, int64_t length)
{
    if (length > 0)
        fprintf(stderr, "\r%5.1f MB of %.1f MB  %3.0f %%", (double)done / 1e6, (double)length / 1e6,
                100.0 * (double)done / (double)length);
    else
        fprintf(stderr, "\r%5.1f MB", (double)done / 1e6);
}

static int save(ahttp_response *response, const char *path)
{
    ahttp_stream *body = ahttp_response_stream(response);
    ahttp_future *saved = ahttp_stream_save(body, path);

    while (!ahttp_future_done(saved)) {
        progress(ahttp_stream_raw_total(body), ahttp_response_content_length(response));
        if (ahttp_await_status(ahttp_sleep(50)) < 0) /* Ctrl-C */
            ahttp_future_cancel(saved);
    }
    progress(ahttp_stream_raw_total(body), ahttp_response_content_length(response));
    fputc('\n', stderr);
    return ahttp_await_status(saved);
}

static void *download(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = ahttp_await(ahttp_get(session, words[1]));
    bool found = response && ahttp_response_ok(response);
    bool saved = found && save(response, words[2]) == 0;

    if (response && !found)
        fprintf(stderr, "%s: status %d\n", words[1], ahttp_response_status(response));
    else if (!saved)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return saved ? NULL : ahttp_fail(AHTTP_E_STATE, "nothing was saved");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s URL FILE\n", argv[0]);
        return 2;
    }
    return ahttp_run(download, argv) < 0;
}
