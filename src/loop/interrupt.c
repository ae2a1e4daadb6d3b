/* SPDX-License-Identifier: MIT */
/* libuv's one-shot watching resets a signal to its default action inside the handler, so that
   a second one ends the process even if the loop is stuck in a long computation.  Several
   loops may watch at the same time, each on its thread: a signal reaches all of them. */
#include "loop/interrupt.h"
#include "loop/loop_state.h"
#include <pthread.h>
#include <signal.h>

typedef struct watched_signal {
    int number;
    unsigned watchers;    /* of all loops */
    void (*handler)(int); /* libuv's, while there are any */
} watched_signal;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static watched_signal signals[AH_INTERRUPT_SIGNALS] = {{.number = SIGINT}, {.number = SIGTERM}};

static struct sigaction action_of(int number)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigaction(number, NULL, &action);
    return action;
}

/* Whether nobody but us has changed the default action. */
static bool is_left_to_us(const watched_signal *watched, const struct sigaction *action)
{
    return action->sa_handler == SIG_DFL ||
           (watched->watchers > 0 && action->sa_handler == watched->handler);
}

static void reset_all(void)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < AH_INTERRUPT_SIGNALS; i++) {
        struct sigaction action = action_of(signals[i].number);
        if (is_left_to_us(&signals[i], &action))
            signal(signals[i].number, SIG_DFL);
    }
    pthread_mutex_unlock(&mutex);
}

/* Of the first one, whichever signal it is.  What comes after it was on its way already. */
static void on_signal(uv_signal_t *uv, int number)
{
    ah_interrupt *interrupt = AH_CONTAINER(uv, ah_interrupt_watcher, uv)->interrupt;
    ahttp_loop *loop = interrupt->loop;

    reset_all();
    if (interrupt->came)
        raise(number);
    interrupt->came = true;
    ah_loop_enter(loop);
    ahttp_future_cancel(interrupt->task);
    ah_loop_leave(loop);
}

/* With the mutex held. */
static void watch(ah_interrupt_watcher *watcher, watched_signal *watched)
{
    ahttp_loop *loop = watcher->interrupt->loop;
    struct sigaction action = action_of(watched->number);

    if (!is_left_to_us(watched, &action) || uv_signal_init(loop->uv, &watcher->uv) < 0)
        return;
    watcher->watching = true;
    uv_unref((uv_handle_t *)&watcher->uv);
    uv_signal_start_oneshot(&watcher->uv, on_signal, watched->number);
    if (watched->watchers++ == 0)
        watched->handler = action_of(watched->number).sa_handler;
}

void ah_interrupt_begin(ah_interrupt *interrupt, ahttp_loop *loop, ahttp_future *task)
{
    *interrupt = (ah_interrupt){.loop = loop, .task = task};
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < AH_INTERRUPT_SIGNALS; i++) {
        interrupt->watchers[i].interrupt = interrupt;
        watch(&interrupt->watchers[i], &signals[i]);
    }
    pthread_mutex_unlock(&mutex);
}

static void on_closed(uv_handle_t *uv)
{
    ahttp_loop *loop = uv->data;

    loop->closing_handles--;
}

/* With the mutex held.  libuv restores the default action with its last watcher; what the
   program has installed in the meantime is to stay. */
static void unwatch(ah_interrupt_watcher *watcher, watched_signal *watched)
{
    ahttp_loop *loop = watcher->interrupt->loop;
    struct sigaction action = action_of(watched->number);
    bool is_programs = !is_left_to_us(watched, &action);

    watcher->uv.data = loop;
    loop->closing_handles++;
    uv_close((uv_handle_t *)&watcher->uv, on_closed);
    watched->watchers--;
    if (is_programs)
        sigaction(watched->number, &action, NULL);
}

void ah_interrupt_end(ah_interrupt *interrupt)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < AH_INTERRUPT_SIGNALS; i++)
        if (interrupt->watchers[i].watching)
            unwatch(&interrupt->watchers[i], &signals[i]);
    pthread_mutex_unlock(&mutex);
}
