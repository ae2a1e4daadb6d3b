/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_NO_PROXY_H
#define AH_HTTP_NO_PROXY_H
/* The list of the variable NO_PROXY: hosts that are reached without the proxy.  Its members
   stand between commas or spaces, and are

     *                  every host
     example.com        that host and all below it; ".example.com" and "*.example.com" are the
                        same, as curl and Python have it
     192.0.2.1, ::1     that address, in brackets or without
     192.0.2.0/24       all addresses that begin alike, also of IPv6: 2001:db8::/32
     example.com:8080   any of these with the one port that it is about; IPv6 then in brackets

   What is none of these covers nothing.  Names compare without case and final dot; the
   addresses of a name are not asked for. */
#include "base/str.h"

/* host as in ah_url: without brackets, perhaps with a zone. */
bool ah_no_proxy_covers(ah_str list, ah_str host, uint16_t port);

#endif
