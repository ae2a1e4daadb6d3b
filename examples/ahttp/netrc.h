/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_NETRC_H
#define AHTTP_COMMAND_NETRC_H
/* Users and passwords from a .netrc file. */
#include "text.h"

typedef enum netrc_result { NETRC_FOUND, NETRC_NONE, NETRC_NO_FILE, NETRC_BAD } netrc_result;

/* For that host; *user may be given, and then only its own password will do.  Both are to be
   freed.  path NULL: $NETRC, or .netrc in the home folder. */
netrc_result netrc_find(const char *path, const char *host, char **user, char **password);

#endif
