/* SPDX-License-Identifier: MIT */
#ifndef AH_COOKIES_SUFFIX_H
#define AH_COOKIES_SUFFIX_H
/* Domains under which anybody may register names, so that no cookie may be for all of them
   (RFC 6265 §5.3 step 5): "com", "co.uk", "github.io". */
#include "base/library.h"
#include "base/str.h"

/* domain is in lower case, with A-labels.  By the Public Suffix List as libpsl was built with it;
   where that is not there, by the rule below. */
bool ah_domain_is_public_suffix(ah_str domain);

/* A single label; and two labels, the last being a country's (two letters) and the first one of
   the categories that many countries register names under, such as "co" or "gov". */
bool ah_domain_looks_like_public_suffix(ah_str domain);

/* Whether the list is there: libpsl is built in, can be loaded, and has one in it. */
bool ah_psl_works(void);
#if AHTTP_PSL
/* 1 or 0; negative when it is not. */
int ah_psl_has(ah_str domain);
extern ah_library ah_psl_library;
#endif

#endif
