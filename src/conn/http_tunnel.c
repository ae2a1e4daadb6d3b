/* SPDX-License-Identifier: MIT */
/*   ASKING --2xx--> done
     ASKING --other head--> REFUSED --end of its body--> done
                                                     +--407, and there is an answer--> ASKING

   Before ASKING, and behind a 407, it may wait for somebody who knows the answer. */
#include "conn/http_tunnel.h"
#include "base/mem.h"
#include "conn/talk.h"
#include "conn/wire.h"
#include "http/h1_parser.h"
#include "loop/timer.h"

struct ah_http_tunnel {
    ah_talk talk;
    ah_http_tunnel_request request;
    ah_http_tunnel_fn *done;
    void *ctx;
    ah_job job; /* asks, so that done is never called inside open */
    ah_h1_parser *parser;
    ah_response_rules rules;
    ah_arena arena; /* of the head */
    ah_response_head head;
    ah_buf out, body;
    ah_timer gap;    /* while the body of a refusal comes */
    bool is_refused; /* the head of that has come */
    bool is_over;    /* ... and all of it */
    bool is_open;    /* ... and the proxy would take another CONNECT */
    int will_answer; /* it is 407: what challenged has said */
};

static void finish(ah_http_tunnel *self, ah_transport *transport, ahttp_error *error)
{
    ah_http_tunnel_fn *done = self->done;
    void *ctx = self->ctx;

    ah_http_tunnel_cancel(self);
    done(ctx, transport, error);
}

static void fail(ah_http_tunnel *self, ahttp_error *error)
{
    finish(self, NULL, error);
}

static void fail_answering(ah_http_tunnel *self, int code)
{
    fail(self, ah_error_new(code, "%s: answer its challenge: %s", self->request.what,
                            ahttp_error_text(code)));
}

/* ---- Asking ---- */

/* 0, WAIT, or the code of an error. */
static int write_request(ah_http_tunnel *self)
{
    const ah_http_tunnel_request *request = &self->request;
    ah_str target = ah_str_from(request->target);

    ah_buf_clear(&self->out);
    ah_buf_append_format(&self->out, "CONNECT %s HTTP/1.%d\r\nHost: %s\r\n", target.ptr,
                         request->http_1_0 ? 0 : 1, target.ptr);
    int code = request->authorize(request->ctx, target, &self->out);
    ah_buf_append(&self->out, request->fields_text);
    ah_buf_append(&self->out, AH_STR("\r\n"));
    return code == 0 && ah_buf_failed(&self->out) ? AHTTP_E_NO_MEMORY : code;
}

/* What cannot be shown for want of memory is not; the tunnel has no need of it. */
static void show(ah_http_tunnel *self, ahttp_wire_part part, ah_str bytes)
{
    const ah_http_tunnel_request *request = &self->request;

    if (request->on_wire)
        ah_wire_tell(self->talk.loop, request->on_wire, request->on_wire_ctx, part, bytes);
}

static void ask(ah_http_tunnel *self)
{
    self->is_refused = self->is_over = false;
    self->will_answer = 0;
    ah_buf_clear(&self->body);
    ah_arena_reset(&self->arena);
    self->head = (ah_response_head){0};
    ah_headers_init(&self->head.fields, &self->arena);
    int code = write_request(self);
    if (code == AH_HTTP_TUNNEL_WAIT)
        return;
    if (code) {
        fail_answering(self, code);
        return;
    }
    ah_h1_parser_begin(self->parser, AH_STR("CONNECT"), &self->rules, &self->head);
    if (self->request.on_wire)
        ah_h1_parser_show(self->parser);
    show(self, AHTTP_WIRE_CONNECT, ah_buf_str(&self->out));
    ah_talk_say(&self->talk, ah_buf_str(&self->out));
}

static void begin(ah_job *job)
{
    ask(AH_CONTAINER(job, ah_http_tunnel, job));
}

/* ---- Refusals ---- */

/* The texts of fields end with a NUL. */
static ahttp_pair *pairs_of(ah_http_tunnel *self)
{
    const ahttp_headers *fields = &self->head.fields;
    ahttp_pair *pairs = ah_arena_alloc(&self->arena, (fields->count + 1) * sizeof *pairs);

    if (!pairs)
        return NULL;
    for (size_t i = 0; i < fields->count; i++)
        pairs[i] = (ahttp_pair){fields->fields[i].name.ptr, fields->fields[i].value.ptr};
    pairs[fields->count] = (ahttp_pair){NULL, NULL};
    return pairs;
}

/* Statuses by which a proxy says that another time it may do. */
static bool may_pass_later(int status)
{
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

ahttp_error *ah_http_tunnel_refusal(ah_http_tunnel *tunnel)
{
    const ah_response_head *head = &tunnel->head;

    if (!tunnel->is_refused)
        return NULL;
    ahttp_error *error =
        ah_error_new(AHTTP_E_PROXY, "%s: it answers %d%s%s", tunnel->request.what, head->status,
                     head->reason.len > 0 ? " " : "", head->reason.len > 0 ? head->reason.ptr : "");
    if (!may_pass_later(head->status))
        ah_error_for_good(error);
    const ahttp_pair *pairs = pairs_of(tunnel);
    if (!pairs || ah_buf_failed(&tunnel->body)) {
        ah_error_free(error);
        return ah_error_no_memory();
    }
    return ah_error_with_response(error, head->status, pairs,
                                  (ahttp_bytes){tunnel->body.data, tunnel->body.len});
}

/* The refusal is complete, as far as it goes. */
static void end_refusal(ah_http_tunnel *self, bool is_open)
{
    ah_timer_stop(self->talk.loop, &self->gap);
    self->is_over = true;
    self->is_open = is_open;
    if (!is_open)
        ah_transport_want(self->talk.transport, 0);
    if (self->will_answer == AH_HTTP_TUNNEL_WAIT)
        return;
    if (self->will_answer < 0)
        fail_answering(self, self->will_answer);
    else if (!self->will_answer)
        fail(self, ah_http_tunnel_refusal(self));
    else if (is_open)
        ask(self);
    else
        finish(self, NULL, NULL);
}

void ah_http_tunnel_go_on(ah_http_tunnel *tunnel, int answer, ahttp_error *error)
{
    if (error) {
        fail(tunnel, error);
    } else if (!tunnel->is_refused) {
        ask(tunnel);
    } else {
        tunnel->will_answer = answer;
        if (tunnel->is_over)
            end_refusal(tunnel, tunnel->is_open);
    }
}

/* Proxies are known that announce no length, say that they close, and do not. */
static void on_gap(ah_timer *timer)
{
    end_refusal(AH_CONTAINER(timer, ah_http_tunnel, gap), false);
}

static void wait_for_more(ah_http_tunnel *self)
{
    ah_timer_start(self->talk.loop, &self->gap, AH_HTTP_TUNNEL_GAP_MS);
}

/* ---- The answer ---- */

static void on_head(void *ctx)
{
    ah_http_tunnel *self = ctx;
    const ah_response_head *head = &self->head;

    if (ah_h1_parser_body_length(self->parser).framing == AH_FRAMING_TUNNEL)
        return;
    self->is_refused = true;
    wait_for_more(self);
    if (head->status == 407)
        self->will_answer = self->request.challenged(self->request.ctx, &head->fields);
}

static void on_body(void *ctx, ah_str piece)
{
    ah_http_tunnel *self = ctx;
    size_t room = AH_HTTP_TUNNEL_MOST_BODY - self->body.len;

    ah_buf_append(&self->body, ah_str_slice(piece, 0, room));
    wait_for_more(self);
}

static void on_section(void *ctx, bool is_head, ah_str bytes)
{
    if (is_head)
        show(ctx, AHTTP_WIRE_TUNNEL, bytes);
}

static const ah_h1_parser_events parser_events = {
    .head = on_head, .body = on_body, .section = on_section};

/* A host that is spoken to in HTTP waits for a request: who speaks first is not that host. */
static void open_up(ah_http_tunnel *self, size_t left_over)
{
    if (left_over == 0 && self->head.status != 101) {
        self->request.opened(self->request.ctx, &self->head.fields);
        finish(self, ah_talk_take_transport(&self->talk), NULL);
        return;
    }
    fail(self, ah_error_new(AHTTP_E_PROXY,
                            self->head.status == 101
                                ? "%s: it switched to a protocol that nobody asked for"
                                : "%s: it sends bytes before the host was asked anything",
                            self->request.what));
}

static void take_result(ah_http_tunnel *self, ah_h1_result result, size_t left_over)
{
    switch (result) {
    case AH_H1_MORE:
        if (self->body.len == AH_HTTP_TUNNEL_MOST_BODY)
            end_refusal(self, false);
        break;
    case AH_H1_DONE:
        end_refusal(self, left_over == 0 && ah_h1_parser_keeps_alive(self->parser));
        break;
    case AH_H1_TUNNEL: open_up(self, left_over); break;
    case AH_H1_FAILED: {
        ahttp_error *error = ah_h1_parser_take_error(self->parser);
        if (self->is_refused) {
            ah_error_free(error);
            end_refusal(self, false);
        } else {
            fail(self, ah_talk_error(error, self->request.what));
        }
        break;
    }
    }
}

static void on_heard(ah_talk *talk, ah_str bytes)
{
    ah_http_tunnel *self = AH_CONTAINER(talk, ah_http_tunnel, talk);
    size_t used = 0;

    if (self->is_over) { /* nobody asked for that */
        end_refusal(self, false);
        return;
    }
    ah_h1_result result = ah_h1_parser_feed(self->parser, bytes, &used);
    take_result(self, result, bytes.len - used);
}

static void on_lost(ah_talk *talk, ahttp_error *error)
{
    ah_http_tunnel *self = AH_CONTAINER(talk, ah_http_tunnel, talk);

    if (self->is_refused) {
        ah_error_free(error);
        end_refusal(self, false);
    } else {
        fail(self, ah_talk_error(error, self->request.what));
    }
}

/* ---- Life ---- */

ah_http_tunnel *ah_http_tunnel_open(ahttp_loop *loop, ah_transport *transport,
                                    const ah_http_tunnel_request *request, ah_http_tunnel_fn *done,
                                    void *ctx)
{
    static const ah_talk_events events = {.heard = on_heard, .lost = on_lost};
    ah_http_tunnel *self = AH_NEW(ah_http_tunnel);

    if (self)
        self->parser = ah_h1_parser_new(&parser_events, self);
    if (!self || !self->parser) {
        ah_transport_close(transport);
        ah_free(self);
        return NULL;
    }
    self->talk = (ah_talk){
        .events = &events, .loop = loop, .transport = transport, .most = AH_READ_BUFFER_SIZE};
    self->request = *request;
    self->rules = ah_default_response_rules;
    self->rules.lenient = request->lenient;
    if (request->lenient) {
        self->rules.max_field = AH_HTTP_TUNNEL_LENIENT_FIELD;
        self->rules.max_head = AH_HTTP_TUNNEL_LENIENT_HEAD;
    }
    self->done = done;
    self->ctx = ctx;
    self->job.run = begin;
    self->gap.fire = on_gap;
    ah_loop_ready(loop, &self->job);
    return self;
}

void ah_http_tunnel_cancel(ah_http_tunnel *tunnel)
{
    ah_link_remove(&tunnel->job.link);
    ah_timer_stop(tunnel->talk.loop, &tunnel->gap);
    ah_transport_close(tunnel->talk.transport);
    ah_h1_parser_free(tunnel->parser);
    ah_arena_release(&tunnel->arena);
    ah_buf_release(&tunnel->out);
    ah_buf_release(&tunnel->body);
    ah_free(tunnel);
}
