/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_LOOKUP_H
#define AH_DNS_LOOKUP_H
/* One asker for the addresses of one host, whoever answers: what is known at once, a cache, or
   a query. */
#include "base/error.h"
#include "dns/address.h"
#include "dns/cache.h"
#include "loop/loop.h"
#include <ahttp/resolver.h>

/* Embedded in what asks, zeroed before use. */
typedef struct ah_lookup ah_lookup;
/* Either addresses (count > 0, ports set, valid during the call) or error, which the callee
   takes over.  Always called from the ready queue. */
typedef void ah_lookup_fn(ah_lookup *lookup, const ah_address *addresses, size_t count,
                          ahttp_error *error);
struct ah_lookup {
    ah_link link;           /* in the query that will answer it */
    struct ah_query *query; /* that one, or NULL */
    ah_lookup_fn *done;
    ahttp_loop *loop;
    ah_job job; /* brings the answer */
    ah_address *answer;
    size_t count;
    ahttp_error *error;
    ahttp_family family;
    uint16_t port;
    bool was_cached; /* nobody had to be asked, for a cache knew */
};

void ah_lookup_begin(ah_lookup *lookup, ahttp_loop *loop, uint16_t port, ahttp_family family,
                     ah_lookup_fn *done);
/* done will not be called; others who ask for the same name are not concerned.  Harmless when
   the look-up has ended or never began. */
void ah_lookup_cancel(ah_lookup *lookup);

/* For those who answer: copied, with the family as it is and turn as in ah_answer_list; or an
   error, taken over. */
void ah_lookup_give(ah_lookup *lookup, const ah_answer *answer, size_t turn);
void ah_lookup_fail(ah_lookup *lookup, ahttp_error *error);

/* Answers if host is something that nobody is to be asked about: a literal, a localhost name
   (RFC 6761 §6.3), or no name at all; false if not. */
bool ah_lookup_answer_known(ah_lookup *lookup, ah_str host);

enum { AH_MAX_NAME = 254 }; /* RFC 1035 §2.3.4, with a final dot */

#endif
