/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_SETTINGS_H
#define AH_TLS_SETTINGS_H
/* The inside of ahttp_tls, for the files of this layer only.  But for the tickets, and what
   OpenSSL locks itself, nothing changes once it is made; connections hold it. */
#include "tls/bundle.h"
#include "tls/pins.h"
#include "tls/tickets.h"
#include <ahttp/tls.h>
#include <openssl/ssl.h>

enum { AH_TLS_MAX_BUNDLES = 3 }; /* the system's, and those of a file and a text */

struct ahttp_tls {
    _Atomic size_t refs;
    ahttp_error *error; /* why it cannot be used, or NULL */
    SSL_CTX *ctx;       /* its app data is this */
    BIO_METHOD *wire_method;
    ah_tls_bundle *bundles[AH_TLS_MAX_BUNDLES];
    size_t bundle_count;
    ah_tls_pins pins;
    ah_tls_tickets tickets;
    int keylog_fd; /* or -1 */
    ahttp_tls_keylog_fn *keylog;
    void *keylog_ctx;
    char *alpn;      /* what is offered, as text, "" for nothing */
    int versions[2]; /* oldest and newest, 0: any */
    bool has_certificate;
    bool resumes;
    bool skips_verify;
    bool skips_name;
};

/* The steps of making one; each gives NULL, or what is wrong. */
ahttp_error *ah_tls_trust(ahttp_tls *tls, const ahttp_tls_options *options);
ahttp_error *ah_tls_identify(ahttp_tls *tls, const ahttp_tls_options *options);
ahttp_error *ah_tls_log_keys(ahttp_tls *tls, const ahttp_tls_options *options);

/* A variable of the environment, NULL if it is empty or not to be believed. */
const char *ah_tls_environment(const char *name);

#endif
