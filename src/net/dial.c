/* SPDX-License-Identifier: MIT */
/* An attempt is a transport from net/socket that is still connecting: it is told when the
   socket becomes writable, and then asks the system how the connecting went.

   Nothing starts before the loop runs the dial's job, so that a system which connects or
   refuses at once still reports from the loop. */
#include "net/dial.h"
#include "loop/poll.h"
#include "loop/timer.h"
#include "net/socket.h"
#include <ahttp/base.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { DEFAULT_DELAY_MS = 250, MAX_AT_ONCE = 6 };

typedef struct attempt {
    ah_dial *dial;
    ah_transport *transport; /* while it is connecting */
    int fd;                  /* of the transport */
    int failure;             /* negative errno */
    int64_t started_ms;
    int64_t took_ms;
    ah_address address;
} attempt;

struct ah_dial {
    ahttp_loop *loop;
    ah_dial_fn *done;
    void *ctx;
    ah_job begin;
    ah_timer timer; /* until the next attempt */
    int64_t delay_ms;
    size_t count;
    size_t started;
    size_t connecting;
    char *name; /* behind the attempts */
    attempt attempts[];
};

static void start_attempts(ah_dial *dial);

static void release(ah_dial *dial)
{
    ah_link_remove(&dial->begin.link);
    ah_timer_stop(dial->loop, &dial->timer);
    for (size_t i = 0; i < dial->started; i++)
        ah_transport_close(dial->attempts[i].transport);
    ah_free(dial);
}

/* The winner keeps its transport; all else goes. */
static void finish(ah_dial *dial, attempt *winner, ahttp_error *error)
{
    ah_dial_fn *done = dial->done;
    void *ctx = dial->ctx;
    ah_transport *transport = NULL;

    if (winner) {
        transport = winner->transport;
        winner->transport = NULL;
        ah_transport_want(transport, 0);
        transport->ready = NULL;
        transport->ctx = NULL;
    }
    release(dial);
    done(ctx, transport, error);
}

static void end_attempt(attempt *self, int failure)
{
    ah_dial *dial = self->dial;

    ah_transport_close(self->transport);
    self->transport = NULL;
    self->failure = failure;
    self->took_ms = ahttp_loop_now(dial->loop) - self->started_ms;
    dial->connecting--;
}

static ahttp_error *error_of_one(const ah_dial *dial)
{
    const attempt *only = &dial->attempts[0];
    char address[AH_ADDRESS_TEXT];

    ah_address_format(&only->address, address);
    if (!dial->name || strcmp(dial->name, address) == 0)
        return ah_error_system(AHTTP_E_CONNECT, only->failure, "connect to %s", address);
    return ah_error_system(AHTTP_E_CONNECT, only->failure, "connect to %s at %s", dial->name,
                           address);
}

/* "[::1]:80 connection refused after 0 ms, 127.0.0.1:80 no answer after 250 ms" */
static void list_attempts(const ah_dial *dial, ah_buf *list)
{
    for (size_t i = 0; i < dial->started; i++) {
        const attempt *each = &dial->attempts[i];
        int64_t took_ms = each->took_ms;
        char reason[128] = "no answer";
        char address[AH_ADDRESS_TEXT];
        if (each->failure)
            uv_strerror_r(each->failure, reason, sizeof reason);
        else
            took_ms = ahttp_loop_now(dial->loop) - each->started_ms;
        ah_address_format(&each->address, address);
        ah_buf_append_format(list, "%s%s %s after %lld ms", i ? ", " : "", address, reason,
                             (long long)took_ms);
    }
}

void ah_dial_describe(const ah_dial *dial, ah_buf *text)
{
    if (dial->started < 2)
        return;
    ah_buf_append(text, AH_STR(": "));
    list_attempts(dial, text);
}

/* "connect to NAME: 2 addresses failed: [::1]:80 connection refused after 0 ms, ..." */
static ahttp_error *error_of_many(const ah_dial *dial)
{
    ah_buf list = {0};
    ahttp_error *error = ah_error_no_memory();

    list_attempts(dial, &list);
    if (ah_buf_terminate(&list)) {
        error = ah_error_new(AHTTP_E_CONNECT, "connect to %s: %zu addresses failed: %s",
                             dial->name ? dial->name : "any address", dial->count, list.data);
    }
    if (error->code != AHTTP_E_NO_MEMORY)
        error->cause = dial->attempts[dial->count - 1].failure;
    ah_buf_release(&list);
    return error;
}

static void attempt_ready(void *ctx, unsigned events)
{
    attempt *self = ctx;
    int failure = 0;
    socklen_t len = sizeof failure;

    (void)events;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0)
        failure = errno;
    if (failure == 0) {
        finish(self->dial, self, NULL);
        return;
    }
    end_attempt(self, -failure);
    start_attempts(self->dial);
}

/* A socket that does not block, in *transport; 0 or a negative errno. */
static int open_socket(attempt *self)
{
    char peer[AH_ADDRESS_TEXT];
    ahttp_error *error;

    self->fd = socket(self->address.any.sa_family, SOCK_STREAM, IPPROTO_TCP);
    if (self->fd < 0)
        return -errno;
    ah_address_format(&self->address, peer);
    self->transport = ah_socket_open(self->dial->loop, self->fd, peer, &error);
    if (self->transport)
        return 0;
    int failure = error->code == AHTTP_E_NO_MEMORY ? -ENOMEM : error->cause;
    ah_error_free(error);
    return failure;
}

/* 0: connected; -EINPROGRESS: it will be told; else why it failed. */
static int begin_attempt(attempt *self)
{
    int failure = open_socket(self);

    if (failure < 0)
        return failure;
    if (connect(self->fd, &self->address.any, ah_address_len(&self->address)) == 0)
        return 0;
    if (errno != EINPROGRESS && errno != EINTR)
        return -errno;
    self->transport->ready = attempt_ready;
    self->transport->ctx = self;
    ah_transport_want(self->transport, AH_WRITABLE);
    return -EINPROGRESS;
}

static void next_is_due(ah_timer *timer)
{
    start_attempts(AH_CONTAINER(timer, ah_dial, timer));
}

static void wait_for_next(ah_dial *dial)
{
    if (dial->delay_ms >= 0 && dial->started < dial->count && dial->connecting < MAX_AT_ONCE)
        ah_timer_start(dial->loop, &dial->timer, dial->delay_ms);
}

/* Starts the next attempt, and those after it while they fail at once.  It may end the dial:
   do not touch it afterwards. */
static void start_attempts(ah_dial *dial)
{
    ah_timer_stop(dial->loop, &dial->timer);
    while (dial->started < dial->count) {
        attempt *next = &dial->attempts[dial->started++];
        next->started_ms = ahttp_loop_now(dial->loop);
        dial->connecting++;
        int result = begin_attempt(next);
        if (result == 0) {
            finish(dial, next, NULL);
            return;
        }
        if (result == -EINPROGRESS) {
            wait_for_next(dial);
            return;
        }
        end_attempt(next, result);
    }
    if (dial->connecting == 0)
        finish(dial, NULL, dial->count == 1 ? error_of_one(dial) : error_of_many(dial));
}

static void begin(ah_job *job)
{
    start_attempts(AH_CONTAINER(job, ah_dial, begin));
}

ah_dial *ah_dial_start(ahttp_loop *loop, const ah_dial_options *options,
                       const ah_address *addresses, size_t count, ah_dial_fn *done, void *ctx)
{
    const size_t name_size = options && options->name ? strlen(options->name) + 1 : 0;
    const int64_t delay_ms = options ? options->delay_ms : 0;
    ah_dial *dial;

    if (count == 0)
        ah_misuse("ah_dial_start: give at least one address");
    dial = ah_alloc_zeroed(sizeof *dial + count * sizeof dial->attempts[0] + name_size);
    if (!dial)
        return NULL;
    dial->loop = loop;
    dial->done = done;
    dial->ctx = ctx;
    dial->delay_ms = delay_ms == 0 ? DEFAULT_DELAY_MS : delay_ms;
    dial->timer.fire = next_is_due;
    dial->begin.run = begin;
    dial->count = count;
    for (size_t i = 0; i < count; i++) {
        dial->attempts[i].dial = dial;
        dial->attempts[i].address = addresses[i];
    }
    if (name_size > 0) {
        dial->name = (char *)&dial->attempts[count];
        memcpy(dial->name, options->name, name_size);
    }
    ah_loop_ready(loop, &dial->begin);
    return dial;
}

void ah_dial_cancel(ah_dial *dial)
{
    release(dial);
}
