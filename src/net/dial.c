/* SPDX-License-Identifier: MIT */
/* An attempt is a transport from net/socket that is still connecting: it is told when the
   socket becomes writable, and then asks the system how the connecting went.

   Nothing starts before the loop runs the dial's job, behind the input of its turn, so that a
   system which connects or refuses at once still reports from the loop. */
#include "net/dial.h"
#include "base/later.h"
#include "loop/poll.h"
#include "loop/timer.h"
#include "net/socket.h"
#include <ahttp/base.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

enum { DEFAULT_DELAY_MS = 250, MAX_AT_ONCE = 6, FULL_RETRY_MS = 10 };

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0 /* such systems are told by fcntl */
#endif

/* The path of a Unix socket is the longest address. */
enum { ADDRESS_TEXT = AH_DIAL_ADDRESS_TEXT };
_Static_assert(ADDRESS_TEXT >= sizeof(struct sockaddr_un) + 2, "a path and its NUL must fit");

typedef struct attempt {
    ah_dial *dial;
    ah_transport *transport; /* while it is connecting */
    int fd;                  /* of the transport */
    int failure;             /* negative errno */
    int64_t started_ms;
    int64_t took_ms;
    const char *failed_at; /* what failed other than connecting, or NULL */
    union {
        struct sockaddr any;
        ah_address ip;
        struct sockaddr_un local;
    } address;
    socklen_t address_len;
} attempt;

struct ah_dial {
    ahttp_loop *loop;
    ah_dial_fn *done;
    void *ctx;
    ah_job begin;
    ah_timer timer; /* until the next attempt */
    int64_t delay_ms;
    int64_t deadline_ms; /* INT64_MAX: none */
    const ah_socket_setup *sockets;
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
        ah_transport_set_owner(transport, NULL, NULL);
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

/* What an attempt connects to: "127.0.0.1:80", "/run/http.sock", "@name". */
static void format_address(const attempt *self, char text[ADDRESS_TEXT])
{
    if (self->address.any.sa_family != AF_UNIX) {
        ah_address_format(&self->address.ip, text);
        return;
    }
    size_t len = self->address_len - offsetof(struct sockaddr_un, sun_path);
    snprintf(text, ADDRESS_TEXT, "%.*s", (int)len, self->address.local.sun_path);
    if (text[0] == '\0')
        snprintf(text, ADDRESS_TEXT, "@%.*s", (int)len - 1, self->address.local.sun_path + 1);
}

static ahttp_error *error_of_one(const ah_dial *dial)
{
    const attempt *only = &dial->attempts[0];
    char address[ADDRESS_TEXT];
    const char *at = " at ";
    const char *doing = only->failed_at;

    format_address(only, address);
    if (!dial->name || strcmp(dial->name, address) == 0)
        at = "";
    ahttp_error *error =
        ah_error_system(AHTTP_E_CONNECT, only->failure, "connect to %s%s%s%s%s",
                        *at ? dial->name : "", at, address, doing ? ": " : "", doing ? doing : "");
    return ah_error_with_address(error, address);
}

/* "[::1]:80 connection refused after 0 ms, 127.0.0.1:80 no answer after 250 ms" */
static void list_attempts(const ah_dial *dial, ah_buf *list)
{
    for (size_t i = 0; i < dial->started; i++) {
        const attempt *each = &dial->attempts[i];
        int64_t took_ms = each->took_ms;
        char reason[128] = "no answer";
        char address[ADDRESS_TEXT];
        if (each->failure)
            uv_strerror_r(each->failure, reason, sizeof reason);
        else
            took_ms = ahttp_loop_now(dial->loop) - each->started_ms;
        format_address(each, address);
        ah_buf_append_format(list, "%s%s %s%s%s after %lld ms", i ? ", " : "", address,
                             each->failed_at ? each->failed_at : "", each->failed_at ? ": " : "",
                             reason, (long long)took_ms);
    }
}

void ah_dial_describe(const ah_dial *dial, ah_buf *text)
{
    if (dial->started < 2)
        return;
    ah_buf_append(text, AH_STR(": "));
    list_attempts(dial, text);
}

void ah_dial_last_address(const ah_dial *dial, char text[AH_DIAL_ADDRESS_TEXT])
{
    text[0] = '\0';
    if (dial->started > 0)
        format_address(&dial->attempts[dial->started - 1], text);
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
    ah_error_because(error, dial->attempts[dial->count - 1].failure);
    ah_buf_release(&list);
    char address[ADDRESS_TEXT];
    ah_dial_last_address(dial, address);
    return ah_error_with_address(error, address);
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

/* One that no program inherits, also if another thread starts that meanwhile, where the system can
   see to it.  -1 with errno set. */
static int new_socket(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, family == AF_UNIX ? 0 : IPPROTO_TCP);

    if (SOCK_CLOEXEC == 0 && fd >= 0)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* A socket that does not block, in *transport; 0 or a negative errno. */
static int open_socket(attempt *self)
{
    int family = self->address.any.sa_family;
    const ah_socket_setup *sockets = self->dial->sockets;
    char peer[ADDRESS_TEXT];
    ahttp_error *error;

    self->fd = new_socket(family);
    if (self->fd < 0)
        return -errno;
    format_address(self, peer);
    self->transport = ah_socket_open(self->dial->loop, self->fd, peer, &error);
    if (self->transport)
        return sockets
                   ? ah_socket_set_up(sockets, self->fd, &self->address.any, peer, &self->failed_at)
                   : 0;
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
    if (connect(self->fd, &self->address.any, self->address_len) == 0)
        return 0;
    if (errno != EINPROGRESS && errno != EINTR)
        return -errno;
    ah_transport_set_owner(self->transport, attempt_ready, self);
    ah_transport_want(self->transport, AH_WRITABLE);
    return -EINPROGRESS;
}

static bool may_start_beside(const ah_dial *dial)
{
    return dial->delay_ms >= 0 && dial->connecting < MAX_AT_ONCE;
}

static attempt *oldest_connecting(ah_dial *dial)
{
    attempt *oldest = dial->attempts;

    while (!oldest->transport)
        oldest++;
    return oldest;
}

static void next_is_due(ah_timer *timer)
{
    ah_dial *dial = AH_CONTAINER(timer, ah_dial, timer);

    if (dial->connecting > 0 && !may_start_beside(dial))
        end_attempt(oldest_connecting(dial), -ETIMEDOUT);
    start_attempts(dial);
}

/* What an attempt may take before the next one gets its turn, of the time that is left. */
static int64_t share_of_time(const ah_dial *dial)
{
    int64_t left_ms = dial->deadline_ms - ahttp_loop_now(dial->loop);

    return left_ms / (int64_t)(dial->count - dial->started + 1);
}

static void wait_for_next(ah_dial *dial)
{
    if (dial->started == dial->count)
        return;
    if (may_start_beside(dial))
        ah_timer_start(dial->loop, &dial->timer, dial->delay_ms);
    else if (dial->deadline_ms != INT64_MAX)
        ah_timer_start(dial->loop, &dial->timer, share_of_time(dial));
}

/* The queue of a Unix socket's listener is full, and nothing tells when it is not. */
static bool is_full(const attempt *self, int result)
{
    return result == -EAGAIN && self->address.any.sa_family == AF_UNIX;
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
        if (is_full(next, result)) {
            dial->started--;
            ah_timer_start(dial->loop, &dial->timer, FULL_RETRY_MS);
            return;
        }
    }
    if (dial->connecting == 0)
        finish(dial, NULL, dial->count == 1 ? error_of_one(dial) : error_of_many(dial));
}

static void begin(ah_job *job)
{
    start_attempts(AH_CONTAINER(job, ah_dial, begin));
}

static ah_dial *new_dial(ahttp_loop *loop, const ah_dial_options *options, size_t count,
                         ah_dial_fn *done, void *ctx)
{
    static const ah_dial_options defaults = {0};
    const ah_dial_options *chosen = options ? options : &defaults;
    const size_t name_size = chosen->name ? strlen(chosen->name) + 1 : 0;
    ah_dial *dial = ah_alloc_zeroed(sizeof *dial + count * sizeof dial->attempts[0] + name_size);

    if (!dial)
        return NULL;
    dial->loop = loop;
    dial->done = done;
    dial->ctx = ctx;
    dial->delay_ms = chosen->delay_ms == 0 ? DEFAULT_DELAY_MS : chosen->delay_ms;
    dial->deadline_ms =
        chosen->limit_ms > 0 ? ah_later(ahttp_loop_now(loop), chosen->limit_ms) : INT64_MAX;
    dial->sockets = chosen->sockets;
    dial->timer.fire = next_is_due;
    dial->begin.run = begin;
    dial->count = count;
    for (size_t i = 0; i < count; i++)
        dial->attempts[i].dial = dial;
    if (name_size > 0) {
        dial->name = (char *)&dial->attempts[count];
        memcpy(dial->name, chosen->name, name_size);
    }
    ah_loop_after_input(loop, &dial->begin);
    return dial;
}

ah_dial *ah_dial_start(ahttp_loop *loop, const ah_dial_options *options,
                       const ah_address *addresses, size_t count, ah_dial_fn *done, void *ctx)
{
    if (count == 0)
        ah_misuse("ah_dial_start: give at least one address");
    ah_dial *dial = new_dial(loop, options, count, done, ctx);
    for (size_t i = 0; dial && i < count; i++) {
        dial->attempts[i].address.ip = addresses[i];
        dial->attempts[i].address_len = ah_address_len(&addresses[i]);
    }
    return dial;
}

ah_dial *ah_dial_start_unix(ahttp_loop *loop, const ah_dial_options *options, const char *path,
                            ah_dial_fn *done, void *ctx, ahttp_error **error)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    bool is_abstract = path[0] == '@';
    size_t len = strlen(path) + (is_abstract ? 0 : 1); /* with the NUL of a path */

    if (len > sizeof local.sun_path) {
        *error = ah_error_new(AHTTP_E_CONNECT, "connect to %s: the path is longer than %zu bytes",
                              path, sizeof local.sun_path - 1);
        return NULL;
    }
    ah_dial *dial = new_dial(loop, options, 1, done, ctx);
    if (!dial) {
        *error = ah_error_no_memory();
        return NULL;
    }
    memcpy(local.sun_path, path, len);
    if (is_abstract)
        local.sun_path[0] = '\0';
    dial->attempts[0].address.local = local;
    dial->attempts[0].address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return dial;
}

void ah_dial_cancel(ah_dial *dial)
{
    release(dial);
}
