/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TLS_FIXTURE_H
#define TESTS_TLS_FIXTURE_H
/* A root that is trusted, a loop, settings, and a user of the transport that the handshake
   brings, made and ended around each test. */
#include "support/check.h"

#include "loop/poll.h"
#include "support/certificates.h"
#include "support/failing_alloc.h"
#include "support/tls_peer.h"
#include "tls/tls.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Whoever starts a handshake, and then reads and writes as readiness says. */
typedef struct user {
    ahttp_loop *loop;
    ah_tls_handshake *handshake; /* while it goes on */
    ah_transport *transport;     /* once it has succeeded */
    int outcomes;                /* how often done was called */
    int code;                    /* of the handshake's failure, or of the transport's */
    int cause;
    char message[1024];
    size_t cap;         /* per read; 0: 64 KiB */
    const char *unsent; /* is written when there is a transport */
    size_t unsent_len;
    char *got;
    size_t got_len;
    size_t readies;
    bool has_end; /* END was read */
    bool closes_when_ready;
    bool stops_at_end; /* closes at END or failure, and once it has got expected bytes */
    size_t expected;
} user;

typedef struct fixture {
    ahttp_loop *loop;
    ahttp_tls *tls;
    certificate *root;
    certificate *leaf; /* of server.example */
    char dir[64];
    char file[96];
    user user;
} fixture;

static inline void remember(user *u, ahttp_error *error)
{
    u->code = error->code;
    u->cause = error->cause;
    snprintf(u->message, sizeof u->message, "%s", error->message);
    ah_error_free(error);
}

static inline void close_transport(user *u)
{
    ah_transport_close(u->transport);
    u->transport = NULL;
}

static inline void write_some(user *u)
{
    ah_str part = {u->unsent, u->unsent_len};
    ptrdiff_t count = u->unsent_len > 0 ? ah_transport_write(u->transport, &part, 1) : 0;

    if (count == AH_IO_FAILED) {
        remember(u, ah_transport_failure(u->transport));
        u->unsent_len = 0;
    } else if (count > 0) {
        u->unsent += count;
        u->unsent_len -= (size_t)count;
    }
}

static inline void read_some(user *u)
{
    size_t cap = u->cap ? u->cap : AH_READ_BUFFER_SIZE;
    char *buffer = ah_loop_read_buffer(u->loop);
    ptrdiff_t count = ah_transport_read(u->transport, buffer, cap);

    if (count > 0) {
        assert_true((size_t)count <= cap);
        u->got = realloc(u->got, u->got_len + (size_t)count);
        assert_non_null(u->got);
        memcpy(u->got + u->got_len, buffer, (size_t)count);
        u->got_len += (size_t)count;
    }
    if (count == AH_IO_END)
        u->has_end = true;
    if (count == AH_IO_FAILED)
        remember(u, ah_transport_failure(u->transport));
}

static inline void on_ready(void *ctx, unsigned events)
{
    user *u = ctx;

    u->readies++;
    if (u->closes_when_ready) {
        close_transport(u);
        return;
    }
    if (events & AH_WRITABLE)
        write_some(u);
    if (events & AH_READABLE)
        read_some(u);
    bool is_over = u->has_end || u->code < 0;
    if ((is_over && u->stops_at_end) || (u->expected > 0 && u->got_len >= u->expected))
        close_transport(u);
    else
        ah_transport_want(u->transport,
                          is_over ? 0u : AH_READABLE | (u->unsent_len ? AH_WRITABLE : 0u));
}

static inline void on_done(void *ctx, ah_transport *transport, ahttp_error *error)
{
    user *u = ctx;

    u->outcomes++;
    u->handshake = NULL;
    u->transport = transport;
    if (error) {
        assert_null(transport);
        remember(u, error);
        return;
    }
    transport->ready = on_ready;
    transport->ctx = u;
    write_some(u);
    if (u->code == 0)
        ah_transport_want(transport, AH_READABLE | (u->unsent_len ? AH_WRITABLE : 0u));
}

static inline ah_tls_handshake *start_tls(fixture *f, ah_transport *below, const char *name,
                                          ah_tls_fn *done, void *ctx)
{
    ah_tls_target target = {.server_name = name, .place = "server.example:443"};

    return ah_tls_start(f->loop, f->tls, below, &target, done, ctx);
}

static inline void start_handshake(fixture *f, tls_peer *peer, const char *name)
{
    f->user.loop = f->loop;
    f->user.handshake = start_tls(f, tls_peer_transport(peer), name, on_done, &f->user);
}

static inline void run(fixture *f)
{
    assert_int_equal(ahttp_loop_run(f->loop), 0);
}

/* A handshake that must succeed; the transport is the user's. */
static inline void secure(fixture *f, tls_peer *peer)
{
    start_handshake(f, peer, "server.example");
    run(f);
    if (!f->user.transport)
        fail_msg("%s", f->user.message);
}

static inline void begin(fixture *f)
{
    *f = (fixture){.loop = ahttp_loop_new()};

    assert_non_null(f->loop);
    snprintf(f->dir, sizeof f->dir, "/tmp/ahttp-tls-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->file, sizeof f->file, "%s/root.pem", f->dir);
    f->root = certificate_new(.common_name = "Test Root", .is_ca = true);
    f->leaf =
        certificate_new(.common_name = "server", .names = "DNS:server.example", .issuer = f->root);
    certificate_write(f->root, f->file, NULL);
    setenv("SSL_CERT_DIR", f->dir, 1);
    setenv("SSL_CERT_FILE", f->file, 1);
    f->tls = ahttp_tls_new();
    if (ahttp_tls_error(f->tls))
        fail_msg("%s", ahttp_tls_error(f->tls)->message);
}

static inline void end(fixture *f)
{
    if (f->user.transport)
        close_transport(&f->user);
    free(f->user.got);
    ahttp_tls_unref(f->tls);
    certificate_free(f->leaf);
    certificate_free(f->root);
    unlink(f->file);
    rmdir(f->dir);
    assert_int_equal(ahttp_loop_close(f->loop), 0);
}

/* Ends all; the client must have closed its end by itself, or does now. */
static inline void finish(fixture *f, tls_peer *peer)
{
    if (f->user.transport)
        close_transport(&f->user);
    assert_true(tls_peer_look(peer).is_closed);
    tls_peer_free(peer);
    end(f);
}

/* Begins all, with a server and a handshake that has succeeded. */
static inline tls_peer *secure_peer(fixture *f)
{
    begin(f);
    tls_peer *peer = tls_peer_new(f->loop, .certificate = f->leaf);
    secure(f, peer);
    return peer;
}

#endif
