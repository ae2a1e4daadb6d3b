/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONN_TUNNEL_FIXTURE_H
#define TESTS_CONN_TUNNEL_FIXTURE_H
/* A fake transport to a proxy, and how asking it ended. */
#include "support/check.h"

#include "fake_transport.h"
#include "loop/loop.h"
#include <stdlib.h>
#include <uv.h>

static ahttp_loop *loop;
static fake_transport wire;
static int calls;
static ah_transport *opened;
static ahttp_error *refusal;

static inline int begin(void **state)
{
    (void)state;
    loop = ahttp_loop_new(.virtual_clock = true);
    fake_init(&wire);
    calls = 0;
    opened = NULL;
    refusal = NULL;
    return loop ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    ah_transport_close(opened);
    assert_true(wire.closed);
    ah_error_free(refusal);
    fake_release(&wire);
    return ahttp_loop_close(loop);
}

static inline void note(ah_transport *transport, ahttp_error *error)
{
    calls++;
    opened = transport;
    refusal = error;
}

/* What has been written since the last look. */
static inline void assert_written(const char *bytes, size_t len)
{
    ah_str expected = ah_str_make(bytes, len);

    if (!ah_str_equal(ah_buf_str(&wire.written), expected))
        fail_msg("\"%.*s\" is not \"%.*s\"", (int)wire.written.len, wire.written.data, (int)len,
                 bytes);
    ah_buf_clear(&wire.written);
}

/* Runs what is ready: the asking begins in a job. */
static inline void run_ready(void)
{
    ahttp_loop_run(loop);
    fake_turn(&wire);
}

/* Timers that are due by then fire. */
static inline void time_passes(int64_t ms)
{
    ah_loop_hold(loop);
    ahttp_loop_advance(loop, ms);
    uv_run(ahttp_loop_uv(loop), UV_RUN_NOWAIT);
    uv_run(ahttp_loop_uv(loop), UV_RUN_NOWAIT);
    ah_loop_unhold(loop);
}

static inline void arrives(const char *bytes, size_t len)
{
    ah_buf_append(&wire.incoming, ah_str_make(bytes, len));
    fake_turn(&wire);
}

static inline void assert_refused(int cause, const char *message)
{
    assert_int_equal(calls, 1);
    assert_null(opened);
    assert_non_null(refusal);
    assert_int_equal(refusal->code, AHTTP_E_PROXY);
    assert_int_equal(refusal->cause, cause);
    assert_string_equal(refusal->message, message);
}

#endif
