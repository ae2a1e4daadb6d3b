/* SPDX-License-Identifier: MIT */
/* The loop on top of libuv's.  While jobs wait that no bracket will drain, an idle handle
   keeps libuv from blocking and from ending; prepare and check then drain them. */
#include "loop/loop.h"
#include "base/options.h"
#include "loop/loop_state.h"
#include <ahttp/error.h>

enum { ROUNDS_PER_DRAIN = 16 };

static _Thread_local ahttp_loop *entered; /* the loop that runs on this thread */
static _Thread_local ahttp_loop *newest;  /* of those made on it; the others hang behind */

/* ---- The ready queue ---- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void set_idling(ahttp_loop *loop, bool on)
{
    if (loop->idling == on)
        return;
    loop->idling = on;
    if (on)
        uv_idle_start(&loop->idle, on_idle);
    else
        uv_idle_stop(&loop->idle);
}

void ah_loop_wake(ahttp_loop *loop)
{
    if (loop->depth == 0)
        set_idling(loop, true);
}

void ah_loop_ready(ahttp_loop *loop, ah_job *job)
{
    ah_loop_append(loop, job);
}

/* A program's own handles may call it behind the prepare phase, before libuv blocks. */
void ah_loop_after_input(ahttp_loop *loop, ah_job *job)
{
    ah_list_append(loop->sees_input ? &loop->after_input : &loop->ready, &job->link);
    ah_loop_wake(loop);
}

void ah_loop_ready_all(ahttp_loop *loop, ah_list *jobs)
{
    if (ah_list_is_empty(jobs))
        return;
    ah_list_splice(&loop->ready, jobs);
    ah_loop_wake(loop);
}

static inline void run_job(ahttp_loop *loop, ah_link *link)
{
    ah_job *job = AH_CONTAINER(link, ah_job, link);

    if (AH_UNLIKELY(loop->debug.on))
        ah_debug_run_job(loop, job);
    else
        job->run(job);
}

static void run_round(ahttp_loop *loop)
{
    ah_list round;

    ah_list_init(&round);
    ah_list_splice(&round, &loop->ready);
    for (ah_link *link; (link = ah_list_take_first(&round));)
        run_job(loop, link);
}

static void drain(ahttp_loop *loop)
{
    for (int i = 0; i < ROUNDS_PER_DRAIN && !ah_list_is_empty(&loop->ready); i++) {
        ah_link *first = loop->ready.head.next;
        if (AH_LIKELY(first == loop->ready.head.prev)) { /* the only one, as mostly */
            ah_list_init(&loop->ready);
            *first = (ah_link){0};
            run_job(loop, first);
        } else {
            run_round(loop);
        }
    }
}

void ah_loop_enter(ahttp_loop *loop)
{
    if (loop->depth++ > 0 || loop->running) /* who runs it has made it the current one */
        return;
    loop->outer = entered;
    entered = loop;
}

static bool has_jobs(const ahttp_loop *loop)
{
    return !ah_list_is_empty(&loop->ready) || !ah_list_is_empty(&loop->after_input);
}

/* Whether libuv must not block now: more is to do at once, or whoever runs the loop has what
   it was run for. */
static bool is_next_turn_due(ahttp_loop *loop)
{
    return has_jobs(loop) || (loop->has_virtual_clock && ah_clock_may_move(loop)) ||
           (loop->go_on && !loop->go_on(loop, loop->go_on_ctx));
}

void ah_loop_leave(ahttp_loop *loop)
{
    if (loop->depth == 1) {
        drain(loop);
        if (!loop->running)
            entered = loop->outer;
        set_idling(loop, is_next_turn_due(loop));
    }
    loop->depth--;
}

static void on_prepare(uv_prepare_t *prepare)
{
    ahttp_loop *loop = prepare->data;

    ah_loop_enter(loop);
    if (ah_clock_may_move(loop))
        ah_clock_move(loop);
    ah_loop_leave(loop);
    loop->sees_input = true;
}

static void on_check(uv_check_t *check)
{
    ahttp_loop *loop = check->data;
    bool was_told = loop->row.count > 0;

    if (was_told)
        ah_polls_tell(loop);
    loop->sees_input = false;
    if (was_told && !has_jobs(loop)) /* its bracket has seen to everything else */
        return;
    ah_loop_enter(loop);
    if (!ah_list_is_empty(&loop->after_input))
        ah_list_splice(&loop->ready, &loop->after_input);
    ah_loop_leave(loop);
}

/* ---- Running ---- */

bool ah_loop_is_inside(const ahttp_loop *loop)
{
    return loop->running || loop->depth > 0;
}

int ahttp_loop_run(ahttp_loop *loop)
{
    ahttp_loop *outer = entered;
    int alive;

    ah_check_thread(loop, "ahttp_loop_run");
    if (ah_loop_is_inside(loop))
        return AHTTP_E_STATE;
    loop->running = true;
    loop->stopped = false;
    entered = loop;
    do
        alive = uv_run(loop->uv, UV_RUN_DEFAULT);
    while (!alive && !loop->stopped && ah_calls_take_posted(loop));
    entered = outer;
    loop->running = false;
    return 0;
}

static bool is_not_stopped(const ahttp_loop *loop, const void *ctx)
{
    (void)ctx;
    return !loop->stopped;
}

int ahttp_loop_run_forever(ahttp_loop *loop)
{
    ah_check_thread(loop, "ahttp_loop_run_forever");
    if (ah_loop_is_inside(loop))
        return AHTTP_E_STATE;
    loop->stopped = false;
    ah_loop_run_while(loop, is_not_stopped, NULL);
    return 0;
}

void ahttp_loop_stop(ahttp_loop *loop)
{
    ah_check_thread(loop, "ahttp_loop_stop");
    loop->stopped = true;
    uv_stop(loop->uv);
}

void ah_loop_run_while(ahttp_loop *loop, ah_go_on_fn *go_on, const void *ctx)
{
    ahttp_loop *outer = entered;

    loop->running = true;
    loop->go_on = go_on;
    loop->go_on_ctx = ctx;
    entered = loop;
    uv_ref((uv_handle_t *)&loop->prepare);
    while (go_on(loop, ctx))
        uv_run(loop->uv, UV_RUN_ONCE);
    uv_unref((uv_handle_t *)&loop->prepare);
    loop->go_on = NULL;
    entered = outer;
    loop->running = false;
}

ahttp_loop *ahttp_loop_current(void)
{
    return entered ? entered : newest;
}

bool ah_loop_is_own(const ahttp_loop *loop)
{
    const ahttp_loop *own = newest;

    while (own && own != loop)
        own = own->older;
    return own != NULL;
}

ahttp_loop *ah_loop_need_current(const char *sentence)
{
    ahttp_loop *loop = ahttp_loop_current();

    if (!loop)
        ah_misuse(sentence);
    return loop;
}

struct uv_loop_s *ahttp_loop_uv(ahttp_loop *loop)
{
    return loop->uv;
}

char *ah_loop_read_buffer(ahttp_loop *loop)
{
    return loop->read_buffer;
}

void ah_loop_hold(ahttp_loop *loop)
{
    if (loop->holds++ == 0)
        uv_ref((uv_handle_t *)&loop->calls.async);
}

void ah_loop_unhold(ahttp_loop *loop)
{
    if (--loop->holds == 0)
        uv_unref((uv_handle_t *)&loop->calls.async);
}

/* ---- Making and closing ---- */

static void start_phases(ahttp_loop *loop)
{
    loop->prepare.data = loop->check.data = loop;
    uv_prepare_init(loop->uv, &loop->prepare);
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_unref((uv_handle_t *)&loop->prepare);
    uv_check_init(loop->uv, &loop->check);
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->check);
    uv_idle_init(loop->uv, &loop->idle);
}

/* Everything that can fail for other reasons than memory: 0, or what libuv says. */
static int open_uv(ahttp_loop *loop, uv_loop_t *callers)
{
    loop->owns_uv = !callers;
    loop->uv = callers ? callers : &loop->own_uv;
    int rc = loop->owns_uv ? uv_loop_init(loop->uv) : 0;
    if (rc < 0)
        return rc;
    rc = ah_calls_init(loop);
    if (rc < 0 && loop->owns_uv)
        uv_loop_close(loop->uv);
    return rc;
}

static void free_loop(ahttp_loop *loop)
{
    ah_free(loop->read_buffer);
    ah_free(loop);
}

static AH_COLD ahttp_loop *not_made(ahttp_error *error)
{
    return ah_log_not_made(ahttp_loop_current(), "loop", error);
}

ahttp_loop *ahttp_loop_create(const ahttp_loop_options *options)
{
    ahttp_loop_options chosen;

    if (!ah_options_load(&chosen, sizeof chosen, options))
        return not_made(ah_options_error("options"));
    ahttp_loop *loop = AH_NEW(ahttp_loop);
    if (!loop)
        return not_made(ah_error_no_memory());
    loop->read_buffer = ah_alloc(AH_READ_BUFFER_SIZE);
    int rc = loop->read_buffer ? open_uv(loop, chosen.uv) : UV_ENOMEM;
    if (rc < 0) {
        free_loop(loop);
        return not_made(ah_error_system(AHTTP_E_SYSTEM, rc, "open what libuv needs"));
    }
    loop->has_virtual_clock = chosen.virtual_clock;
    ah_list_init(&loop->ready);
    ah_list_init(&loop->after_input);
    ah_list_init(&loop->sleeps);
    ah_guests_init(loop);
    ah_futures_init(loop);
    ah_wheel_init(loop);
#if AHTTP_TASKS
    ah_tasks_init(loop);
#endif
    start_phases(loop);
    if (ah_debug_is_wanted(chosen.debug))
        ah_debug_begin(loop);
    ah_log_begin(loop);
    loop->older = newest;
    newest = loop;
    return loop;
}

/* What must come to an end before the library's own handles may go. */
static bool is_busy(const ahttp_loop *loop, const void *ctx)
{
    (void)ctx;
#if AHTTP_TASKS
    if (!ah_list_is_empty(&loop->tasks)) /* spawned by a call that was posted late */
        return true;
#endif
    return !ah_list_is_empty(&loop->ready) || loop->holds > 0 || loop->closing_handles > 0 ||
           loop->wheel.foreground > 0;
}

static bool is_closing_handles(const ahttp_loop *loop, const void *ctx)
{
    (void)ctx;
    return loop->closing_handles > 0;
}

static void on_own_closed(uv_handle_t *handle)
{
    ahttp_loop *loop = handle->data;

    loop->closing_handles--;
}

static void close_own_handles(ahttp_loop *loop)
{
    uv_handle_t *own[] = {(uv_handle_t *)&loop->prepare, (uv_handle_t *)&loop->check,
                          (uv_handle_t *)&loop->idle, (uv_handle_t *)&loop->wheel.uv,
                          (uv_handle_t *)&loop->calls.async};

    loop->closing_handles = 5;
    for (int i = 0; i < 5; i++) {
        own[i]->data = loop;
        uv_close(own[i], on_own_closed);
    }
    while (is_closing_handles(loop, NULL))
        uv_run(loop->uv, UV_RUN_ONCE);
    if (!loop->owns_uv)
        return;
    uv_run(loop->uv, UV_RUN_NOWAIT);
    if (uv_loop_close(loop->uv) < 0)
        ah_misuse("ahttp_loop_close: a handle of the program is still open on ahttp_loop_uv(); "
                  "uv_close it and run the loop first");
}

static void forget_loop(const ahttp_loop *loop)
{
    for (ahttp_loop **at = &newest; *at; at = &(*at)->older)
        if (*at == loop) {
            *at = loop->older;
            return;
        }
}

int ahttp_loop_close(ahttp_loop *loop)
{
    ah_check_thread(loop, "ahttp_loop_close");
    if (ah_loop_is_inside(loop))
        return AHTTP_E_STATE;
    loop->closing = true;
#if AHTTP_TASKS
    ah_tasks_end(loop);
#endif
    ah_calls_cancel_all(loop);
    ah_sleeps_cancel_all(loop);
    while (ah_guests_close(loop) || ah_calls_take_posted(loop) || is_busy(loop, NULL))
        ah_loop_run_while(loop, is_busy, NULL);
    if (loop->open_polls > 0)
        ah_misuse("ahttp_loop_close: a socket of the library is still open; this is a fault of "
                  "libahttp");
    ah_guests_release(loop);
    if (loop->debug.on)
        ah_debug_end(loop);
    close_own_handles(loop);
    forget_loop(loop);
    ah_calls_release(loop);
    ah_await_forget(loop);
#if AHTTP_TASKS
    ah_tasks_release(loop);
#endif
    ah_futures_release(loop);
    free_loop(loop);
    return 0;
}
