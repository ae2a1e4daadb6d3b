/* SPDX-License-Identifier: MIT */
/* Plays the steps of one connection.  A step either is done, or waits until connection_turn
   plays it again from where it stood, or fails, which ends the connection. */
#include "support/server_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AHEAD   ((size_t)64 << 10)
#define BLOCK        ((size_t)64 << 10)
#define TURN_BUDGET  ((size_t)1 << 20)
#define MAX_RECORDED 4096

server_connection *server_connection_new(test_server *server, int fd)
{
    server_connection *connection = server_memory(NULL, sizeof *connection);
    const server_script *script = &server->script;
    size_t number = server->connection_count;

    memset(connection, 0, sizeof *connection);
    connection->server = server;
    connection->number = number;
    connection->fd = fd;
    connection->state.open = true;
    connection->script = number < SERVER_MAX_SCRIPTS ? script->connections[number] : NULL;
    if (!connection->script)
        connection->script = script->others;
    connection->step = connection->script;
    return connection;
}

/* Sets one of the flags that a counter counts. */
static void set_counted(server_connection *connection, bool *flag, server_counter counter,
                        bool value)
{
    if (*flag == value)
        return;
    *flag = value;
    connection->server->counters[counter] += value ? 1 : UINT64_MAX;
}

static void release_request(server_connection *connection)
{
    if (connection->request && !connection->request->kept)
        server_record_free(connection->request);
    connection->request = NULL;
}

void server_connection_close(server_connection *connection, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (reset)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection->fd);
    connection->fd = -1;
    set_counted(connection, &connection->blocked, SERVER_BLOCKED, false);
    set_counted(connection, &connection->at_gate, SERVER_AT_GATE, false);
    set_counted(connection, &connection->state.open, SERVER_OPEN, false);
    connection->server->counters[SERVER_CLOSED]++;

    release_request(connection);
    server_bytes_free(&connection->in);
    for (; connection->queue_start < connection->queue_end; connection->queue_start++)
        free(connection->queue[connection->queue_start].copy);
    free(connection->queue);
    connection->queue = NULL;
    free(connection->block);
    connection->block = NULL;
}

void server_connection_free(server_connection *connection)
{
    if (connection->fd >= 0)
        server_connection_close(connection, false);
    free(connection);
}

static void peer_has_closed(server_connection *connection, bool reset)
{
    set_counted(connection, &connection->state.peer_closed, SERVER_PEER_CLOSED, true);
    connection->state.peer_reset = connection->state.peer_reset || reset;
}

/* --- The queue --- */

static void enqueue(server_connection *connection, server_step step, char *copy)
{
    connection->queue = server_room_for_one(connection->queue, connection->queue_end,
                                            &connection->queue_cap, sizeof *connection->queue);
    connection->queue[connection->queue_end++] = (server_queued){step, copy};
}

static void dequeue(server_connection *connection)
{
    free(connection->queue[connection->queue_start++].copy);
    if (connection->queue_start == connection->queue_end)
        connection->queue_start = connection->queue_end = 0;
}

void server_do_step(server_connection *connection, server_step step)
{
    if (step.action < SERVER_SEND || step.action > SERVER_ECHO)
        server_die("a handler cannot read, serve or start again");
    enqueue(connection, step, NULL);
}

void server_send(server_connection *connection, const void *bytes, size_t len)
{
    char *copy;

    if (len == 0)
        return;
    copy = server_memory(NULL, len);
    memcpy(copy, bytes, len);
    enqueue(connection, (server_step)SEND_BYTES(copy, len), copy);
}

/* --- Reading --- */

static void publish(server_connection *connection)
{
    test_server *server = connection->server;
    server_record *record = connection->request;

    record->seen.connection = connection->number;
    record->seen.number = connection->state.requests++;
    record->published = true;
    server->counters[SERVER_REQUESTS]++;
    if (server->record_count == MAX_RECORDED)
        return;
    server->records = server_room_for_one(server->records, server->record_count,
                                          &server->record_cap, sizeof(server_record *));
    server->records[server->record_count++] = record;
    record->kept = true;
}

static server_progress read_head(server_connection *connection)
{
    release_request(connection);
    return server_record_read_head(&connection->in, &connection->request);
}

static server_progress read_published_head(server_connection *connection)
{
    server_progress progress = read_head(connection);

    if (progress == SERVER_DONE)
        publish(connection);
    return progress;
}

static server_progress read_body(server_connection *connection)
{
    server_progress progress;

    if (!connection->request)
        server_die("READ_BODY without a READ_HEAD before it");
    progress = server_record_read_body(connection->request, &connection->in);
    if (progress == SERVER_DONE && !connection->request->published)
        publish(connection);
    return progress;
}

static server_progress read_request(server_connection *connection)
{
    bool has_head = connection->request && !connection->request->published;
    server_progress progress = has_head ? SERVER_DONE : read_head(connection);

    return progress == SERVER_DONE ? read_body(connection) : progress;
}

static server_progress read_bytes(server_connection *connection, uint64_t count)
{
    server_bytes *in = &connection->in;

    if (server_bytes_len(in) < count)
        return SERVER_WAITS;
    release_request(connection);
    connection->request = server_record_new(in->data + in->start, (size_t)count);
    connection->request->seen.whole = true;
    publish(connection);
    server_bytes_drop(in, (size_t)count);
    return SERVER_DONE;
}

/* Reads the next head, and queues what follows from it. */
static server_progress serve(server_connection *connection)
{
    server_progress progress;

    connection->step = NULL;
    progress = read_head(connection);
    if (progress != SERVER_DONE)
        return progress;
    if (connection->request->expects_continue)
        enqueue(connection, (server_step)SEND("HTTP/1.1 100 Continue\r\n\r\n"), NULL);
    enqueue(connection, (server_step)READ_BODY, NULL);
    enqueue(connection, (server_step)SERVER_DEED(SERVER_ANSWER), NULL);
    return SERVER_DONE;
}

static server_progress answer(server_connection *connection)
{
    const server_script *script = &connection->server->script;
    server_handler_fn *handler = script->handler ? script->handler : server_routes;

    handler(connection, &connection->request->seen, script->ctx);
    return SERVER_DONE;
}

static server_progress drain(server_connection *connection)
{
    server_bytes_drop(&connection->in, server_bytes_len(&connection->in));
    return connection->peer_ended ? SERVER_DONE : SERVER_WAITS;
}

/* --- Writing --- */

/* How many of these bytes the kernel took; 0 when the step must wait. */
static size_t send_some(server_connection *connection, const char *data, uint64_t len)
{
    size_t wanted = len < connection->budget ? (size_t)len : connection->budget;
    ssize_t sent;

    if (wanted == 0) {
        connection->haste = AT_ONCE;
        return 0;
    }
    do
        sent = send(connection->fd, data, wanted, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent > 0) {
        connection->budget -= (size_t)sent;
        connection->state.bytes_sent += (uint64_t)sent;
        connection->server->counters[SERVER_BYTES_SENT] += (uint64_t)sent;
        return (size_t)sent;
    }
    if (errno == EAGAIN) {
        connection->wants_write = true;
        set_counted(connection, &connection->blocked, SERVER_BLOCKED, true);
        return 0;
    }
    peer_has_closed(connection, true);
    server_connection_close(connection, false);
    return 0;
}

static server_progress send_all(server_connection *connection, const char *bytes, size_t len)
{
    size_t sent;

    while (connection->done < len) {
        sent = send_some(connection, bytes + connection->done, len - connection->done);
        if (sent == 0)
            return SERVER_WAITS;
        connection->done += sent;
    }
    return SERVER_DONE;
}

static server_progress send_slowly(server_connection *connection, const char *bytes, size_t len)
{
    if (connection->done < len)
        connection->done += send_some(connection, bytes + connection->done, 1);
    if (connection->done == len)
        return SERVER_DONE;
    if (!connection->wants_write)
        connection->haste = SOON;
    return SERVER_WAITS;
}

static void make_block(server_connection *connection, const char *text, size_t len)
{
    size_t copies = len < BLOCK ? BLOCK / len : 1;

    connection->block_len = copies * len;
    connection->block = server_memory(NULL, connection->block_len);
    for (size_t i = 0; i < copies; i++)
        memcpy(connection->block + i * len, text, len);
}

static server_progress send_repeat(server_connection *connection, const char *text, size_t len,
                                   uint64_t total)
{
    uint64_t left;
    size_t at, sent;

    if (len > 0 && !connection->block)
        make_block(connection, text, len);
    while (connection->done < total) {
        at = (size_t)(connection->done % connection->block_len);
        left = total - connection->done;
        if (left > connection->block_len - at)
            left = connection->block_len - at;
        sent = send_some(connection, connection->block + at, left);
        if (sent == 0)
            return SERVER_WAITS;
        connection->done += sent;
    }
    return SERVER_DONE;
}

static server_progress echo(server_connection *connection)
{
    server_bytes *in = &connection->in;
    size_t sent;

    while (server_bytes_len(in) > 0) {
        sent = send_some(connection, in->data + in->start, server_bytes_len(in));
        if (sent == 0)
            return SERVER_WAITS;
        server_bytes_drop(in, sent);
    }
    return connection->peer_ended ? SERVER_DONE : SERVER_WAITS;
}

/* --- Steps --- */

static server_progress wait_gate(server_connection *connection, uint64_t number)
{
    if (number >= 64)
        server_die("gates have the numbers 0 to 63");
    if (connection->server->gates >> number & 1)
        return SERVER_DONE;
    set_counted(connection, &connection->at_gate, SERVER_AT_GATE, true);
    return SERVER_WAITS;
}

static server_progress end(server_connection *connection, bool reset)
{
    server_connection_close(connection, reset);
    return SERVER_WAITS;
}

static server_progress play_step(server_connection *connection, const server_step *step)
{
    size_t len = step->bytes && step->len == 0 ? strlen(step->bytes) : step->len;

    switch (step->action) {
    case SERVER_SERVE: return serve(connection);
    case SERVER_READ_REQUEST: return read_request(connection);
    case SERVER_READ_HEAD: return read_published_head(connection);
    case SERVER_READ_BODY: return read_body(connection);
    case SERVER_READ_BYTES: return read_bytes(connection, step->count);
    case SERVER_SEND: return send_all(connection, step->bytes, len);
    case SERVER_SEND_SLOWLY: return send_slowly(connection, step->bytes, len);
    case SERVER_SEND_REPEAT: return send_repeat(connection, step->bytes, len, step->count);
    case SERVER_WAIT_GATE: return wait_gate(connection, step->count);
    case SERVER_STOP_READING: connection->unread = true; return SERVER_DONE;
    case SERVER_START_READING: connection->unread = false; return SERVER_DONE;
    case SERVER_DRAIN: return drain(connection);
    case SERVER_HALF_CLOSE: shutdown(connection->fd, SHUT_WR); return SERVER_DONE;
    case SERVER_CLOSE: return end(connection, false);
    case SERVER_RESET: return end(connection, true);
    case SERVER_HOLD:
        return drain(connection) == SERVER_DONE ? end(connection, false) : SERVER_WAITS;
    case SERVER_ECHO:
        return echo(connection) == SERVER_DONE ? end(connection, false) : SERVER_WAITS;
    case SERVER_AGAIN: connection->step = connection->script; return SERVER_DONE;
    case SERVER_ANSWER: return answer(connection);
    }
    server_die("a step is none of those in server.h: does its table end as it must?");
}

static bool is_reading(server_action action)
{
    return action == SERVER_SERVE || action == SERVER_READ_REQUEST || action == SERVER_READ_HEAD ||
           action == SERVER_READ_BODY || action == SERVER_READ_BYTES;
}

static void step_is_done(server_connection *connection, server_action action, bool queued)
{
    connection->done = 0;
    free(connection->block);
    connection->block = NULL;
    if (queued)
        dequeue(connection);
    else if (connection->step && action != SERVER_AGAIN)
        connection->step++;
}

/* The step can get no further: is what it waits for still to come? */
static void check_what_is_missing(server_connection *connection, server_progress progress)
{
    const server_record *request = connection->request;
    bool begun = server_bytes_len(&connection->in) > 0 || (request && !request->seen.whole);

    if (progress == SERVER_WAITS && !(connection->hungry && connection->peer_ended))
        return;
    if (progress == SERVER_FAILED || begun)
        connection->server->counters[SERVER_BROKEN]++;
    server_connection_close(connection, false);
}

static void play(server_connection *connection)
{
    server_step step = SERVE;
    server_progress progress;
    bool queued;

    while (connection->fd >= 0) {
        queued = connection->queue_start < connection->queue_end;
        if (queued)
            step = connection->queue[connection->queue_start].step;
        else
            step = connection->step ? *connection->step : (server_step)SERVE;
        connection->wants_write = false;
        connection->haste = NO_HASTE;
        set_counted(connection, &connection->blocked, SERVER_BLOCKED, false);
        set_counted(connection, &connection->at_gate, SERVER_AT_GATE, false);
        connection->hungry = is_reading(step.action);

        progress = play_step(connection, &step);
        if (progress == SERVER_DONE)
            step_is_done(connection, step.action, queued);
        else if (connection->fd >= 0) {
            check_what_is_missing(connection, progress);
            return;
        }
    }
}

/* --- The socket --- */

static void receive(server_connection *connection)
{
    test_server *server = connection->server;
    ssize_t got = recv(connection->fd, server->scratch, sizeof server->scratch, 0);

    if (got > 0) {
        connection->state.bytes_received += (uint64_t)got;
        server->counters[SERVER_BYTES_RECEIVED] += (uint64_t)got;
        server_bytes_append(&connection->in, server->scratch, (size_t)got);
    } else if (got == 0) {
        connection->peer_ended = true;
        peer_has_closed(connection, false);
    } else if (errno != EAGAIN && errno != EINTR) {
        peer_has_closed(connection, true);
        server_connection_close(connection, false);
    }
}

short server_connection_events(const server_connection *connection)
{
    bool wants_more = connection->hungry || server_bytes_len(&connection->in) < READ_AHEAD;
    bool reads = wants_more && !connection->unread && !connection->peer_ended;

    return (short)((reads ? POLLIN : 0) | (connection->wants_write ? POLLOUT : 0));
}

void server_connection_turn(server_connection *connection, short revents)
{
    connection->budget = TURN_BUDGET;
    if (revents & POLLIN) {
        receive(connection);
    } else if (revents & (POLLERR | POLLHUP)) {
        peer_has_closed(connection, (revents & POLLERR) != 0);
        server_connection_close(connection, false);
    }
    play(connection);
}
