/* SPDX-License-Identifier: MIT */
#include "loop/poll.h"
#include "loop/loop_state.h"

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
    ah_loop_enter(loop);
    poll->ready(poll, (unsigned)events);
    ah_loop_leave(loop);
}

int ah_poll_open(ahttp_loop *loop, ah_poll *poll, int fd, ah_poll_fn *ready)
{
    int rc = uv_poll_init(loop->uv, &poll->uv, fd);

    if (rc < 0)
        return rc;
    uv_unref((uv_handle_t *)&poll->uv);
    poll->loop = loop;
    poll->ready = ready;
    poll->closed = NULL;
    poll->events = poll->watched = 0;
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
