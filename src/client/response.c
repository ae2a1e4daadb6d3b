/* SPDX-License-Identifier: MIT */
#include "client/response.h"
#include "base/mem.h"
#include "client/call_trace.h"
#include "client/hop.h"
#include "client/proxy.h"
#include "conn/source.h"
#include <assert.h>

enum { MOST_RECYCLED = 256 };

/* ---- Life ---- */

ahttp_response *ah_response_make(ahttp_session *session)
{
    ahttp_response *response = ah_alloc_lines(sizeof *response);

    if (!response)
        return NULL;
    response->session = session;
    ah_list_append(&session->blocks, &response->link);
    session->block_count++;
    response->arena.store = &session->arenas;
    ah_arena_restart(&response->arena, response->own_text, sizeof response->own_text);
    ah_body_reset(&response->body);
    response->phase = AH_CALL_WAITING;
    return response;
}

void ah_response_free(ahttp_response *response)
{
    if (response->session->guest.loop)
        ah_timer_stop(response->session->guest.loop, &response->deadline);
    ah_link_remove(&response->link);
    response->session->block_count--;
    ah_arena_release(&response->arena);
    ah_body_release(&response->body);
    ah_buf_release(&response->asked);
    ah_free_lines(response);
}

/* What a request that is not plain may have. */
static void clear_what_is_there(ahttp_response *response)
{
    if (response->way.own || response->way.is_chosen)
        ah_proxy_release_call(response);
    ah_interims_forget(response);
    ah_auth_release_call(response);
    ah_whole_clear(&response->whole);
    ah_error_free(response->failure);
    response->failure = NULL;
    if (response->tracer)
        ah_call_stop_tracing(response);
    if (response->exchange.source)
        ah_source_free(response->exchange.source);
    response->exchange.source = NULL;
    ahttp_tls_unref(response->tls);
    response->tls = NULL;
    ah_link_remove(&response->progress_job.link);
    ah_call_forget_end(response);
    ah_tunnel_close(&response->exchange.tunnel);
    response->facts = (ah_head_facts){0};
    response->stream.total = 0;
    response->hops = 0;
    response->log_number = 0;
    response->resend = AHTTP_RESEND_SAFE;
    response->own_cookies = ah_str_make(NULL, 0);
    response->hop = NULL;
    response->is_result = response->lends_source = false;
    response->in_history = response->was_resent = false;
}

/* What is_plain promises of a block. */
static bool has_nothing_special(const ahttp_response *response)
{
    const ah_exchange *exchange = &response->exchange;

    return !response->way.own && !response->way.is_chosen && !response->interims &&
           !response->auth && !response->whole.converted && !response->failure &&
           !response->tracer && !response->tls && !response->end_error && !response->has_ended &&
           !response->asker && !response->previous && !response->hop && !response->overs &&
           !response->chain && !response->save && !response->is_exchanging &&
           !response->stage_waits && !response->is_result && !response->lends_source &&
           !response->in_history && !response->was_resent && response->askings == 0 &&
           response->hops == 0 && response->log_number == 0 && response->own_cookies.len == 0 &&
           response->resend == AHTTP_RESEND_SAFE && !exchange->source && !exchange->tracer &&
           !exchange->tunnel.transport && !exchange->keeps_conn && !exchange->kept &&
           !ah_link_is_in_list(&response->progress_job.link) &&
           !ah_link_is_in_list(&response->stage_job.link);
}

/* Nobody needs it. */
static void recycle(ahttp_response *response)
{
    ahttp_session *session = response->session;

    (void)has_nothing_special; /* which builds without assertions do not ask */
    assert(has_nothing_special(response));
    assert(!response->is_plain || response->course.stages == session->plain.course.stages);
    ah_exchange_release_peer(&response->exchange);
    ah_arena_restart(&response->arena, response->own_text, sizeof response->own_text);
    if (AH_UNLIKELY(response->body.was_taken))
        response->stream.total = 0;
    assert(response->stream.total == 0);
    ah_body_reset(&response->body);
    if (AH_LIKELY(session->recycled_count < MOST_RECYCLED)) {
        response->next_recycled = session->recycled;
        session->recycled = response;
        session->recycled_count++;
    } else {
        ah_response_free(response);
    }
    if (AH_UNLIKELY(session->refs == 0))
        ah_session_tidy(session);
}

static AH_APART void release_special(ahttp_response *response)
{
    ahttp_response *asker = response->asker;

    if (response->in_history || response->askings > 0)
        return;
    response->asker = NULL;
    if (response->previous)
        ah_hops_release(response);
    clear_what_is_there(response);
    recycle(response);
    if (asker) {
        asker->askings--;
        ah_response_release(asker);
    }
}

void ah_response_release(ahttp_response *response)
{
    if (!ah_response_is_over(response) || response->refs > 0 || response->reading || response->sent)
        return;
    if (AH_LIKELY(response->is_plain))
        recycle(response);
    else
        release_special(response);
}

void ah_response_when_over(ahttp_response *response, ah_over *over)
{
    if (ah_response_is_over(response)) {
        over->fn(over);
        return;
    }
    response->is_plain = false;
    over->next = response->overs;
    response->overs = over;
}

ahttp_response *ahttp_response_ref(ahttp_response *response)
{
    ah_response_need(response);
    response->refs++;
    return response;
}

void ahttp_response_unref(ahttp_response *response)
{
    if (!response)
        return;
    ah_guest_check_thread(&response->session->guest, "ahttp_response_unref");
    if (--response->refs > 0)
        return;
    if (response->phase == AH_CALL_OPEN && !response->reading &&
        ah_rest_skip(response, AH_REST_KNOWN))
        return;
    if (response->phase == AH_CALL_OPEN)
        ah_call_fail(response, ah_error_new(AHTTP_E_STATE, "nobody wants the response any more"));
    else
        ah_response_release(response);
}

/* ---- Looking ---- */

AH_COLD void ah_response_is_missing(void)
{
    ah_misuse("a response is NULL: an await gives that where the request failed, which "
              "ahttp_task_error tells more of");
}

static inline const ah_exchange *exchange_of(const ahttp_response *response)
{
    ah_response_need(response);
    return &response->exchange;
}

int ahttp_response_status(const ahttp_response *response)
{
    return exchange_of(response)->response.status;
}

bool ahttp_response_ok(const ahttp_response *response)
{
    return exchange_of(response)->response.status < 400;
}

const char *ahttp_response_reason(const ahttp_response *response)
{
    ah_str reason = exchange_of(response)->response.reason;

    return reason.ptr ? reason.ptr : "";
}

int ahttp_response_minor_version(const ahttp_response *response)
{
    return exchange_of(response)->response.minor_version;
}

const char *ahttp_response_method(const ahttp_response *response)
{
    return exchange_of(response)->request.method.ptr;
}

const char *ahttp_response_url(const ahttp_response *response)
{
    ah_response_need(response);
    return response->url.safe.ptr;
}

const ahttp_headers *ahttp_response_headers(const ahttp_response *response)
{
    return &exchange_of(response)->response.fields;
}

const ahttp_headers *ahttp_response_trailers(const ahttp_response *response)
{
    return &exchange_of(response)->response.trailers;
}

ahttp_peer *ahttp_response_peer(const ahttp_response *response)
{
    return exchange_of(response)->peer;
}

uint64_t ahttp_response_bytes_sent(const ahttp_response *response)
{
    return exchange_of(response)->bytes_sent;
}

uint64_t ahttp_response_bytes_received(const ahttp_response *response)
{
    return exchange_of(response)->bytes_received;
}

const char *ahttp_response_header(const ahttp_response *response, const char *name)
{
    return ahttp_headers_get(&exchange_of(response)->response.fields, name);
}

int64_t ahttp_response_content_length(const ahttp_response *response)
{
    const ah_field *field =
        ah_headers_find(&exchange_of(response)->response.fields, AH_STR("Content-Length"));
    uint64_t length;

    if (!field || !ah_str_to_u64(field->value, &length) || length > INT64_MAX)
        return -1;
    return (int64_t)length;
}
