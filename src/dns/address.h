/* SPDX-License-Identifier: MIT */
#ifndef AH_DNS_ADDRESS_H
#define AH_DNS_ADDRESS_H
/* Addresses of hosts, and telling an address from a name. */
#include "base/str.h"
#include <netinet/in.h>

/* An IPv4 or IPv6 socket address; port in network order inside, as the system wants it. */
typedef union ah_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} ah_address;

/* The longest: "[" IPv6 "%" scope "]:65535" and a NUL. */
enum { AH_ADDRESS_TEXT = 80 };

/* An IP literal as it stands in a URL, without brackets: dotted quad or IPv6, the latter
   with an optional zone ("fe80::1%eth0", by name or number).  False for names, and for the
   short forms of IPv4 ("127.1", "2130706433"), which are no addresses in a URL here. */
bool ah_address_parse(ah_str text, uint16_t port, ah_address *address);
/* Whether text is numbers and dots only, some of them perhaps hexadecimal ("0x7f.1"): it can be
   no name either, and the system's resolver would take it for an address. */
bool ah_address_looks_numeric(ah_str text);
socklen_t ah_address_len(const ah_address *address);
void ah_address_set_port(ah_address *address, uint16_t port);
/* "127.0.0.1" or "fe80::1%eth0". */
void ah_address_format_host(const ah_address *address, char text[AH_ADDRESS_TEXT]);
/* "127.0.0.1:80" or "[::1]:80". */
void ah_address_format(const ah_address *address, char text[AH_ADDRESS_TEXT]);

#endif
