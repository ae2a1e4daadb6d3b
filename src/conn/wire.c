/* SPDX-License-Identifier: MIT */
/* Heads on their way to the program: each a copy of its own, which outlives its request. */
#include "conn/wire.h"
#include "base/mem.h"

typedef struct wire_note {
    ah_job job;
    ahttp_wire_fn *fn;
    void *ctx;
    ahttp_wire_part part;
    size_t len;
    char bytes[];
} wire_note;

static void run(ah_job *job)
{
    wire_note *note = AH_CONTAINER(job, wire_note, job);

    note->fn(note->part, (ahttp_bytes){note->bytes, note->len}, note->ctx);
    ah_free(note);
}

bool ah_wire_tell(ahttp_loop *loop, ahttp_wire_fn *fn, void *ctx, ahttp_wire_part part,
                  ah_str bytes)
{
    wire_note *note = ah_alloc(sizeof *note + bytes.len);

    if (!note)
        return false;
    *note = (wire_note){.fn = fn, .ctx = ctx, .part = part, .len = bytes.len};
    memcpy(note->bytes, bytes.ptr, bytes.len);
    note->job.run = run;
    ah_loop_ready(loop, &note->job);
    return true;
}
