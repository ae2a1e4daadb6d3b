/* SPDX-License-Identifier: MIT */
/* Lines as they arrive, from a server that takes its time: ./08_lines URL
   Nothing waits for the body's end, which there may never be; who reads slowly slows the
   sender. */
#include <ahttp.h>
#include <stdio.h>

enum { LONGEST = 1 << 20 };

static void *print_lines(void *url)
{
    ahttp_session *session = ahttp_session_new(.timeout = {.total_ms = AHTTP_NEVER});
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    ahttp_stream *stream = response ? ahttp_response_stream(response) : NULL;
    const ahttp_bytes *line = NULL;

    for (int i = 1; stream; i++) {
        line = ahttp_await(ahttp_stream_read_line(stream, LONGEST));
        if (!line || line->len == 0)
            break;
        printf("%4d  ", i);
        fwrite(line->data, 1, line->len, stdout);
        fflush(stdout);
    }
    bool failed = !line;
    if (failed)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return failed ? ahttp_fail(AHTTP_E_STATE, "there are lines missing") : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s URL\n", argv[0]);
        return 2;
    }
    return ahttp_run(print_lines, argv[1]) < 0;
}
