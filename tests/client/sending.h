/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_SENDING_H
#define TESTS_CLIENT_SENDING_H
/* What tests of request bodies share: files, a producer that does as the test says, and what
   the server saw. */
#include "one_server.h"
#include "support/open_fds.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The last request as the server saw it. */
static inline server_request seen(void)
{
    return server_request_at(f.server, server_count(f.server, SERVER_REQUESTS) - 1);
}

/* The request must be answered by 200; its response is of no interest. */
static inline void assert_sent(ahttp_future *request)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), 200);
    assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);
    ahttp_response_unref(response);
}

/* Other jobs of the loop, and what they make ready, have their turns. */
static inline void let_run(void)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
}

/* The loop runs until threads that still read have ended; only the server may take longer. */
static inline void assert_open_fds_become(size_t count)
{
    assert_int_equal(ahttp_loop_run(f.loop), 0);
    for (int quiet_ms = 0; count_open_fds() != count;)
        wait_a_turn(f.loop, &quiet_ms);
}

/* ---- Files ---- */

/* A new file with these bytes; remove_file takes it away again. */
static inline const char *make_file(const void *bytes, size_t len)
{
    static char path[64];

    snprintf(path, sizeof path, "/tmp/ahttp-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
    return path;
}

static inline void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

/* Byte i is 'a' + i % 26. */
static inline char *make_pattern(size_t len)
{
    char *text = malloc(len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    text[len] = '\0';
    return text;
}

/* ---- A producer ---- */

/* Pieces that are none: */
#define LATER "<later>" /* answer_now gives the one behind it */
#define FAILS "<fails>"

typedef struct producer {
    const char *const *pieces; /* the last is NULL */
    ahttp_promise *promise;    /* of a piece that comes later */
    ahttp_bytes piece;
    int calls;
    bool was_cancelled;
} producer;

#define PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline void answer_now(producer *p)
{
    ahttp_promise *promise = p->promise;
    const char *text = *p->pieces;

    p->promise = NULL;
    if (text)
        p->pieces++;
    if (text && strcmp(text, FAILS) == 0) {
        ahttp_promise_reject(promise, AHTTP_E_STATE, "the well is dry");
        return;
    }
    p->piece = (ahttp_bytes){text, text ? strlen(text) : 0};
    ahttp_promise_resolve(promise, &p->piece, NULL);
}

static inline void on_producer_cancel(void *ctx)
{
    producer *p = ctx;

    p->was_cancelled = true;
    ahttp_promise_reject(p->promise, AHTTP_E_CANCELLED, "cancelled");
    p->promise = NULL;
}

static inline ahttp_future *produce(void *ctx)
{
    producer *p = ctx;
    ahttp_future *future = ahttp_promise_new(&p->promise, on_producer_cancel, p);

    p->calls++;
    if (*p->pieces && strcmp(*p->pieces, LATER) == 0)
        p->pieces++;
    else if (p->promise)
        answer_now(p);
    return future;
}

/* ---- A middleware ---- */

/* Answers by itself, with the status in ctx. */
static inline ahttp_future *answering(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    (void)next;
    ahttp_promise_resolve(
        promise,
        ahttp_outgoing_answer(request, *(int *)ctx,
                              AHTTP_PAIRS({"Content-Type", "text/x-made"}, {"Location", "/ok"}),
                              (ahttp_bytes){"made up", 7}),
        NULL);
    return future;
}

#endif
