/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_PINS_H
#define AH_TLS_PINS_H
/* Which certificates or keys a server may have, as their SHA-256. */
#include "base/buf.h"
#include "base/error.h"
#include <openssl/x509.h>

enum { AH_PIN_SIZE = 32 };

typedef struct ah_tls_pin {
    bool is_of_key; /* the whole SubjectPublicKeyInfo; else the certificate */
    unsigned char digest[AH_PIN_SIZE];
} ah_tls_pin;

typedef struct ah_tls_pins {
    ah_tls_pin *list;
    size_t count;
} ah_tls_pins;

/* texts ends with NULL, and may be NULL: no pins.  NULL, or what is wrong with one of them. */
ahttp_error *ah_tls_pins_load(ah_tls_pins *pins, const char *const *texts);
void ah_tls_pins_release(ah_tls_pins *pins);
/* True also when there are none. */
bool ah_tls_pins_allow(const ah_tls_pins *pins, const X509 *certificate);
/* "the certificate is cert-sha256:... with the key spki-sha256:..., pinned is ...". */
void ah_tls_pins_explain(const ah_tls_pins *pins, const X509 *certificate, ah_buf *text);

#endif
