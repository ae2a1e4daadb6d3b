/* SPDX-License-Identifier: MIT */
/* A body of any size into a file, with a progress line: ./04_download URL FILE
   Only one piece at a time is in memory; a slow disk slows the sender. */
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

static bool save(ahttp_response *response, FILE *file)
{
    ahttp_stream *body = ahttp_response_stream(response);
    const ahttp_bytes *piece;

    while ((piece = ahttp_await(ahttp_stream_read(body))) && piece->len > 0) {
        if (fwrite(piece->data, 1, piece->len, file) != piece->len)
            return false;
        progress(ahttp_stream_total(body), ahttp_response_content_length(response));
    }
    fputc('\n', stderr);
    return piece != NULL;
}

static void *download(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new();
    ahttp_response *response = ahttp_await(ahttp_get(session, words[1]));
    FILE *file = response && ahttp_response_ok(response) ? fopen(words[2], "wb") : NULL;
    bool saved = file && save(response, file);

    if (!response || (file && !saved))
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    else if (!saved)
        fprintf(stderr, "%s: status %d\n", words[1], ahttp_response_status(response));
    if (file && fclose(file) != 0)
        saved = false;
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
