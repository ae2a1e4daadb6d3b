/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H
/* An HTTP/1 server for tests: exact bytes, no sleeping, and a record of all that happened.

   It runs in one thread of its own and shares no code with the library.  What a connection does
   is a table of steps; one that has no table (left) is served by a handler, by default the
   routes listed at the end of this file.

       static const server_step dies_in_the_body[] = {
           READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), CLOSE};

       test_server *server = server_start(&(server_script){.connections = {dies_in_the_body}});
       ahttp_future *page = ahttp_get(session, server_url(server, "/ok"));
       ...
       assert_true(server_wait_for(server, SERVER_CLOSED, 1));
       assert_true(server_request_has_line(server_request_at(server, 0), "Accept: text/plain"));
       server_stop(server);

   Every function that takes a test_server may be called from any thread.  Those that take a
   server_connection belong to handlers.  What cannot be done (no socket left, a request that
   was never made) ends the program with a message: a test has no use for it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_server test_server;
typedef struct server_connection server_connection;

/* --- Steps --- */

typedef enum server_action {
    SERVER_SERVE,
    SERVER_READ_REQUEST,
    SERVER_READ_HEAD,
    SERVER_READ_BODY,
    SERVER_READ_BYTES,
    SERVER_SEND,
    SERVER_SEND_SLOWLY,
    SERVER_SEND_REPEAT,
    SERVER_WAIT_GATE,
    SERVER_STOP_READING,
    SERVER_START_READING,
    SERVER_DRAIN,
    SERVER_HALF_CLOSE,
    SERVER_CLOSE,
    SERVER_RESET,
    SERVER_HOLD,
    SERVER_ECHO,
    SERVER_AGAIN,
    SERVER_ANSWER /* the server's own: hands the request that was read to the handler */
} server_action;

typedef struct server_step {
    server_action action;
    const char *bytes; /* lent: literals, or memory that outlives the server */
    size_t len;        /* of bytes; 0: up to its NUL */
    uint64_t count;
} server_step;

#define SERVER_STEP(action, bytes, len, count)                                                     \
    {                                                                                              \
        action, bytes, len, count                                                                  \
    }
#define SERVER_DEED(action) SERVER_STEP(action, NULL, 0, 0)

/* Reading.  A peer that closes before such a step has all it wants ends the connection.
   What no step asks for is read ahead, up to 64 KiB, so that a close is noticed. */
#define READ_REQUEST  SERVER_DEED(SERVER_READ_REQUEST) /* a head and the body it declares */
#define READ_HEAD     SERVER_DEED(SERVER_READ_HEAD)    /* the head only ... */
#define READ_BODY     SERVER_DEED(SERVER_READ_BODY)    /* ... and the body that belongs to it */
#define READ_BYTES(n) SERVER_STEP(SERVER_READ_BYTES, NULL, 0, n) /* recorded as a head */
#define DRAIN         SERVER_DEED(SERVER_DRAIN) /* discards all until the peer has closed */
/* Nothing is taken from the socket from here on, so the peer's writes fill up. */
#define STOP_READING  SERVER_DEED(SERVER_STOP_READING)
#define START_READING SERVER_DEED(SERVER_START_READING)

/* Writing.  The next step begins when the kernel has taken all bytes. */
#define SEND(text)             SERVER_STEP(SERVER_SEND, text, 0, 0)
#define SEND_BYTES(bytes, len) SERVER_STEP(SERVER_SEND, bytes, len, 0)
#define SEND_SLOWLY(text)      SERVER_STEP(SERVER_SEND_SLOWLY, text, 0, 0) /* byte by byte */
/* The text again and again until total bytes are out; takes no memory for them. */
#define SEND_REPEAT(text, total) SERVER_STEP(SERVER_SEND_REPEAT, text, 0, total)
#define SEND_FOREVER(text)       SEND_REPEAT(text, UINT64_MAX)
/* abc...zabc..., the bodies of /bytes and /chunked: byte i is 'a' + i % 26. */
#define SEND_PATTERN(total) SEND_REPEAT(SERVER_ALPHABET, total)
#define SERVER_ALPHABET     "abcdefghijklmnopqrstuvwxyz"

/* Waits until the test has called server_open_gate(server, number); number is 0 to 63. */
#define WAIT_GATE(number) SERVER_STEP(SERVER_WAIT_GATE, NULL, 0, number)
#define HALF_CLOSE        SERVER_DEED(SERVER_HALF_CLOSE) /* FIN, and reads on */

/* Every table ends with one of these.  CLOSE is a FIN, but TCP makes it a reset while bytes of
   the peer lie unread; where that matters, HALF_CLOSE and HOLD. */
#define CLOSE SERVER_DEED(SERVER_CLOSE)
#define RESET SERVER_DEED(SERVER_RESET)
#define HOLD  SERVER_DEED(SERVER_HOLD)  /* says nothing more; closes once the peer has */
#define ECHO  SERVER_DEED(SERVER_ECHO)  /* sends back all it reads: a tunnel's far end */
#define AGAIN SERVER_DEED(SERVER_AGAIN) /* from the first step again */
#define SERVE SERVER_DEED(SERVER_SERVE) /* whatever comes now is for the handler */

/* --- Requests as they were seen --- */

typedef struct server_request {
    size_t connection;    /* that it came on: 0 is the first one accepted */
    size_t number;        /* of it on that connection, from 0 */
    const char *method;   /* "" after READ_BYTES */
    const char *target;   /* as sent */
    const char *head;     /* its exact bytes with the empty line at the end, then a NUL */
    size_t head_len;      /* differs from strlen(head) when a NUL was sent */
    bool whole;           /* the body has come, too; only then what follows is set */
    const char *body;     /* decoded, then a NUL; of a long one the first MiB */
    size_t body_kept;     /* bytes of it at body */
    uint64_t body_len;    /* bytes of it that came */
    uint64_t body_hash;   /* FNV-1a (64 bits) of all of them */
    const char *trailers; /* the lines behind a chunked body, "" if none */
} server_request;

/* Exact match of one line of the head, such as "Host: example.org" or the request line. */
bool server_request_has_line(server_request request, const char *line);
/* Whether a field of that name was sent, whatever the case of its letters. */
bool server_request_has_field(server_request request, const char *name);

/* FNV-1a goes on from hash, which is SERVER_HASH_START at first. */
#define SERVER_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t server_hash(uint64_t hash, const void *bytes, size_t len);

/* --- Handlers --- */

/* Called on the server's thread with each whole request, one at a time.  It queues what to do
   and returns; it must not call a function that takes a test_server.  An "Expect: 100-continue"
   has been answered already.  The request lasts as long as the call. */
typedef void server_handler_fn(server_connection *connection, const server_request *request,
                               void *ctx);

/* server_do(connection, SEND("...")): appends a step; any but READ_*, SERVE and AGAIN. */
#define server_do(connection, ...) server_do_step(connection, (server_step)__VA_ARGS__)
void server_do_step(server_connection *connection, server_step step);
/* Appends a SEND of a copy of these bytes. */
void server_send(server_connection *connection, const void *bytes, size_t len);
__attribute__((format(printf, 2, 3))) void server_sendf(server_connection *connection,
                                                        const char *format, ...);
/* A whole response with a Content-Length: fields is "" or lines that end in CRLF.  The body of
   an answer to HEAD is left out. */
void server_reply(server_connection *connection, const server_request *request, int status,
                  const char *fields, const char *body);
/* The default handler, for handlers that answer only a few targets themselves. */
server_handler_fn server_routes;

/* --- Starting and stopping --- */

typedef enum server_family {
    SERVER_IPV4, /* 127.0.0.1 */
    SERVER_IPV6, /* ::1 */
    SERVER_UNIX, /* a socket in a new folder, removed again at the end */
    SERVER_ABSTRACT
} server_family;

#define SERVER_MAX_SCRIPTS 8

typedef struct server_script {
    /* What the first connections do.  Later ones do as `others` says. */
    const server_step *connections[SERVER_MAX_SCRIPTS];
    const server_step *others;  /* NULL: they are served by the handler */
    server_handler_fn *handler; /* NULL: server_routes */
    void *ctx;                  /* for the handler */
    server_family family;
    uint16_t port;      /* 0: any; else that one, to put a second server beside a first */
    int send_buffer;    /* SO_SNDBUF of its connections; 0: the system's */
    int receive_buffer; /* SO_RCVBUF; 0: the system's */
    bool black_hole;    /* its backlog is full: who connects gets no answer (Linux drops the SYN) */
} server_script;

/* script may be NULL: routes on 127.0.0.1.  Tables in it are lent, the rest is copied. */
test_server *server_start(const server_script *script);
/* Closes everything, joins the thread, frees the server and all it has given out. */
void server_stop(test_server *server);

/* "http://127.0.0.1:PORT" with path behind it ("" is fine); lives as long as the server.  For
   Unix sockets the host is localhost, and server_socket_path says where ('@': abstract). */
const char *server_url(test_server *server, const char *path);
const char *server_socket_path(test_server *server);
uint16_t server_port(test_server *server);
/* A port of 127.0.0.1 where nothing listens. */
uint16_t server_refused_port(void);

/* --- Steering --- */

/* Lets through all that wait at that gate, now and later. */
void server_open_gate(test_server *server, unsigned number);
/* Closes every connection that is open now, as a server does that tires of idle ones.  They are
   closed when it returns. */
void server_close_connections(test_server *server);

/* --- Looking --- */

typedef enum server_counter {
    SERVER_ACCEPTED,       /* connections */
    SERVER_OPEN,           /* ... of them not closed yet */
    SERVER_MOST_OPEN,      /* ... at the same time, up to now */
    SERVER_CLOSED,         /* ... over, whoever ended them */
    SERVER_PEER_CLOSED,    /* ... on which the peer sent a FIN or a reset */
    SERVER_AT_GATE,        /* ... that wait at a gate now */
    SERVER_BLOCKED,        /* ... whose peer does not read: their next byte does not fit */
    SERVER_REQUESTS,       /* requests read; recorded are the first 4096 */
    SERVER_BROKEN,         /* requests that were malformed, or cut short by the peer */
    SERVER_BYTES_SENT,     /* taken by the kernel */
    SERVER_BYTES_RECEIVED, /* read from the kernel */
    SERVER_COUNTERS
} server_counter;

uint64_t server_count(test_server *server, server_counter counter);
/* Blocks until the counter is at least that; false after 10 s.  A test whose client runs on the
   calling thread uses it for what the client has already caused, and server_count in its loop
   for the rest. */
bool server_wait_for(test_server *server, server_counter counter, uint64_t at_least);

/* Request number n of the whole server, in the order of their reading.  The strings live as long
   as the server. */
server_request server_request_at(test_server *server, size_t n);

typedef struct server_connection_state {
    bool open;
    bool peer_closed; /* by a FIN or a reset */
    bool peer_reset;
    uint64_t requests;
    uint64_t bytes_sent;
    uint64_t bytes_received;
} server_connection_state;

server_connection_state server_connection_at(test_server *server, size_t n);

/* --- The routes ---
   A query is ignored, and so are scheme and host of an absolute target.  HEAD works everywhere.

   /ok             200 "ok"
   /bytes/N        200 with N bytes of the alphabet and a Content-Length
   /chunked/N      the same in chunks
   /until-close/N  the same with neither: the body ends with the connection
   /echo           200 with the request as body: exact head, decoded body
   /status/NNN     that status; "status NNN" as body, except for 1xx, 204 and 304
   /redirect/NNN/x status NNN with Location: /x
   /gate/N         200 "gate N" when gate N opens
   /close          200 "bye" with Connection: close, and closes
   /drop           closes without a byte
   /reset          resets without a byte
   Anything else   404 */

#endif
