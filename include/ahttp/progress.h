/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_PROGRESS_H
#define AHTTP_PROGRESS_H
/* How far a request and its response are. */
#include <ahttp/base.h>
AHTTP_BEGIN

/* Bytes of the two bodies as they go over the wire: compressed, where they are, and without the
   framing of chunks.  Only the library makes these; later versions may add fields at the end. */
typedef struct ahttp_progress {
    int64_t sent;
    int64_t to_send; /* -1: not known before its end */
    int64_t received;
    int64_t to_receive; /* -1: not known, or there is no response yet */
} ahttp_progress;

/* Valid during the call, which comes from the loop like every callback: after something moved, at
   most once in a turn of the loop, and for the last bytes before the future of who reads them. */
typedef void ahttp_progress_fn(const ahttp_progress *progress, void *ctx);

AHTTP_END
#endif
