/* SPDX-License-Identifier: MIT */
#include "conn/h1_work.h"
#include "base/mem.h"

enum { FRAMING_SIZE = 4096 }; /* how much is read at a time of what frames large chunks */

void ah_h1_store_init(ah_h1_store *store, ahttp_loop *loop)
{
    *store = (ah_h1_store){.loop = loop};
    ah_farewells_init(&store->farewells);
}

void ah_h1_store_release(ah_h1_store *store)
{
    ah_farewells_cut(&store->farewells);
    for (ah_h1_work *work; (work = store->works);) {
        store->works = work->next;
        ah_h1_work_free(work);
    }
    store->count = 0;
    ah_buf_release(&store->head);
}

ah_h1_work *ah_h1_work_new(const ah_h1_work_kind *kind)
{
    ah_h1_work *work = AH_NEW(ah_h1_work);

    if (work)
        work->parser = ah_h1_parser_new(kind->events, work);
    if (!work || !work->parser) {
        ah_free(work);
        return NULL;
    }
    work->sending.moved = kind->sending_moved;
    work->sending.ctx = work;
    work->watch.timer.fire = kind->on_limit;
    return work;
}

void ah_h1_work_give_less(ah_h1_store *store, ah_h1_work *work)
{
    ah_buf_release(&work->sending.out);
    if (store->count == AH_H1_MOST_KEPT)
        ah_h1_work_free(work);
    else
        ah_h1_work_give(store, work);
}

void ah_h1_work_free(ah_h1_work *work)
{
    ah_h1_parser_free(work->parser);
    ah_h1_send_release(&work->sending);
    ah_free(work);
}

/* Bytes that are the body's and nothing else go where its owner keeps them. */
char *ah_h1_work_choose_buffer(const ah_h1_work *work, ahttp_loop *loop, ah_exchange *exchange,
                               size_t *cap)
{
    uint64_t ahead = ah_h1_parser_body_ahead(work->parser);
    char *place = NULL;

    if (exchange->events->place && ahead > 0)
        place = exchange->events->place(exchange, ahead, cap);
    if (place)
        return place;
    *cap = exchange->events->place && ah_h1_parser_has_large_chunks(work->parser)
               ? FRAMING_SIZE
               : AH_READ_BUFFER_SIZE;
    return ah_loop_read_buffer(loop);
}

ahttp_error *ah_h1_work_cut_body(const ah_h1_work *work, const ahttp_error *failure)
{
    unsigned long long received = ah_h1_parser_received(work->parser);
    uint64_t left = ah_h1_parser_left(work->parser);

    if (left == UINT64_MAX)
        return ah_error_new(AHTTP_E_BODY_CUT, "read response body: received %llu bytes, then %s",
                            received, failure->message);
    return ah_error_new(AHTTP_E_BODY_CUT,
                        "read response body: received %llu of %llu bytes, then %s", received,
                        received + left, failure->message);
}
