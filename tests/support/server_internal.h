/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SERVER_INTERNAL_H
#define TESTS_SUPPORT_SERVER_INTERNAL_H
/* What the files of the test server share.  One mutex guards all of it; the thread lets go of it
   only while it polls.  server.c has the thread and the public functions, server_connection.c
   plays steps, server_request.c reads requests, server_routes.c answers them, server_listen.c
   makes sockets. */
#include "support/server.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* --- Bytes --- */

typedef struct server_bytes {
    char *data; /* NULL or a block with a NUL behind end */
    size_t start, end, cap;
} server_bytes;

_Noreturn void server_die(const char *what);
/* malloc or realloc that does not fail. */
void *server_memory(void *old, size_t size);
/* array with room for one more than count elements; *cap is how many it has room for. */
void *server_room_for_one(void *array, size_t count, size_t *cap, size_t element_size);
void server_bytes_append(server_bytes *bytes, const char *data, size_t len);
void server_bytes_drop(server_bytes *bytes, size_t len);
void server_bytes_free(server_bytes *bytes);

static inline size_t server_bytes_len(const server_bytes *bytes)
{
    return bytes->end - bytes->start;
}

/* --- A request while it is read, and its record afterwards --- */

typedef enum server_body_kind {
    BODY_NONE,
    BODY_BY_LENGTH,
    BODY_CHUNK_SIZE,
    BODY_CHUNK_DATA,
    BODY_CHUNK_END,
    BODY_TRAILERS
} server_body_kind;

typedef struct server_record {
    server_request seen;
    char *head, *words; /* words: the method and the target */
    server_bytes body, trailers;
    server_body_kind reading; /* what of the body comes next */
    uint64_t left;            /* bytes to go of the body or of the chunk */
    bool expects_continue;
    bool published, kept; /* counted; in the server's list, which then owns it */
} server_record;

typedef enum server_progress { SERVER_DONE, SERVER_WAITS, SERVER_FAILED } server_progress;

/* Takes a whole head from the front of bytes, or waits for more, or fails. */
server_progress server_record_read_head(server_bytes *bytes, server_record **record);
/* The same for the part of the body that is there. */
server_progress server_record_read_body(server_record *record, server_bytes *bytes);
/* A record whose head is just these bytes. */
server_record *server_record_new(const char *head, size_t len);
void server_record_free(server_record *record);

/* --- Connections --- */

typedef struct server_queued {
    server_step step;
    char *copy; /* of step.bytes, freed with it */
} server_queued;

typedef enum server_haste { NO_HASTE, SOON, AT_ONCE } server_haste;

struct server_connection {
    test_server *server;
    size_t number;
    int fd; /* -1 when over */
    server_connection_state state;
    server_bytes in;

    const server_step *script, *step; /* step is NULL when the handler serves */
    server_queued *queue;             /* what goes before it */
    size_t queue_start, queue_end, queue_cap;
    uint64_t done; /* bytes of the step that is being played */
    size_t budget; /* bytes it may still send in this turn */
    char *block;   /* the text of a SEND_REPEAT, several times */
    size_t block_len;
    server_record *request; /* being read, or being answered */

    bool hungry;        /* its step asks for bytes of the peer */
    bool unread;        /* STOP_READING */
    bool peer_ended;    /* its FIN was read */
    bool wants_write;   /* to be played when the socket takes more bytes */
    server_haste haste; /* to be played even if nothing happens to the socket */
    bool blocked, at_gate;
};

server_connection *server_connection_new(test_server *server, int fd);
void server_connection_turn(server_connection *connection, short revents);
void server_connection_close(server_connection *connection, bool reset);
void server_connection_free(server_connection *connection);
/* What to poll its socket for. */
short server_connection_events(const server_connection *connection);

/* --- The server --- */

struct test_server {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    atomic_uint visitors; /* that want the mutex: the thread lets them go first */
    bool stopping, must_close, gates_changed;

    server_script script;
    int listener, wake_read, wake_write;
    int fillers[16]; /* connections that fill the backlog of a black hole */
    size_t filler_count;
    uint16_t port;
    char folder[64], path[96]; /* of a Unix socket */
    uint64_t gates;
    uint64_t counters[SERVER_COUNTERS];

    server_connection **connections; /* all there ever were */
    size_t connection_count, connection_cap;
    server_connection **open;
    size_t open_count, open_cap;
    server_record **records;
    size_t record_count, record_cap;
    char **urls;
    size_t url_count, url_cap;
    struct pollfd *polls;
    size_t poll_cap;
    char scratch[65536];
};

/* Fills in listener, port and path. */
void server_listen(test_server *server);
void server_listen_end(test_server *server);
/* The next connection of the backlog, -1 if there is none. */
int server_accept(test_server *server);

#endif
