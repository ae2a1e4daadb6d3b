/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_TLS_FILES_H
#define AHTTP_COMMAND_TLS_FILES_H
/* Files of TLS in forms that the library does not read by itself. */
#include "text.h"

/* A certificate or private key in DER as PEM (RFC 7468), to be freed; NULL: it cannot be read. */
char *tls_file_pem(const char *path, bool is_key);
/* A public key, PEM or DER, as a pin "sha256//...", to be freed; NULL: it cannot be read. */
char *tls_file_pin(const char *path);

#endif
