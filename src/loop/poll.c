/* SPDX-License-Identifier: MIT */
#include "loop/poll.h"
#include "base/mem.h"
#include "loop/loop_state.h"

/* Of an owner, so much is fetched at once. */
enum { OWNER_SIZE = 2 * AH_LINE_SIZE };

_Static_assert((int)AH_READABLE == (int)UV_READABLE && (int)AH_WRITABLE == (int)UV_WRITABLE,
               "they are passed on as they are");

static bool is_busy(const ah_poll *poll)
{
    return poll->events != 0 && poll->counted;
}

/* libuv's handle never keeps the loop alive by itself; the loop counts those that shall. */
static void note_busy(ah_poll *poll, bool was_busy)
{
    ahttp_loop *loop = poll->loop;

    if (is_busy(poll) && !was_busy && loop->busy_polls++ == 0)
        ah_loop_hold(loop);
    if (!is_busy(poll) && was_busy && --loop->busy_polls == 0)
        ah_loop_unhold(loop);
}

static void on_poll(uv_poll_t *uv, int status, int events);

static void watch(ah_poll *poll)
{
    poll->watched = poll->events;
    if (poll->events)
        uv_poll_start(&poll->uv, (int)poll->events, on_poll);
    else
        uv_poll_stop(&poll->uv);
}

static inline void note(ah_poll *poll, unsigned events)
{
    ah_poll_row *row = &poll->loop->row;

    if (AH_LIKELY(!poll->noted))
        row->polls[row->count++] = poll;
    poll->noted |= events;
    ah_fetch(poll->owner, OWNER_SIZE);
}

static void on_poll(uv_poll_t *uv, int status, int events)
{
    ah_poll *poll = AH_CONTAINER(uv, ah_poll, uv);
    ahttp_loop *loop = poll->loop;

    if (AH_UNLIKELY(status < 0)) {
        /* libuv has stopped watching; what is level-triggered goes on until it is closed. */
        watch(poll);
        events = AH_READABLE | AH_WRITABLE;
    }
    if (AH_UNLIKELY(!poll->events)) {
        watch(poll);
        return;
    }
    note(poll, (unsigned)events);
    if (loop->row.count == AH_POLL_ROW)
        ah_polls_tell(loop);
}

/* ---- Rows ---- */

/* What was noted, and is still wanted; nothing of what was closed. */
static inline unsigned due(const ah_poll *poll)
{
    return poll->noted & poll->events;
}

static inline void look_ahead(ah_poll *poll)
{
    if (AH_LIKELY(poll->ahead && due(poll)))
        poll->ahead(poll);
}

static inline void tell(ah_poll *poll)
{
    unsigned events = due(poll);

    poll->noted = 0;
    if (AH_LIKELY(events))
        poll->ready(poll, events);
}

/* The memory of those that are closed meanwhile stays until libuv has done its check phase. */
void ah_polls_tell(ahttp_loop *loop)
{
    ah_poll_row *row = &loop->row;

    ah_loop_enter(loop);
    look_ahead(row->polls[0]);
    for (size_t i = 0; i < row->count; i++) {
        if (i + 1 < row->count)
            look_ahead(row->polls[i + 1]);
        tell(row->polls[i]);
    }
    row->count = 0;
    ah_loop_leave(loop);
}

/* ---- Opening and closing ---- */

int ah_poll_open(ahttp_loop *loop, ah_poll *poll, int fd, ah_poll_fn *ready)
{
    int rc = uv_poll_init(loop->uv, &poll->uv, fd);

    if (rc < 0)
        return rc;
    uv_unref((uv_handle_t *)&poll->uv);
    poll->loop = loop;
    poll->ready = ready;
    poll->ahead = NULL;
    poll->owner = NULL;
    poll->closed = NULL;
    poll->events = poll->watched = poll->noted = 0;
    poll->counted = true;
    loop->open_polls++;
    return 0;
}

void ah_poll_set(ah_poll *poll, unsigned events)
{
    bool was_busy = is_busy(poll);

    if (events == poll->events)
        return;
    poll->events = events;
    if (events && events != poll->watched)
        watch(poll);
    note_busy(poll, was_busy);
}

void ah_poll_set_background(ah_poll *poll, bool background)
{
    bool was_busy = is_busy(poll);

    poll->counted = !background;
    note_busy(poll, was_busy);
}

static void on_closed(uv_handle_t *uv)
{
    ah_poll *poll = AH_CONTAINER(uv, ah_poll, uv);
    ahttp_loop *loop = poll->loop;

    loop->closing_handles--;
    if (!poll->closed)
        return;
    ah_loop_enter(loop);
    poll->closed(poll);
    ah_loop_leave(loop);
}

void ah_poll_close(ah_poll *poll, ah_poll_closed_fn *closed)
{
    ah_poll_set(poll, 0);
    poll->closed = closed;
    poll->loop->open_polls--;
    poll->loop->closing_handles++;
    uv_close((uv_handle_t *)&poll->uv, on_closed);
}
