/* SPDX-License-Identifier: MIT */
#ifndef AH_POOL_OPENING_H
#define AH_POOL_OPENING_H
/* One connection being made: name to addresses, address to socket, TLS where the scheme wants
   it, HTTP/1.1 on top, each within its time limit.  It may be cancelled at every point and
   leaves nothing behind. */
#include "base/arena.h"
#include "conn/conn.h"
#include "conn/h1_work.h"
#include "dns/overrides.h"
#include "dns/resolver.h"
#include "loop/tracer.h"
#include "net/socket_setup.h"
#include "pool/origin.h"
#include <ahttp/timeout.h>
#include <ahttp/tls.h>

/* What all openings of a connector share. */
typedef struct ah_opening_setup {
    ahttp_loop *loop;
    ahttp_address_fn *allow_address; /* NULL: any */
    void *allow_address_ctx;
    ahttp_resolver *resolver;
    ah_overrides *hosts; /* that are not asked for; freed by the owner, NULL if there are none */
    ahttp_family family;
    int64_t next_address_ms; /* as ah_dial_options has it */
    ah_socket_setup sockets;
    const char *unix_socket;   /* where all connections go, "@name": abstract; or NULL */
    ahttp_connect_fn *connect; /* makes all transports, if set */
    void *connect_ctx;
    ah_arena texts;         /* of the above; released by the owner */
    ah_h1_store *works;     /* of its connections; the owner's */
    ahttp_tls *tls;         /* for origins whose routes have no settings; may be NULL */
    ahttp_tls *default_tls; /* for what has none at all; made when needed; these two are held,
                               and given up by the owner */
} ah_opening_setup;

typedef struct ah_opening ah_opening;
/* Either conn, which is available, or an error, which the callee takes over.  Called once,
   from the loop, never inside start; the opening is gone by then. */
typedef void ah_opening_fn(void *ctx, ah_conn *conn, ahttp_error *error);

/* A way to make connections; tests have one of their own. */
typedef struct ah_opener {
    /* The origin must outlive the opening.  owner and ctx become those of the connection too.
       limits as for limit; tracer may be NULL.  NULL with *error when it cannot even begin. */
    ah_opening *(*start)(ah_opening_setup *setup, const ah_origin *origin,
                         const ahttp_timeout *limits, ah_tracer *tracer, const ah_conn_owner *owner,
                         ah_opening_fn *done, void *ctx, ahttp_error **error);
    /* From now on these limits count, which are complete; the one of the stage at hand begins
       anew. */
    void (*limit)(ah_opening *opening, const ahttp_timeout *limits);
    /* What it does, for messages: "connecting". */
    const char *(*doing)(const ah_opening *opening);
    ahttp_phase (*phase)(const ah_opening *opening);
    /* done is not called. */
    void (*cancel)(ah_opening *opening);
} ah_opener;

/* Whether these settings can be used, or the default ones, which are made first; NULL, or what is
   wrong with them. */
ahttp_error *ah_opening_prepare_tls(ah_opening_setup *setup, const ahttp_tls *tls);

/* Over the network. */
extern const ah_opener ah_network_opener;

#endif
