/* SPDX-License-Identifier: MIT */
#include "conn/h1_work.h"
#include "base/mem.h"

enum { MOST_KEPT = 256, MOST_BUFFER = 8192 };

void ah_h1_store_init(ah_h1_store *store)
{
    *store = (ah_h1_store){.count = 0};
    ah_list_init(&store->works);
    ah_farewells_init(&store->farewells);
}

void ah_h1_store_release(ah_h1_store *store)
{
    ah_farewells_cut(&store->farewells);
    for (ah_link *link; (link = ah_list_take_first(&store->works));)
        ah_h1_work_free(AH_CONTAINER(link, ah_h1_work, link));
    store->count = 0;
}

static ah_h1_work *make(const ah_h1_parser_events *events)
{
    ah_h1_work *work = AH_NEW(ah_h1_work);

    if (work)
        work->parser = ah_h1_parser_new(events, work);
    if (work && !work->parser) {
        ah_free(work);
        return NULL;
    }
    return work;
}

ah_h1_work *ah_h1_work_take(ah_h1_store *store, const ah_h1_parser_events *events)
{
    ah_link *link = ah_list_last(&store->works);

    if (AH_UNLIKELY(!link))
        return make(events);
    ah_link_remove(link);
    store->count--;
    return AH_CONTAINER(link, ah_h1_work, link);
}

void ah_h1_work_give(ah_h1_store *store, ah_h1_work *work)
{
    if (AH_UNLIKELY(store->count == MOST_KEPT)) {
        ah_h1_work_free(work);
        return;
    }
    if (AH_UNLIKELY(work->sending.out.cap > MOST_BUFFER))
        ah_buf_release(&work->sending.out);
    store->count++;
    ah_list_append(&store->works, &work->link);
}

void ah_h1_work_free(ah_h1_work *work)
{
    ah_h1_parser_free(work->parser);
    ah_h1_send_release(&work->sending);
    ah_free(work);
}
