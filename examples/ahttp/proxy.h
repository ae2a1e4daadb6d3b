/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_PROXY_H
#define AHTTP_COMMAND_PROXY_H
/* What the options say of proxies, in the library's words. */
#include "transfer.h"

typedef struct proxy_words {
    ahttp_proxy proxy, via;
    char *url, *via_url, *auth, *fields;
} proxy_words;

/* For the transfer's way; points into words, which must stay where it is.  Where that is a tunnel,
   the transfer waits for it from now on. */
void proxy_words_set(proxy_words *words, transfer *transfer);
void proxy_words_free(proxy_words *words);
void proxy_tunnels_free(tunnel *tunnels);

#endif
