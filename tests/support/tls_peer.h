/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TLS_PEER_H
#define TESTS_SUPPORT_TLS_PEER_H
/* A TLS server in memory, and the transport that leads to it: no socket, no thread, no time.
   It works while the client reads and writes, and whenever the test has it do something.
   Its memory does not come from the library's allocator. */
#include "base/str.h"
#include "loop/loop.h"
#include "net/transport.h"
#include "support/certificates.h"
#include <openssl/ssl.h>

typedef struct tls_peer tls_peer;

typedef struct tls_peer_options {
    const certificate *certificate; /* default: none, then it is no TLS server: see tls_peer_say */
    const certificate *chain;       /* sent behind it; default: nothing */
    const char *cipher;             /* default: OpenSSL's */
    int max_version;                /* default: the newest */
    size_t read_limit;              /* bytes that the client may read per readiness; 0: any */
    size_t write_limit;
    bool echoes;     /* sends back what it receives */
    tls_peer *inner; /* the server behind this one: a tunnel */
} tls_peer_options;

#define tls_peer_new(loop, ...) tls_peer_create((loop), &(tls_peer_options){__VA_ARGS__})
tls_peer *tls_peer_create(ahttp_loop *loop, const tls_peer_options *options);
void tls_peer_free(tls_peer *peer);
/* The client's end; what it is closed by must have closed it before tls_peer_free. */
ah_transport *tls_peer_transport(tls_peer *peer);

/* ---- What it does ---- */

void tls_peer_send(tls_peer *peer, const void *bytes, size_t len);
/* Bytes on the wire as they are, past TLS. */
void tls_peer_say(tls_peer *peer, const void *bytes, size_t len);
/* Sends a KeyUpdate that asks for one in return. */
void tls_peer_update_keys(tls_peer *peer);
/* Sends one more session ticket. */
void tls_peer_send_ticket(tls_peer *peer);
void tls_peer_send_close_notify(tls_peer *peer);
/* A FIN, and a reset: the client's writes then fail, and its reads when all has been read. */
void tls_peer_end(tls_peer *peer);
void tls_peer_reset(tls_peer *peer);
/* From now on the client's writes fail, while its reads just wait. */
void tls_peer_break_writes(tls_peer *peer);
/* Whether it takes what the client writes; it does at first. */
void tls_peer_take_writes(tls_peer *peer, bool on);

/* ---- What it has seen ---- */

typedef struct tls_peer_seen {
    size_t reads; /* calls on the transport */
    size_t writes;
    size_t wants;
    unsigned wanted; /* events that the client waits for */
    bool is_closed;  /* by the client */
    bool is_background;
    bool is_secure; /* the handshake is done */
    bool has_close_notify;
    ah_str received; /* plaintext */
} tls_peer_seen;

tls_peer_seen tls_peer_look(const tls_peer *peer);
SSL *tls_peer_ssl(tls_peer *peer);

#endif
