/* SPDX-License-Identifier: MIT */
/* Reads an answer that comes in pieces, as language models give theirs: a line of JSON each, with
   some text in it, which is printed as soon as it is there.  Lines of server-sent events, "data: "
   and JSON behind it, are taken as well.
   ./json_lines URL FIELD [BODY]      such as ./json_lines http://localhost:11434/api/generate
   response '{...}' */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 1 << 20 };

static void put_utf8(unsigned code)
{
    if (code < 0x80) {
        putchar((int)code);
    } else if (code < 0x800) {
        putchar((int)(0xC0 | code >> 6));
        putchar((int)(0x80 | (code & 0x3F)));
    } else {
        putchar((int)(0xE0 | code >> 12));
        putchar((int)(0x80 | (code >> 6 & 0x3F)));
        putchar((int)(0x80 | (code & 0x3F)));
    }
}

/* A JSON string from behind its first quote. */
static void print_string(const char *at, const char *end)
{
    for (; at < end && *at != '"'; at++) {
        unsigned code;
        if (*at != '\\' || at + 1 == end) {
            putchar(*at);
        } else if (*++at == 'u' && end - at > 4 && sscanf(at + 1, "%4x", &code) == 1) {
            put_utf8(code);
            at += 4;
        } else {
            putchar(*at == 'n' ? '\n' : *at == 't' ? '\t' : *at);
        }
    }
}

/* The value of "field": "..." in the line, if there is one. */
static void print_field(const ahttp_bytes *line, const char *field)
{
    const char *at = line->data, *end = at + line->len;
    size_t len = strlen(field);

    for (; at + len + 4 < end; at++) {
        if (*at != '"' || memcmp(at + 1, field, len) != 0 || at[len + 1] != '"')
            continue;
        const char *value = at + len + 2;
        while (value < end && (*value == ' ' || *value == ':'))
            value++;
        if (value < end && *value == '"') {
            print_string(value + 1, end);
            fflush(stdout);
        }
        return;
    }
}

static void *stream(void *arg)
{
    char **words = arg;
    ahttp_session *session = ahttp_session_new(.timeout = {.total_ms = AHTTP_NEVER},
                                               .raise_for_status = AHTTP_RAISE_FAILURES);
    ahttp_response *response = ahttp_await(
        words[3] ? ahttp_post(session, words[1], .json = words[3]) : ahttp_get(session, words[1]));
    ahttp_stream *body = response ? ahttp_response_stream(response) : NULL;
    const ahttp_bytes *line = NULL;

    while (body && (line = ahttp_await(ahttp_stream_read_line(body, LONGEST))) && line->len > 0)
        print_field(line, words[2]);
    if (line)
        putchar('\n');
    else
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return line ? NULL : ahttp_fail(AHTTP_E_STATE, "no whole answer");
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s URL FIELD [BODY]\n", argv[0]);
        return 2;
    }
    return ahttp_run(stream, argv) < 0;
}
