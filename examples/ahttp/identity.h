/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_IDENTITY_H
#define AHTTP_COMMAND_IDENTITY_H
/* Which program this says it is: itself, or, with AHTTP_CURL_VERSION in the environment, a curl
   of that version, for tools that compare every byte. */
#include <stdbool.h>

bool identity_is_curl(void);
const char *identity_name(void);    /* "ahttp" */
const char *identity_version(void); /* "0.1.0" */
void identity_print(void);          /* -V */

#endif
