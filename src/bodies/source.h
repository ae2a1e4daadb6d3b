/* SPDX-License-Identifier: MIT */
#ifndef AH_BODIES_SOURCE_H
#define AH_BODIES_SOURCE_H
/* What a request asks of the makers of bodies, beyond include/ahttp/body.h. */
#include "conn/source.h"

/* coding is static, of ah_encoder_name.  Takes inner over, which the caller has made or taken.
   NULL when out of memory. */
ahttp_body *ah_source_compress(const char *coding, ahttp_body *inner);

/* ahttp_body_produced for a function of ours, which is called where the next piece is wanted;
   release_ctx is called once, at the end.  NULL when out of memory. */
ahttp_body *ah_source_produced(ahttp_produce_fn *fn, void *ctx, void (*release_ctx)(void *ctx),
                               int64_t length);

/* ahttp_body_multipart, which says why there is none. */
ahttp_body *ah_source_multipart(const ahttp_part *parts, ahttp_error **error);
/* Frees the bodies in parts, which nobody takes. */
void ah_source_free_parts(const ahttp_part *parts);

#endif
