/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_SOCKS_H
#define AH_HTTP_SOCKS_H
/* What is said to a SOCKS proxy, and what it answers: SOCKS4 and 4A as their authors describe
   them, SOCKS5 by RFC 1928, user and password by RFC 1929.  Pure: bytes go in cut anywhere,
   bytes come out.

     begin -> [send to_send -> read wants bytes, and feed them] again and again -> DONE, FAILED

   Nothing is read beyond the last answer, so what follows on the wire is the host's. */
#include "http/proxy_url.h"

enum { AH_SOCKS_MOST = 520 }; /* bytes of the longest message */

typedef struct ah_socks_request {
    ah_proxy_kind kind;
    ah_str user; /* both empty: nobody */
    ah_str password;
    ah_str host;          /* resolved by the proxy, unless there is an address */
    unsigned char ip[16]; /* the address */
    size_t ip_len;        /* 4 or 16; 0: none */
    uint16_t port;
} ah_socks_request;

typedef enum ah_socks_result {
    AH_SOCKS_MORE,  /* send what is there to send, then read */
    AH_SOCKS_DONE,  /* the host is at the other end */
    AH_SOCKS_FAILED /* see reason */
} ah_socks_result;

typedef struct ah_socks {
    ah_socks_request request; /* its texts must last */
    enum { AH_SOCKS_METHOD, AH_SOCKS_LOGIN, AH_SOCKS_REPLY } step;
    unsigned char out[AH_SOCKS_MOST];
    size_t out_len;
    unsigned char in[AH_SOCKS_MOST];
    size_t in_len, in_wanted;
    const char *reason;  /* for people */
    int reply;           /* the number that the proxy gave for it, or 0 */
    bool is_unreachable; /* the host is not, at this address */
} ah_socks;

/* FAILED where this cannot even be asked. */
ah_socks_result ah_socks_begin(ah_socks *socks, const ah_socks_request *request);

/* To be sent before anything is read; empty: nothing. */
static inline ah_str ah_socks_to_send(const ah_socks *socks)
{
    return ah_str_make((const char *)socks->out, socks->out_len);
}
static inline void ah_socks_has_sent(ah_socks *socks)
{
    socks->out_len = 0;
}
/* How many bytes may be read. */
static inline size_t ah_socks_wants(const ah_socks *socks)
{
    return socks->in_wanted - socks->in_len;
}
/* At most as many. */
ah_socks_result ah_socks_feed(ah_socks *socks, ah_str bytes);

#endif
