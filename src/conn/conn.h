/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_CONN_H
#define AH_CONN_CONN_H
/* A connection as pool and client see it: something that carries exchanges.  Neither asks
   which protocol it speaks. */
#include "conn/exchange.h"

/* What a connection tells its owner, the connector. */
typedef struct ah_conn_owner {
    /* It may take an exchange: the one it carried has ended well.  The callee may send. */
    void (*idle)(ah_conn *conn);
    /* It never will again.  Called once, after any exchange on it had its end event; the
       connection frees itself when this has returned. */
    void (*closed)(ah_conn *conn);
} ah_conn_owner;

typedef struct ah_conn_ops {
    /* Carry the exchange out; the connection must be available.  Events may come before this
       returns. */
    void (*send)(ah_conn *conn, ah_exchange *exchange);
    /* The exchange gets no further event.  Its connection is of no more use and closes. */
    void (*abandon)(ah_conn *conn, ah_exchange *exchange);
    /* More of the body is wanted, after its event said "enough".  Events come later. */
    void (*resume)(ah_conn *conn, ah_exchange *exchange);
    /* Nobody waits for the rest of the response.  True: at most so many bytes are to come until
       the connection may carry another exchange; events go on, but do not keep the loop alive.
       False: it is more, or not known, and nothing has changed. */
    bool (*skip_rest)(ah_conn *conn, ah_exchange *exchange, uint64_t most);
    bool (*is_available)(const ah_conn *conn);
    /* Ends it; an exchange on it ends with why (taken over; NULL: CLOSED). */
    void (*close)(ah_conn *conn, ahttp_error *why);
    /* "127.0.0.1:80 h1 IDLE 6": peer, protocol, state, number of exchanges so far. */
    void (*describe)(const ah_conn *conn, char *text, size_t cap);
} ah_conn_ops;

/* The first member of every connection. */
struct ah_conn {
    const ah_conn_ops *ops;
    const ah_conn_owner *owner;
    void *owner_ctx;
    int64_t peer_keeps_ms; /* how long its peer keeps it when it is idle; 0: it did not say */
};

static inline void ah_conn_send(ah_conn *conn, ah_exchange *exchange)
{
    conn->ops->send(conn, exchange);
}

static inline void ah_conn_abandon(ah_conn *conn, ah_exchange *exchange)
{
    conn->ops->abandon(conn, exchange);
}

static inline void ah_conn_resume(ah_conn *conn, ah_exchange *exchange)
{
    conn->ops->resume(conn, exchange);
}

static inline bool ah_conn_skip_rest(ah_conn *conn, ah_exchange *exchange, uint64_t most)
{
    return conn->ops->skip_rest(conn, exchange, most);
}

static inline bool ah_conn_is_available(const ah_conn *conn)
{
    return conn->ops->is_available(conn);
}

static inline void ah_conn_close(ah_conn *conn, ahttp_error *why)
{
    conn->ops->close(conn, why);
}

static inline void ah_conn_describe(const ah_conn *conn, char *text, size_t cap)
{
    conn->ops->describe(conn, text, cap);
}

#endif
