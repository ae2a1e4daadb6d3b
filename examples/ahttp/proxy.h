/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_PROXY_H
#define AHTTP_COMMAND_PROXY_H
/* What the options say of proxies, in the library's words. */
#include "transfer.h"

typedef struct proxy_words {
    ahttp_proxy proxy, via;
    char *url, *via_url, *auth;
    ahttp_pair *headers;
    list names; /* of headers, cut from their lines */
} proxy_words;

/* For the transfer's way; points into words, which must stay where it is. */
void proxy_words_set(proxy_words *words, const transfer *transfer);
void proxy_words_free(proxy_words *words);

#endif
