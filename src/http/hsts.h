/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_HSTS_H
#define AH_HTTP_HSTS_H
/* Hosts that have asked to be visited by https only (HTTP Strict Transport Security, RFC 6797).
   Time is an argument: seconds since 1970. */
#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"

typedef struct ah_hsts_policy {
    int64_t max_age; /* seconds; 0: not any more */
    bool include_subdomains;
} ah_hsts_policy;

/* What a Strict-Transport-Security field says (§6.1).  False when it is broken, and so counts
   for nothing. */
bool ah_hsts_policy_read(ah_str value, ah_hsts_policy *policy);

/* Zeroed memory with ah_hsts_init; never more than 10000 hosts, of which the one that spoke last
   longest ago goes first. */
typedef struct ah_hsts {
    ah_map hosts;
    ah_list entries; /* spoken last longest ago first */
} ah_hsts;

void ah_hsts_init(ah_hsts *list);
void ah_hsts_release(ah_hsts *list);

/* Host has said so, over TLS; it must be a name, in lower case.  False when out of memory. */
bool ah_hsts_note(ah_hsts *list, ah_str host, ah_hsts_policy policy, int64_t now);
/* Whether it, or a domain above it that includes its subdomains, has (§8.2). */
bool ah_hsts_has(ah_hsts *list, ah_str host, int64_t now);
/* Whatever it said. */
void ah_hsts_forget(ah_hsts *list, ah_str host);

/* The form of curl: lines of a host, behind a dot if its subdomains are included, and when that
   expires, in UTC: .example.com "20271231 23:59:59".  Lines that are none are passed over. */
void ah_hsts_write(ah_hsts *list, ah_buf *out, int64_t now);
bool ah_hsts_read(ah_hsts *list, ah_str text, int64_t now);

#endif
