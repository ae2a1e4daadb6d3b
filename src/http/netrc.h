/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_NETRC_H
#define AH_HTTP_NETRC_H
/* The file .netrc: who a user is on which host.

     machine example.com login me password "two words"   # a comment
     default login anonymous password me@example.org
     macdef name                                           up to an empty line, passed over

   Words are separated by spaces and line ends; in quotes, and behind "\", they may have any
   characters.  What it does not know it passes over. */
#include "base/buf.h"

/* Appends "login:password" of the first machine of that name (without regard to case), or of the
   default entry.  False when there is none, or one without a login.  out remembers running out of
   memory. */
bool ah_netrc_find(ah_str text, ah_str host, ah_buf *out);

#endif
