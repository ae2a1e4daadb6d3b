/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_ENGINE_H
#define AH_TLS_ENGINE_H
/* Keys that an engine of OpenSSL has, such as "pkcs11" for tokens.  Engines are deprecated since
   providers exist, but are what many systems have for their tokens. */
#include <openssl/types.h>
#include <stdbool.h>

/* Whether the URI names a key of an engine: "org.openssl.engine:ID:KEY", as the openssl command
   has it, whose own the scheme is. */
bool ah_tls_is_engine_uri(const char *uri);
/* NULL with OpenSSL's error. */
EVP_PKEY *ah_tls_engine_key(const char *uri, UI_METHOD *ui, void *ui_data);

#endif
