/* SPDX-License-Identifier: MIT */
/* Every call into c-ares that can end questions or open sockets is followed by settle(),
   which does what must not be done on c-ares's own stack. */
#include "dns/channel.h"
#include "base/buf.h"
#include "base/library.h"
#include "base/list.h"
#include "dns/ares_sockets.h"
#include "loop/poll.h"
#include "loop/timer.h"
#include <pthread.h>
#include <sys/stat.h>

#define FUNCTIONS(f)                                                                               \
    f(ares_library_init) f(ares_init_options) f(ares_set_servers_ports_csv)                        \
        f(ares_set_socket_functions) f(ares_getaddrinfo) f(ares_freeaddrinfo) f(ares_process_fd)   \
            f(ares_timeout) f(ares_cancel) f(ares_destroy) f(ares_strerror)
AH_LIBRARY(ah_ares_library, CARES, "host names, by DNS", FUNCTIONS);

/* c-ares looks through all open questions to tell the next time limit, so it is asked for
   one when a question is added or the timer fires, and at least this often. */
enum { MAX_WAIT_MS = 1000 };

struct ah_channel {
    ahttp_loop *loop;
    ares_channel ares;
    ah_list sockets;
    ah_timer timer;
    size_t open_questions;
    bool background;
    bool unwatched; /* some socket could not be watched, so its answer would never be seen */
    const char *resolv_conf;
    struct stat configuration; /* what resolv_conf was when it was read */
};

typedef struct watched_socket {
    ah_link link;
    ah_poll poll;
    ares_socket_t fd;
    ah_channel *channel;
} watched_socket;

static void arm(ah_channel *channel)
{
    struct timeval limit = {0};

    if (channel->open_questions == 0 || !lib.ares_timeout(channel->ares, NULL, &limit)) {
        ah_timer_stop(channel->loop, &channel->timer);
        return;
    }
    int64_t wait_ms = (int64_t)limit.tv_sec * 1000 + limit.tv_usec / 1000 + 1;
    channel->timer.background = channel->background;
    ah_timer_start(channel->loop, &channel->timer, wait_ms < MAX_WAIT_MS ? wait_ms : MAX_WAIT_MS);
}

static void settle(ah_channel *channel)
{
    if (channel->unwatched) {
        lib.ares_cancel(channel->ares);
        channel->unwatched = false;
    }
    if (channel->open_questions == 0)
        ah_timer_stop(channel->loop, &channel->timer);
}

static void time_passed(ah_timer *timer)
{
    ah_channel *channel = AH_CONTAINER(timer, ah_channel, timer);

    lib.ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    settle(channel);
    arm(channel);
}

static void socket_ready(ah_poll *poll, unsigned events)
{
    watched_socket *socket = AH_CONTAINER(poll, watched_socket, poll);
    ah_channel *channel = socket->channel;
    ares_socket_t fd = socket->fd;

    lib.ares_process_fd(channel->ares, events & AH_READABLE ? fd : ARES_SOCKET_BAD,
                        events & AH_WRITABLE ? fd : ARES_SOCKET_BAD);
    settle(channel);
}

static void poll_closed(ah_poll *poll)
{
    ah_free(AH_CONTAINER(poll, watched_socket, poll));
}

static watched_socket *find_socket(const ah_channel *channel, ares_socket_t fd)
{
    AH_LIST_FOR_EACH(link, &channel->sockets)
    {
        watched_socket *socket = AH_CONTAINER(link, watched_socket, link);
        if (socket->fd == fd)
            return socket;
    }
    return NULL;
}

static watched_socket *watch(ah_channel *channel, ares_socket_t fd)
{
    watched_socket *socket = AH_NEW(watched_socket);

    if (!socket || ah_poll_open(channel->loop, &socket->poll, fd, socket_ready) < 0) {
        ah_free(socket);
        channel->unwatched = true;
        return NULL;
    }
    socket->fd = fd;
    socket->channel = channel;
    ah_list_append(&channel->sockets, &socket->link);
    ah_poll_set_background(&socket->poll, channel->background);
    return socket;
}

/* c-ares tells what it waits for; neither means that it closes the socket right after. */
static void socket_changed(void *ctx, ares_socket_t fd, int readable, int writable)
{
    ah_channel *channel = ctx;
    watched_socket *socket = find_socket(channel, fd);
    unsigned events = (readable ? AH_READABLE : 0u) | (writable ? AH_WRITABLE : 0u);

    if (events == 0) {
        if (socket) {
            ah_link_remove(&socket->link);
            ah_poll_close(&socket->poll, poll_closed);
        }
        return;
    }
    if (!socket)
        socket = watch(channel, fd);
    if (socket)
        ah_poll_set(&socket->poll, events);
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status;

static void init_library(void)
{
    library_status = lib.ares_library_init(ARES_LIB_INIT_ALL);
}

static int init_channel(ah_channel *channel, const ah_channel_options *options)
{
    struct ares_options init = {
        .sock_state_cb = socket_changed,
        .sock_state_cb_data = channel,
        .timeout = (int)options->query_timeout_ms,
        .tries = options->tries,
        .resolvconf_path = (char *)(uintptr_t)options->resolv_conf,
    };
    int status;

    pthread_once(&library_once, init_library);
    if (library_status != ARES_SUCCESS)
        return library_status;
    status = lib.ares_init_options(&channel->ares, &init,
                                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_RESOLVCONF);
    if (status != ARES_SUCCESS)
        return status;
    lib.ares_set_socket_functions(channel->ares, &ah_ares_quiet_sockets, NULL);
    if (options->servers)
        status = lib.ares_set_servers_ports_csv(channel->ares, options->servers);
    if (status != ARES_SUCCESS)
        lib.ares_destroy(channel->ares);
    return status;
}

static void look_at_configuration(const ah_channel *channel, struct stat *state)
{
    if (stat(channel->resolv_conf, state) < 0)
        memset(state, 0, sizeof *state);
}

/* "<what>: <c-ares's words>", which start small in the middle of a sentence. */
static ahttp_error *dns_error(int status, const char *format, ...) AHTTP_PRINTF(2, 3);
static ahttp_error *dns_error(int status, const char *format, ...)
{
    const char *reason = lib.ares_strerror(status);
    bool is_word = reason[0] && ah_lower(reason[1]) == reason[1];
    ah_buf what = {0};
    va_list arguments;

    va_start(arguments, format);
    ah_buf_append_format_v(&what, format, arguments);
    va_end(arguments);
    ahttp_error *error = ah_buf_terminate(&what)
                             ? ah_error_new(AHTTP_E_DNS, "%s: %c%s", what.data,
                                            is_word ? ah_lower(reason[0]) : reason[0], reason + 1)
                             : ah_error_no_memory();
    if (error->code != AHTTP_E_NO_MEMORY)
        error->cause = status;
    ah_buf_release(&what);
    return error;
}

static ahttp_error *init_error(int status, const char *servers)
{
    if (status == ARES_ENOMEM)
        return ah_error_no_memory();
    if (servers)
        return dns_error(status, "use DNS servers \"%s\"", servers);
    return dns_error(status, "start c-ares");
}

ah_channel *ah_channel_open(ahttp_loop *loop, const ah_channel_options *options,
                            ahttp_error **error)
{
    const char *why_not = ah_library_load(&ah_ares_library);

    if (why_not) {
        *error = ah_error_new(AHTTP_E_UNSUPPORTED, "look up names: c-ares cannot be loaded: %s",
                              why_not);
        return NULL;
    }
    ah_channel *channel = AH_NEW(ah_channel);
    int status = channel ? ARES_SUCCESS : ARES_ENOMEM;
    if (channel) {
        channel->loop = loop;
        channel->timer.fire = time_passed;
        ah_list_init(&channel->sockets);
        channel->resolv_conf = options->resolv_conf;
        look_at_configuration(channel, &channel->configuration);
        status = init_channel(channel, options);
    }
    if (status == ARES_SUCCESS)
        return channel;
    ah_free(channel);
    *error = init_error(status, options->servers);
    return NULL;
}

/* Cancelling comes first: destroying while questions are open trips over an assertion in
   c-ares before 1.20 when a search list is in use. */
void ah_channel_close(ah_channel *channel)
{
    lib.ares_cancel(channel->ares);
    lib.ares_destroy(channel->ares);
    ah_timer_stop(channel->loop, &channel->timer);
    ah_free(channel);
}

static int64_t shortest_ttl_ms(const struct ares_addrinfo *result)
{
    int64_t shortest = INT32_MAX;

    for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next)
        shortest = node->ai_ttl < shortest ? node->ai_ttl : shortest;
    for (const struct ares_addrinfo_cname *cname = result->cnames; cname; cname = cname->next)
        shortest = cname->ttl < shortest ? cname->ttl : shortest;
    /* RFC 2181 §8: a time to live with the highest bit set is none. */
    return shortest > 0 ? shortest * 1000 : 0;
}

static size_t count_nodes(const struct ares_addrinfo *result)
{
    size_t count = 0;

    for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next)
        count++;
    return count;
}

/* ARES_SUCCESS, or why there are no addresses. */
static int take_addresses(ah_question *question, const struct ares_addrinfo *result)
{
    size_t count = count_nodes(result);

    if (count == 0)
        return ARES_ENODATA;
    question->addresses = ah_realloc_array(NULL, count, sizeof *question->addresses);
    if (!question->addresses)
        return ARES_ENOMEM;
    memset(question->addresses, 0, count * sizeof *question->addresses);
    for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next)
        memcpy(&question->addresses[question->count++], node->ai_addr, node->ai_addrlen);
    question->ttl_ms = shortest_ttl_ms(result);
    return ARES_SUCCESS;
}

static void question_ended(void *ctx, int status, int timeouts, struct ares_addrinfo *result)
{
    ah_question *question = ctx;
    ah_channel *channel = question->channel;

    (void)timeouts;
    if (status == ARES_ECANCELLED && channel->unwatched)
        status = ARES_ENOMEM;
    if (status == ARES_SUCCESS)
        status = take_addresses(question, result);
    if (result)
        lib.ares_freeaddrinfo(result);
    question->status = status;
    channel->open_questions--;
    question->ended(question);
}

void ah_channel_ask(ah_channel *channel, ah_question *question, const char *name, int family)
{
    /* Sorting by RFC 6724 would connect a socket to each address. */
    const struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT,
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
    };

    question->channel = channel;
    channel->open_questions++;
    lib.ares_getaddrinfo(channel->ares, name, NULL, &hints, question_ended, question);
    settle(channel);
    arm(channel);
}

void ah_channel_set_background(ah_channel *channel, bool background)
{
    if (channel->background == background)
        return;
    channel->background = background;
    AH_LIST_FOR_EACH(link, &channel->sockets)
    ah_poll_set_background(&AH_CONTAINER(link, watched_socket, link)->poll, background);
    if (ah_timer_is_armed(&channel->timer)) {
        int64_t left_ms = channel->timer.due_ms - ahttp_loop_now(channel->loop);
        ah_timer_stop(channel->loop, &channel->timer);
        channel->timer.background = background;
        ah_timer_start(channel->loop, &channel->timer, left_ms);
    }
}

bool ah_channel_is_outdated(const ah_channel *channel)
{
    const struct stat *then = &channel->configuration;
    struct stat now;

    if (channel->open_questions > 0)
        return false;
    look_at_configuration(channel, &now);
    return now.st_ino != then->st_ino || now.st_size != then->st_size ||
           now.st_mtime != then->st_mtime;
}

bool ah_question_is_denied(const ah_question *question)
{
    return question->status == ARES_ENOTFOUND || question->status == ARES_ENODATA;
}

bool ah_question_may_be_remembered(const ah_question *question)
{
    switch (question->status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_ESERVFAIL:
    case ARES_EREFUSED:
    case ARES_EFORMERR:
    case ARES_ENOTIMP:
    case ARES_EBADRESP:
    case ARES_ECONNREFUSED:
    case ARES_ETIMEOUT: return true;
    default: return false;
    }
}

bool ah_question_may_go_on(const ah_question *question)
{
    return ah_question_is_denied(question) || question->status == ARES_ESERVFAIL ||
           question->status == ARES_EREFUSED || question->status == ARES_ECONNREFUSED;
}

ahttp_error *ah_question_error(const ah_question *question, ah_str host)
{
    if (question->status == ARES_ENOMEM)
        return ah_error_no_memory();
    return dns_error(question->status, "resolve %.*s", (int)host.len, host.ptr);
}
