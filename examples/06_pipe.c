/* SPDX-License-Identifier: MIT */
/* From one server to another, with a checksum on the way: ./06_pipe FROM TO
   The slower of both sets the pace; one piece at a time is in memory. */
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static ahttp_stream *source;
static uLong checksum;

static void *next_piece(void *unused)
{
    const ahttp_bytes *piece = ahttp_await(ahttp_stream_read(source));

    (void)unused;
    if (!piece)
        return ahttp_fail_again();
    checksum = crc32_z(checksum, piece->data, piece->len);
    return (void *)piece;
}

/* Called whenever the receiver has room. */
static ahttp_future *produce(void *unused)
{
    return ahttp_spawn(next_piece, unused);
}

static void *copy(void *arg)
{
    char **urls = arg;
    ahttp_session *session = ahttp_session_new(.timeout = {.total_ms = AHTTP_NEVER});
    ahttp_response *from = ahttp_await(ahttp_get(session, urls[1]));
    ahttp_response *to = NULL;
    const char *expected = from ? ahttp_response_header(from, "X-CRC32") : NULL;

    if (from) {
        source = ahttp_response_stream(from);
        to = ahttp_await(
            ahttp_post(session, urls[2], .body = ahttp_body_produced(produce, NULL, -1)));
    }
    if (to)
        printf("%d %s, %llu bytes, CRC-32 %08lx\n", ahttp_response_status(to),
               ahttp_response_reason(to), (unsigned long long)ahttp_stream_total(source), checksum);
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    bool copied =
        to && ahttp_response_ok(to) && (!expected || strtoul(expected, NULL, 16) == checksum);
    ahttp_response_unref(to);
    ahttp_response_unref(from);
    ahttp_session_unref(session);
    return copied ? NULL : ahttp_fail(AHTTP_E_STATE, "it was not copied");
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return ahttp_run(copy, argv) < 0;
    return fprintf(stderr, "usage: %s FROM TO\n", argv[0]), 2;
}
