/* SPDX-License-Identifier: MIT */
/* Interim responses on their way to the program.  It is called from the ready queue, by which
   time the connection has used the head for the next response: so each is a copy of its own. */
#include "client/interim.h"
#include "base/mem.h"
#include "client/response.h"

struct ah_interim {
    ah_job job;
    ah_interim *next; /* that came later */
    ahttp_response *call;
    int status;
    ah_arena arena;
    ahttp_headers fields;
};

static void free_interim(ah_interim *interim)
{
    ah_link_remove(&interim->job.link);
    ah_arena_release(&interim->arena);
    ah_free(interim);
}

static void run(ah_job *job)
{
    ah_interim *interim = AH_CONTAINER(job, ah_interim, job);
    ahttp_response *call = interim->call;

    call->interims = interim->next;
    call->settings->on_interim(interim->status, &interim->fields, call->settings->on_interim_ctx);
    free_interim(interim);
}

static bool copy_fields(ah_interim *interim, const ahttp_headers *from)
{
    ah_headers_init(&interim->fields, &interim->arena);
    for (size_t i = 0; i < from->count; i++)
        if (!ah_headers_add(&interim->fields, from->fields[i].name, from->fields[i].value))
            return false;
    return true;
}

bool ah_interim_tell(ahttp_response *call)
{
    const ah_response_head *head = &call->exchange.response;
    ah_interim *interim = AH_NEW(ah_interim);
    ah_interim **last = &call->interims;

    if (!interim)
        return false;
    if (!copy_fields(interim, &head->fields)) {
        free_interim(interim);
        return false;
    }
    interim->call = call;
    interim->status = head->status;
    interim->job.run = run;
    while (*last)
        last = &(*last)->next;
    *last = interim;
    ah_loop_ready(call->session->guest.loop, &interim->job);
    return true;
}

void ah_interims_forget(ahttp_response *call)
{
    while (call->interims) {
        ah_interim *interim = call->interims;
        call->interims = interim->next;
        free_interim(interim);
    }
}
