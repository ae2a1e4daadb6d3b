/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_H1_WORK_H
#define AH_CONN_H1_WORK_H
/* What a connection needs only while it carries an exchange.  Idle ones do without, so that many
   of them cost little; a store, shared by the connections of a connector, keeps what they gave back
   for the next exchange, so that an exchange in steady state allocates nothing.  It outlives them,
   and so has their farewells. */
#include "conn/farewell.h"
#include "conn/h1_send.h"
#include "conn/h1_watch.h"
#include "http/h1_parser.h"
#include "loop/loop.h"

typedef struct ah_h1_work ah_h1_work;
struct ah_h1_work {
    ah_h1_work *next; /* in the store */
    void *conn;       /* that has it now */
    ah_h1_parser *parser;
    ah_h1_send sending;
    ah_h1_watch watch;
};

/* What all of a kind have in common; each has itself as ctx. */
typedef struct ah_h1_work_kind {
    const ah_h1_parser_events *events;
    void (*sending_moved)(void *ctx);
    ah_timer_fn *on_limit;
} ah_h1_work_kind;

enum { AH_H1_MOST_KEPT = 256, AH_H1_MOST_BUFFER = 8192 };

typedef struct ah_h1_store {
    ahttp_loop *loop;  /* of all connections that share it */
    size_t holding;    /* of them, those that keep the loop alive */
    ah_h1_work *works; /* the last one given first */
    size_t count;
    ah_buf head; /* of a request, for as long as it takes to write it at once */
    ah_farewells farewells;
} ah_h1_store;

void ah_h1_store_init(ah_h1_store *store, ahttp_loop *loop);
/* Everything was given back. */
void ah_h1_store_release(ah_h1_store *store);

/* For ah_h1_work_take, where the store has none. */
ah_h1_work *ah_h1_work_new(const ah_h1_work_kind *kind);
/* After an exchange that did not end well. */
void ah_h1_work_free(ah_h1_work *work);
/* NULL when out of memory.  Its conn and the sending half's transport are the taker's to set. */
static inline ah_h1_work *ah_h1_work_take(ah_h1_store *store, const ah_h1_work_kind *kind)
{
    ah_h1_work *work = store->works;

    if (AH_UNLIKELY(!work))
        return ah_h1_work_new(kind);
    store->works = work->next;
    store->count--;
    return work;
}
/* For ah_h1_work_give, where the store has enough, or the work a large buffer. */
void ah_h1_work_give_less(ah_h1_store *store, ah_h1_work *work);
/* After an exchange that ended well. */
static inline void ah_h1_work_give(ah_h1_store *store, ah_h1_work *work)
{
    if (AH_UNLIKELY(store->count == AH_H1_MOST_KEPT || work->sending.out.cap > AH_H1_MOST_BUFFER)) {
        ah_h1_work_give_less(store, work);
        return;
    }
    work->next = store->works;
    store->works = work;
    store->count++;
}

/* Inside of a body: where the next bytes are to be read to, *cap of them. */
char *ah_h1_work_choose_buffer(const ah_h1_work *work, ahttp_loop *loop, ah_exchange *exchange,
                               size_t *cap);
/* Inside of a body, where the transport broke: the error that says how much is missing. */
ahttp_error *ah_h1_work_cut_body(const ah_h1_work *work, const ahttp_error *failure);

#endif
