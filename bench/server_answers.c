/* SPDX-License-Identifier: MIT */
/* Targets: /tiny, /sized/BYTES, /chunked/BYTES, /gzip/BYTES (before coding), and
   /busy/MICROSECONDS, which is as tiny, after so much computing. */
#include "server.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { BLOCK = 64 * 1024, MOST_TARGETS = 32, MOST_TARGET = 64 };

/* Seven fields, as servers send them. */
static const char head[] = "HTTP/1.1 200 OK\r\n"
                           "Server: bench/1.0\r\n"
                           "Date: Mon, 30 Nov 2026 09:00:00 GMT\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Cache-Control: no-cache\r\n"
                           "X-Request-Id: 0123456789abcdef\r\n"
                           "%s\r\n"
                           "%s"
                           "\r\n";

static char *copy_of(const char *text)
{
    return strcpy(malloc(strlen(text) + 1), text);
}

static void set_first(answer *it, const char *framing, const char *more)
{
    it->first = malloc(sizeof head + strlen(framing) + strlen(more));
    it->first_len = (size_t)sprintf(it->first, head, framing, more);
}

/* Head and body in one piece. */
static void make_tiny(answer *it)
{
    char text[sizeof head + 32];

    sprintf(text, head, "Content-Length: 2", "");
    it->first = copy_of(strcat(text, "ok"));
    it->first_len = strlen(it->first);
}

/* Lines of words, which compress about as text does. */
static char *make_text(size_t len)
{
    static const char *const words[] = {"the",  "request", "connection", "of",    "a",
                                        "head", "server",  "answers",    "bytes", "field"};
    char *text = malloc(len + 32);
    unsigned random = 1;

    for (size_t at = 0; at < len;) {
        random = random * 1103515245 + 12345;
        const char *word = words[(random >> 16) % (sizeof words / sizeof *words)];
        char end = (random >> 8) % 12 == 0 ? '\n' : ' ';
        at += (size_t)sprintf(text + at, "%s%u%c", word, (random >> 20) % 100, end);
    }
    return text;
}

static void make_sized(answer *it, size_t len)
{
    char framing[64];

    sprintf(framing, "Content-Length: %zu", len);
    set_first(it, framing, "");
    it->block_len = len < BLOCK ? len : BLOCK;
    it->block = make_text(BLOCK);
    it->repeat = len / (it->block_len ? it->block_len : 1);
    it->last_len = len - it->repeat * it->block_len;
    it->last = make_text(it->last_len);
}

static void make_chunked(answer *it, size_t len)
{
    set_first(it, "Transfer-Encoding: chunked", "");
    char *text = make_text(BLOCK);
    it->block = malloc(BLOCK + 32);
    it->block_len = (size_t)sprintf(it->block, "%x\r\n%.*s\r\n", BLOCK, BLOCK, text);
    it->repeat = len / BLOCK;
    it->last = copy_of("0\r\n\r\n");
    it->last_len = strlen(it->last);
    free(text);
}

static void make_gzip(answer *it, size_t len)
{
    char framing[64];
    char *text = make_text(len);
    z_stream z = {.next_in = (unsigned char *)text, .avail_in = (unsigned)len};

    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    size_t cap = deflateBound(&z, len);
    it->block = malloc(cap);
    z.next_out = (unsigned char *)it->block;
    z.avail_out = (unsigned)cap;
    deflate(&z, Z_FINISH);
    it->block_len = z.total_out;
    it->repeat = 1;
    deflateEnd(&z);
    free(text);
    sprintf(framing, "Content-Length: %zu", it->block_len);
    set_first(it, framing, "Content-Encoding: gzip\r\n");
}

static void make(answer *it, const char *target)
{
    size_t len = 0;

    memset(it, 0, sizeof *it);
    if (sscanf(target, "/sized/%zu", &len) == 1) {
        make_sized(it, len);
    } else if (sscanf(target, "/chunked/%zu", &len) == 1) {
        make_chunked(it, len);
    } else if (sscanf(target, "/gzip/%zu", &len) == 1) {
        make_gzip(it, len);
    } else {
        if (sscanf(target, "/busy/%zu", &len) == 1)
            it->busy = (double)len / 1e6;
        make_tiny(it);
    }
}

const answer *answer_for(const char *target, size_t len)
{
    static struct {
        char target[MOST_TARGET];
        size_t len;
        answer answer;
    } known[MOST_TARGETS];
    static size_t count;

    for (size_t i = 0; i < count; i++)
        if (known[i].len == len && memcmp(known[i].target, target, len) == 0)
            return &known[i].answer;
    if (count == MOST_TARGETS || len >= MOST_TARGET)
        return &known[0].answer;
    memcpy(known[count].target, target, len);
    known[count].len = len;
    make(&known[count].answer, known[count].target);
    return &known[count++].answer;
}

const answer *answer_stats(long requests, long handshakes, long resumed)
{
    static char body[256], first[256];
    static answer it;
    int len =
        sprintf(body, "{\"requests\": %ld, \"handshakes\": %ld, \"resumed\": %ld, \"cpu\": %.6f}",
                requests, handshakes, resumed, (double)clock() / CLOCKS_PER_SEC);

    it = (answer){.first = first, .last = body, .last_len = (size_t)len};
    it.first_len = (size_t)sprintf(first, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len);
    return &it;
}
