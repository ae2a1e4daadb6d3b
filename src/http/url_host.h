/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_URL_HOST_H
#define AH_HTTP_URL_HOST_H
/* What may stand for a host in a URL: a name, an IPv4 address, or an IPv6 address without its
   brackets.  Functions that check return NULL, or a reason for people. */
#include "base/str.h"

/* Room for the longest IPv6 address ah_host_write_ipv6 makes. */
enum { AH_HOST_IPV6_MAX = 39 };

/* The characters that names may have, in lower case; NUL for all others. */
extern const char ah_host_chars[256];

/* How many characters at the front of text may stand in a name and are in lower case. */
static inline size_t ah_host_lower_span(ah_str text)
{
    size_t i = 0;

    while (i < text.len && text.ptr[i] && ah_host_chars[(unsigned char)text.ptr[i]] == text.ptr[i])
        i++;
    return i;
}

/* Whether there are any, and all may stand in a name. */
const char *ah_host_check_characters(ah_str name);

/* Names may have all of ASCII but what URLs give a meaning to, as in browsers (WHATWG URL
   Standard §3.5).  A name whose last label is a number must be an IPv4 address of four decimal
   numbers: "127.1", "0x7f000001" and "2130706433" are addresses to some resolvers only. */
const char *ah_host_check_name(ah_str name);
/* The latter, of a name whose characters have been checked: all numbers begin with a digit. */
const char *ah_host_check_digits(ah_str name);
static inline const char *ah_host_check_number(ah_str name)
{
    return ah_is_digit(name.ptr[0]) ? ah_host_check_digits(name) : NULL;
}

/* address becomes the 16 bytes of the IPv6 address in text. */
const char *ah_host_read_ipv6(ah_str text, unsigned char address[16]);
/* Its shortest text, without dotted decimals (RFC 5952 §4); returns the end.  No NUL. */
char *ah_host_write_ipv6(char *at, const unsigned char address[16]);

/* A zone id: the name or number of a network interface (RFC 6874 §2). */
const char *ah_host_check_zone(ah_str zone);

#endif
