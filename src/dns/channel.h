/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_CHANNEL_H
#define AH_DNS_CHANNEL_H
/* The door to c-ares: questions for one name and one family, with c-ares's sockets and its
   clock on the loop.  It reads the configuration (resolv.conf) once, when it is opened. */
#include "base/error.h"
#include "base/library.h"
#include "dns/address.h"
#include "loop/loop.h"

typedef struct ah_channel ah_channel;

typedef struct ah_channel_options {
    const char *servers;      /* as in ah_resolver_options; NULL: the system's */
    int64_t query_timeout_ms; /* of the first try at one server */
    int tries;
    const char *resolv_conf; /* must outlive the channel; never NULL */
} ah_channel_options;

/* Embedded in what asks. */
typedef struct ah_question ah_question;
/* Called on the stack of c-ares, perhaps inside ah_channel_ask: it may free the question, but
   must not ask or close. */
typedef void ah_question_fn(ah_question *question);
struct ah_question {
    ah_question_fn *ended;
    ah_channel *channel;
    ah_address *addresses; /* to be freed by the asker; without ports */
    size_t count;
    int64_t ttl_ms; /* shortest time to live of the records that led here */
    int status;     /* 0, or a c-ares code: then there are no addresses */
};

/* NULL on failure, and *error says why: UNSUPPORTED where c-ares is not installed. */
ah_channel *ah_channel_open(ahttp_loop *loop, const ah_channel_options *options,
                            ahttp_error **error);
extern ah_library ah_ares_library;
/* All questions end, as cancelled. */
void ah_channel_close(ah_channel *channel);

/* name need not live longer than the call; family is AF_INET or AF_INET6. */
void ah_channel_ask(ah_channel *channel, ah_question *question, const char *name, int family);
/* Whether the loop may end while questions are open; it may not at first. */
void ah_channel_set_background(ah_channel *channel, bool background);
/* Whether the configuration has changed since, and no question is open. */
bool ah_channel_is_outdated(const ah_channel *channel);

/* Whether a server said that there is no such name or address, as opposed to not saying. */
bool ah_question_is_denied(const ah_question *question);
/* Whether servers said that, or were asked in vain (RFC 9520 §2), as opposed to what went wrong
   here. */
bool ah_question_may_be_remembered(const ah_question *question);
/* Whether another source may know more: a server said no or failed, or there is none, as opposed
   to keeping silent, or to what went wrong here. */
bool ah_question_may_go_on(const ah_question *question);
/* "resolve HOST: DNS server returned answer with no data" */
ahttp_error *ah_question_error(const ah_question *question, ah_str host);

#endif
