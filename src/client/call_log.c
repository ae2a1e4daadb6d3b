/* SPDX-License-Identifier: MIT */
/* Lines begin with a number for each request of the session, "#3", which its hops keep. */
#include "client/call_log.h"
#include "conn/conn.h"
#include "http/mask.h"
#include <inttypes.h>
#include <stdio.h>

static const ahttp_loop *loop_of(const ahttp_response *call)
{
    return call->session->guest.loop;
}

static void tell(const ahttp_response *call, ahttp_log_level level, const char *what)
{
    ah_log(loop_of(call), level, "request", "#%" PRIu64 " %s %s%s", call->log_number,
           ahttp_response_method(call), ahttp_response_url(call), what);
}

static void tell_fields(const ahttp_response *call, const char *direction,
                        const ahttp_headers *fields)
{
    ah_buf line = {0};

    for (size_t i = 0; i < fields->count; i++) {
        const ah_field *field = &fields->fields[i];
        ah_buf_clear(&line);
        ah_mask_field(&line, field->name, field->value, call->settings->secret_headers);
        if (ah_buf_terminate(&line))
            ah_log(loop_of(call), AHTTP_LOG_TRACE, "request", "#%" PRIu64 " %s %s",
                   call->log_number, direction, line.data);
    }
    ah_buf_release(&line);
}

/* Which are a text only. */
static void tell_exact_fields(const ahttp_response *call)
{
    ah_arena arena = {0};
    ahttp_headers fields;

    ah_headers_init(&fields, &arena);
    if (ah_sent_fields_read(&fields, &call->exchange.request))
        tell_fields(call, ">", &fields);
    ah_arena_release(&arena);
}

void ah_call_log_start(ahttp_response *call)
{
    call->log_number = ++call->session->log_count;
    tell(call, AHTTP_LOG_INFO, "");
}

void ah_call_log_sending(const ahttp_response *call, const ah_conn *conn)
{
    char on[128];
    char what[160];

    ah_conn_describe(conn, on, sizeof on);
    snprintf(what, sizeof what, ": goes out on %s", on);
    tell(call, AHTTP_LOG_DEBUG, what);
    if (call->exchange.request.is_exact)
        tell_exact_fields(call);
    else
        tell_fields(call, ">", call->exchange.request.fields);
}

void ah_call_log_head(const ahttp_response *call)
{
    char what[160];

    snprintf(what, sizeof what, ": %d %s", call->exchange.response.status,
             ahttp_response_reason(call));
    tell(call, AHTTP_LOG_INFO, what);
    tell_fields(call, "<", &call->exchange.response.fields);
}

void ah_call_log_again(const ahttp_response *call)
{
    tell(call, AHTTP_LOG_INFO, ": is sent again");
}

void ah_call_log_hop(const ahttp_response *call)
{
    tell(call, AHTTP_LOG_INFO, ": the next hop");
}

void ah_call_log_complete(const ahttp_response *call)
{
    char what[80];

    snprintf(what, sizeof what, ": complete, %" PRIu64 " bytes", call->exchange.bytes_received);
    tell(call, AHTTP_LOG_INFO, what);
}

/* Its message names the request. */
void ah_call_log_failure(const ahttp_response *call, const ahttp_error *error)
{
    ahttp_log_level level = error->code == AHTTP_E_CANCELLED ? AHTTP_LOG_INFO : AHTTP_LOG_WARNING;

    ah_log(loop_of(call), level, "request", "#%" PRIu64 " %s", call->log_number, error->message);
}
