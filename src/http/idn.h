/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_IDN_H
#define AH_HTTP_IDN_H
/* International host names, by IDNA 2008 with the mapping of UTS #46 (case, widths of letters,
   other full stops); "ß" and its like stay themselves. */
#include "base/arena.h"
#include "base/library.h"

/* *name becomes host, which is UTF-8, with A-labels: "xn--bcher-kva.example".  NULL, or a reason
   for people; AH_URL_NO_MEMORY. */
const char *ah_idn_to_ascii(ah_arena *arena, ah_str host, ah_str *name);
/* Whether they are built in, and libidn2 can be loaded. */
bool ah_idn_works(void);
extern ah_library ah_idn_library; /* where they are built in */

#endif
