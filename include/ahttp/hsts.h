/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_HSTS_H
#define AHTTP_HSTS_H
/* Hosts that have asked to be visited by https only (HTTP Strict Transport Security, RFC 6797).
   A session that has such a list learns from Strict-Transport-Security fields that come over TLS
   that was verified, and changes http URLs of these hosts, redirects' too, to https before it
   connects: port 80 becomes 443, any other stays.  Sessions of one thread may share a list. */
#include <ahttp/future.h>
AHTTP_BEGIN

typedef struct ahttp_hsts ahttp_hsts;

AHTTP_API ahttp_hsts *ahttp_hsts_new(void); /* NULL when out of memory; caller unrefs */
AHTTP_API ahttp_hsts *ahttp_hsts_ref(ahttp_hsts *hsts);
AHTTP_API void ahttp_hsts_unref(ahttp_hsts *hsts); /* NULL does nothing */

/* As if that host, a name, had said so; max_age_s of 0 forgets it.  0 or E_NO_MEMORY. */
AHTTP_API int ahttp_hsts_add(ahttp_hsts *hsts, const char *host, int64_t max_age_s,
                             bool include_subdomains);
/* Whether it is on the list, by itself or by a domain above it. */
AHTTP_API bool ahttp_hsts_has(ahttp_hsts *hsts, const char *host);

/* The file is like that of curl's --hsts.  Saving replaces it in one step, keeps what it has and
   the list has not, and waits for others who save to it; a new file can be read by its owner
   only.  Loading adds to the list.  Resolve to nothing; E_SYSTEM. */
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_hsts_save(ahttp_hsts *hsts, const char *path);
AHTTP_API AHTTP_MUST_USE ahttp_future *ahttp_hsts_load(ahttp_hsts *hsts, const char *path);
/* The same at once; 0 or the code. */
AHTTP_API int ahttp_hsts_save_blocking(ahttp_hsts *hsts, const char *path);
AHTTP_API int ahttp_hsts_load_blocking(ahttp_hsts *hsts, const char *path);

AHTTP_END
#endif
