/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_SHA256_H
#define AHTTP_COMMAND_SHA256_H
#include <stddef.h>

/* Of all of it at once (FIPS 180-4). */
void sha256(const char *bytes, size_t len, unsigned char digest[32]);

#endif
