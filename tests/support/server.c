/* SPDX-License-Identifier: MIT */
#include "support/server_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 10
#define SLOW_TURN_NS 100000
#define FIXED_POLLS  2 /* the wake pipe and the listener come first */

/* --- The thread --- */

static void enter(test_server *server)
{
    atomic_fetch_add(&server->visitors, 1);
    pthread_mutex_lock(&server->mutex);
    atomic_fetch_sub(&server->visitors, 1);
}

static void leave(test_server *server)
{
    pthread_mutex_unlock(&server->mutex);
}

static void accept_all(test_server *server)
{
    server_connection *connection;
    int fd;

    while ((fd = server_accept(server)) >= 0) {
        connection = server_connection_new(server, fd);
        server->connections = server_room_for_one(server->connections, server->connection_count,
                                                  &server->connection_cap, sizeof connection);
        server->connections[server->connection_count++] = connection;
        server->open = server_room_for_one(server->open, server->open_count, &server->open_cap,
                                           sizeof connection);
        server->open[server->open_count++] = connection;

        server->counters[SERVER_ACCEPTED]++;
        server->counters[SERVER_OPEN]++;
        if (server->counters[SERVER_MOST_OPEN] < server->counters[SERVER_OPEN])
            server->counters[SERVER_MOST_OPEN] = server->counters[SERVER_OPEN];
        server_connection_turn(connection, 0);
    }
}

static void close_all(test_server *server)
{
    for (size_t i = 0; i < server->open_count; i++) {
        if (server->open[i]->fd >= 0)
            server_connection_close(server->open[i], false);
    }
    server->must_close = false;
}

static void forget_closed(test_server *server)
{
    size_t kept = 0;

    for (size_t i = 0; i < server->open_count; i++) {
        if (server->open[i]->fd >= 0)
            server->open[kept++] = server->open[i];
    }
    server->open_count = kept;
}

/* Fills in polls, and tells what the connection in the greatest haste wants. */
static server_haste prepare_polls(test_server *server)
{
    size_t needed = server->open_count + FIXED_POLLS;
    server_haste haste = NO_HASTE;

    if (needed > server->poll_cap) {
        server->poll_cap = needed * 2;
        server->polls = server_memory(server->polls, server->poll_cap * sizeof *server->polls);
    }
    server->polls[0] = (struct pollfd){.fd = server->wake_read, .events = POLLIN};
    server->polls[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    if (server->script.black_hole)
        server->polls[1].fd = -1;
    for (size_t i = 0; i < server->open_count; i++) {
        server_connection *connection = server->open[i];

        server->polls[FIXED_POLLS + i] =
            (struct pollfd){.fd = connection->fd, .events = server_connection_events(connection)};
        if (haste < connection->haste)
            haste = connection->haste;
    }
    return haste;
}

static void wait_for_events(test_server *server, nfds_t count, server_haste haste)
{
    const struct timespec slow_turn = {.tv_nsec = SLOW_TURN_NS};

    if (haste == SOON)
        nanosleep(&slow_turn, NULL);
    if (poll(server->polls, count, haste == NO_HASTE ? -1 : 0) < 0 && errno != EINTR)
        server_die("poll");
    while (atomic_load(&server->visitors) > 0)
        sched_yield();
}

static void handle_events(test_server *server, size_t polled)
{
    char woken[64];
    bool gates_changed = server->gates_changed;

    server->gates_changed = false;
    if (server->polls[0].revents && read(server->wake_read, woken, sizeof woken) < 0 &&
        errno != EAGAIN)
        server_die("read the wake pipe");
    for (size_t i = 0; i < polled; i++) {
        server_connection *connection = server->open[i];
        short revents = server->polls[FIXED_POLLS + i].revents;

        if (connection->fd < 0)
            continue;
        if (revents || connection->haste != NO_HASTE || (connection->at_gate && gates_changed))
            server_connection_turn(connection, revents);
    }
    if (server->polls[1].revents)
        accept_all(server);
    if (server->must_close)
        close_all(server);
    forget_closed(server);
}

static void *run(void *arg)
{
    test_server *server = arg;
    size_t polled;
    server_haste haste;

    pthread_mutex_lock(&server->mutex);
    while (!server->stopping) {
        haste = prepare_polls(server);
        polled = server->open_count;
        pthread_mutex_unlock(&server->mutex);
        wait_for_events(server, polled + FIXED_POLLS, haste);
        pthread_mutex_lock(&server->mutex);
        handle_events(server, polled);
        pthread_cond_broadcast(&server->changed);
    }
    pthread_mutex_unlock(&server->mutex);
    return NULL;
}

static void wake(test_server *server)
{
    if (write(server->wake_write, "", 1) < 0 && errno != EAGAIN)
        server_die("write to the wake pipe");
}

/* --- Starting and stopping --- */

test_server *server_start(const server_script *script)
{
    test_server *server = server_memory(NULL, sizeof *server);
    pthread_condattr_t attributes;
    int wake_pipe[2];

    memset(server, 0, sizeof *server);
    if (script)
        server->script = *script;
    server_listen(server);
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        server_die("open a pipe");
    server->wake_read = wake_pipe[0];
    server->wake_write = wake_pipe[1];

    atomic_init(&server->visitors, 0);
    pthread_mutex_init(&server->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&server->thread, NULL, run, server) != 0)
        server_die("start a thread");
    return server;
}

static void free_server(test_server *server)
{
    for (size_t i = 0; i < server->connection_count; i++)
        server_connection_free(server->connections[i]);
    for (size_t i = 0; i < server->record_count; i++)
        server_record_free(server->records[i]);
    for (size_t i = 0; i < server->url_count; i++)
        free(server->urls[i]);
    free(server->connections);
    free(server->open);
    free(server->records);
    free(server->urls);
    free(server->polls);
    free(server);
}

void server_stop(test_server *server)
{
    enter(server);
    server->stopping = true;
    wake(server);
    leave(server);
    pthread_join(server->thread, NULL);

    server_listen_end(server);
    close(server->wake_read);
    close(server->wake_write);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free_server(server);
}

/* --- Where it is --- */

const char *server_url(test_server *server, const char *path)
{
    size_t size = strlen(path) + 64;
    char *url = server_memory(NULL, size);

    if (server->script.family == SERVER_IPV4)
        snprintf(url, size, "http://127.0.0.1:%u%s", (unsigned)server->port, path);
    else if (server->script.family == SERVER_IPV6)
        snprintf(url, size, "http://[::1]:%u%s", (unsigned)server->port, path);
    else
        snprintf(url, size, "http://localhost%s", path);
    enter(server);
    server->urls =
        server_room_for_one(server->urls, server->url_count, &server->url_cap, sizeof url);
    server->urls[server->url_count++] = url;
    leave(server);
    return url;
}

const char *server_socket_path(test_server *server)
{
    return server->path;
}

uint16_t server_port(test_server *server)
{
    return server->port;
}

/* --- Steering and looking --- */

void server_open_gate(test_server *server, unsigned number)
{
    if (number >= 64)
        server_die("gates have the numbers 0 to 63");
    enter(server);
    server->gates |= (uint64_t)1 << number;
    server->gates_changed = true;
    wake(server);
    leave(server);
}

void server_close_connections(test_server *server)
{
    enter(server);
    server->must_close = true;
    wake(server);
    while (server->must_close)
        pthread_cond_wait(&server->changed, &server->mutex);
    leave(server);
}

uint64_t server_count(test_server *server, server_counter counter)
{
    uint64_t count;

    enter(server);
    count = server->counters[counter];
    leave(server);
    return count;
}

bool server_wait_for(test_server *server, server_counter counter, uint64_t at_least)
{
    struct timespec deadline;
    bool reached;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += WAIT_SECONDS;
    enter(server);
    while (server->counters[counter] < at_least && error == 0)
        error = pthread_cond_timedwait(&server->changed, &server->mutex, &deadline);
    reached = server->counters[counter] >= at_least;
    leave(server);
    return reached;
}

server_request server_request_at(test_server *server, size_t n)
{
    server_request request;

    enter(server);
    if (n >= server->record_count)
        server_die("there is no request of that number");
    request = server->records[n]->seen;
    leave(server);
    return request;
}

server_connection_state server_connection_at(test_server *server, size_t n)
{
    server_connection_state state;

    enter(server);
    if (n >= server->connection_count)
        server_die("there is no connection of that number");
    state = server->connections[n]->state;
    leave(server);
    return state;
}
