/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

/* Line by line, as they arrive. */
static void count_lines(ahttp_session *session, const char *url)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    ahttp_stream *body = response ? ahttp_response_stream(response) : NULL;
    const ahttp_bytes *line = NULL;
    int lines = 0;

    while (body && (line = ahttp_await(ahttp_stream_read_line(body, 0))) && line->len > 0)
        lines++;
    if (line) /* the end, which is empty */
        printf("%d lines\n", lines);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
}

/* Into a file, of any size, with little in memory. */
static void save(ahttp_session *session, const char *url, const char *path)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, url));

    if (response &&
        ahttp_await_status(ahttp_stream_save(ahttp_response_stream(response), path)) == 0)
        printf("%d bytes saved\n", (int)ahttp_stream_total(ahttp_response_stream(response)));
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
    remove(path);
}

static void *stream(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new();

    count_lines(session, words[1]);
    save(session, words[2], words[3]);
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 4 || ahttp_run(stream, argv) < 0;
}
