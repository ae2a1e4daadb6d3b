/* SPDX-License-Identifier: MIT */
#ifndef AH_CONN_TALK_H
#define AH_CONN_TALK_H
/* Saying something on a transport and hearing the answer, before it carries anything else: how
   the ways through proxies begin. */
#include "loop/loop.h"
#include "net/transport.h"

typedef struct ah_talk ah_talk;

/* Called from the loop; they may end the talk. */
typedef struct ah_talk_events {
    /* At least one byte, valid during the call. */
    void (*heard)(ah_talk *talk, ah_str bytes);
    /* Nothing more will be: NULL when the peer has ended its side, else why, taken over. */
    void (*lost)(ah_talk *talk, ahttp_error *error);
} ah_talk_events;

struct ah_talk {
    const ah_talk_events *events;
    ahttp_loop *loop;
    ah_transport *transport; /* NULL when it was taken or closed */
    ah_str unsent;
    size_t most; /* bytes that are heard at once */
};

/* events, loop and transport have been set.  bytes stay where they are until the next say or the
   end. */
void ah_talk_say(ah_talk *talk, ah_str bytes);
/* What lost means to who asked a proxy: PROXY, "<what>: <reason>".  Takes error over. */
ahttp_error *ah_talk_error(ahttp_error *error, const char *what);
/* Nothing is watched on it any more; it is the caller's. */
ah_transport *ah_talk_take_transport(ah_talk *talk);

#endif
