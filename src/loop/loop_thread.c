/* SPDX-License-Identifier: MIT */
/* A thread that makes a loop, runs it, and closes it. */
#include "loop/loop_state.h"
#include <ahttp/thread.h>

struct ahttp_loop_thread {
    uv_thread_t thread;
    uv_sem_t ready;   /* loop is there, or could not be made */
    ahttp_loop *loop; /* gone when the thread has ended */
    ah_job stop;
    bool stopped; /* on the loop's thread only */
};

/* Programs may stop the loop, too; that is not for them to end it. */
static void run_loop(void *arg)
{
    ahttp_loop_thread *self = arg;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = ah_debug_wants_virtual_clock());

    self->loop = loop;
    uv_sem_post(&self->ready);
    if (!loop)
        return;
    while (!self->stopped)
        ahttp_loop_run_forever(loop);
    ahttp_loop_close(loop);
}

static void on_stop(ah_job *job)
{
    ahttp_loop_thread *self = AH_CONTAINER(job, ahttp_loop_thread, stop);

    self->stopped = true;
    ahttp_loop_stop(self->loop);
}

/* Waits for the thread, and frees all. */
static void join(ahttp_loop_thread *thread)
{
    uv_thread_join(&thread->thread);
    uv_sem_destroy(&thread->ready);
    ah_free(thread);
}

static ahttp_loop_thread *not_made(int rc)
{
    return ah_log_not_made(ahttp_loop_current(), "loop thread",
                           ah_error_system(AHTTP_E_SYSTEM, rc, "start a thread"));
}

ahttp_loop_thread *ahttp_loop_thread_start(void)
{
    ahttp_loop_thread *started = AH_NEW(ahttp_loop_thread);

    if (!started)
        return not_made(UV_ENOMEM);
    started->stop.run = on_stop;
    int rc = uv_sem_init(&started->ready, 0);
    if (rc < 0) {
        ah_free(started);
        return not_made(rc);
    }
    rc = uv_thread_create(&started->thread, run_loop, started);
    if (rc < 0) {
        uv_sem_destroy(&started->ready);
        ah_free(started);
        return not_made(rc);
    }
    uv_sem_wait(&started->ready);
    if (!started->loop) { /* which has told why */
        join(started);
        return NULL;
    }
    return started;
}

ahttp_loop *ahttp_loop_thread_loop(ahttp_loop_thread *thread)
{
    return thread->loop;
}

void ahttp_loop_thread_stop(ahttp_loop_thread *thread)
{
    if (ah_loop_is_own(thread->loop))
        ah_misuse("ahttp_loop_thread_stop: called on the thread that is to be stopped, which "
                  "would wait for itself; call it from another");
    ah_loop_post_job(thread->loop, &thread->stop);
    join(thread);
}
