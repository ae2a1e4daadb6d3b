/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_CONN_H
#define AH_CONN_CONN_H
/* A connection as pool and client see it: something that carries exchanges.  Neither asks
   which protocol it speaks. */
#include "conn/exchange.h"

/* What a connection tells its owner, the connector. */
typedef struct ah_conn_owner {
    /* It may take an exchange: the one it carried has ended well, or before a byte of it was
       sent.  The callee may send. */
    void (*idle)(ah_conn *conn);
    /* It never will again.  Called once, after any exchange on it had its end event; the
       connection frees itself when this has returned. */
    void (*closed)(ah_conn *conn);
} ah_conn_owner;

/* Of what is left of a response that is to be thrown away. */
typedef enum ah_rest_length {
    AH_REST_KNOWN,  /* it must be known */
    AH_REST_COUNTED /* whoever gets it counts, and gives up where it is too much */
} ah_rest_length;

typedef struct ah_conn_ops {
    /* Carry the exchange out; the connection must be available.  Events may come before this
       returns. */
    void (*send)(ah_conn *conn, ah_exchange *exchange);
    /* The exchange gets no further event.  Its connection is of no more use and closes. */
    void (*abandon)(ah_conn *conn, ah_exchange *exchange);
    /* More of the body is wanted, after its event said "enough".  Events come later. */
    void (*resume)(ah_conn *conn, ah_exchange *exchange);
    /* The rest of the response is to be thrown away.  True: at most so many bytes are to come
       until the connection may carry another exchange, and events go on.  False: it is more, or
       not known although it should be, and nothing has changed. */
    bool (*skip_rest)(ah_conn *conn, ah_exchange *exchange, uint64_t most, ah_rest_length length);
    /* Whether its events keep the loop alive, until the exchange ends. */
    void (*set_background)(ah_conn *conn, bool background);
    bool (*is_available)(const ah_conn *conn);
    /* send will be called shortly: fetches what that will touch besides the connection. */
    void (*look_ahead)(const ah_conn *conn);
    /* Ends it; an exchange on it ends with why (taken over; NULL: CLOSED). */
    void (*close)(ah_conn *conn, ahttp_error *why);
    /* "127.0.0.1:80 h1 IDLE 6": peer, protocol, state, number of exchanges so far. */
    void (*describe)(const ah_conn *conn, char *text, size_t cap);
} ah_conn_ops;

/* Of what owner_ctx points to, so many bytes are touched when the connection becomes idle. */
enum { AH_CONN_OWNER_SIZE = 112 };
/* Of a connection itself, when something is sent on it. */
enum { AH_CONN_SIZE = 104 };

/* The first member of every connection.  What most exchanges do not touch comes first. */
struct ah_conn {
    ah_exchange *keeper; /* that has ended on it, and keeps it; or NULL */
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

static inline bool ah_conn_skip_rest(ah_conn *conn, ah_exchange *exchange, uint64_t most,
                                     ah_rest_length length)
{
    return conn->ops->skip_rest(conn, exchange, most, length);
}

/* The connection that an exchange has kept: the caller's, to send on it. */
static inline ah_conn *ah_conn_take_kept(ah_exchange *exchange)
{
    ah_conn *conn = exchange->kept;

    exchange->kept = NULL;
    conn->keeper = NULL;
    return conn;
}

/* Its owner gets it back.  Harmless where none is kept. */
static inline void ah_conn_give_back(ah_exchange *exchange)
{
    ah_conn *conn = exchange->kept ? ah_conn_take_kept(exchange) : NULL;

    exchange->keeps_conn = false;
    if (conn)
        conn->owner->idle(conn);
}

static inline void ah_conn_set_background(ah_conn *conn, bool background)
{
    conn->ops->set_background(conn, background);
}

static inline bool ah_conn_is_available(const ah_conn *conn)
{
    return conn->ops->is_available(conn);
}

static inline void ah_conn_look_ahead(const ah_conn *conn)
{
    conn->ops->look_ahead(conn);
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
