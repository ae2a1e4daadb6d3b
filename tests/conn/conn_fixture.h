/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONN_CONN_FIXTURE_H
#define TESTS_CONN_CONN_FIXTURE_H
/* One connection on a fake transport, made and ended around each test, and the story of what
   it told. */
#include "support/check.h"

#include "conn/h1_conn.h"
#include "fake_transport.h"
#include <stdio.h>
#include <stdlib.h>

/* What happened, as text: "head 200|body hello|end OK|idle|". */
static char story[4096];
static ahttp_loop *loop;
static fake_transport wire;
static ah_conn *conn;
static ah_h1_store store;
static ah_arena arena;
static ahttp_headers no_fields;
static ah_exchange exchange;
static bool has_room;

static inline void tell(const char *format, ...)
{
    va_list arguments;
    size_t len = strlen(story);

    va_start(arguments, format);
    vsnprintf(story + len, sizeof story - len, format, arguments);
    va_end(arguments);
}

static inline void on_idle(ah_conn *which)
{
    assert_true(ah_conn_is_available(which));
    tell("idle|");
}

static inline void on_closed(ah_conn *which)
{
    assert_ptr_equal(which, conn);
    conn = NULL;
    tell("closed|");
}

static inline void on_head(ah_exchange *ex)
{
    tell("head %d|", ex->response.status);
}

static inline bool on_body(ah_exchange *ex, ah_str piece)
{
    (void)ex;
    tell("body %.*s|", (int)piece.len, piece.ptr);
    return has_room;
}

static inline void on_end(ah_exchange *ex, ahttp_error *error)
{
    assert_null(ex->conn);
    tell("end %s|", error ? error->message : "OK");
    ah_error_free(error);
}

static const ah_conn_owner owner = {on_idle, on_closed};
static const ah_exchange_events events = {.head = on_head, .body = on_body, .end = on_end};

static inline int begin(void **state)
{
    (void)state;
    story[0] = '\0';
    has_room = true;
    loop = ahttp_loop_new(.virtual_clock = true);
    fake_init(&wire);
    ah_h1_store_init(&store, loop);
    conn = ah_h1_conn_new(&store, &wire.base, &owner, NULL);
    return conn ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    if (conn)
        ah_conn_close(conn, NULL);
    ah_exchange_release(&exchange);
    assert_true(wire.closed);
    fake_release(&wire);
    ah_h1_store_release(&store);
    ah_arena_release(&arena);
    return ahttp_loop_close(loop);
}

static inline void send_request(const char *method, const char *body)
{
    ah_exchange_release(&exchange);
    exchange = (ah_exchange){
        .events = &events,
        .request = {.method = ah_str_from(method),
                    .target = AH_STR("/"),
                    .authority = AH_STR("h"),
                    .fields = &no_fields,
                    .body_length = (int64_t)strlen(body),
                    .has_body = body[0] != '\0'},
        .body = ah_str_from(body),
    };
    ah_headers_init(&exchange.response.fields, &arena);
    ah_conn_send(conn, &exchange);
}

#endif
