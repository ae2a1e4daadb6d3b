/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_SEER_H
#define TESTS_CLIENT_SEER_H
/* A function for authorize, which answers as the test says, and what it saw when it was asked
   last.  Tests zero it at their beginning. */
#include "support/check.h"

#include <ahttp.h>
#include <stdio.h>
#include <string.h>

static struct {
    const ahttp_pair *answers[12]; /* one for each time it is asked */
    ahttp_promise *later;          /* set: it answers when the test says so */
    bool answers_later, was_cancelled;
    int asked, freed;
    char method[16], url[256], host[64], target[64], body[64], agent[64], proxy[64], token[64];
    int status, round;
    bool has_body, has_response, is_proxys;
} seer;

static inline void see_free(void *pairs)
{
    (void)pairs;
    seer.freed++;
}

static inline void see_cancel(void *ctx)
{
    (void)ctx;
    seer.was_cancelled = true;
    ahttp_promise_reject(seer.later, AHTTP_E_CANCELLED, "cancelled");
    seer.later = NULL;
}

static inline void see_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "none");
}

static inline void see(const ahttp_auth_request *request)
{
    see_text(seer.method, sizeof seer.method, request->method);
    see_text(seer.url, sizeof seer.url, request->url);
    see_text(seer.host, sizeof seer.host, request->host);
    see_text(seer.target, sizeof seer.target, request->target);
    see_text(seer.proxy, sizeof seer.proxy, request->proxy);
    see_text(seer.agent, sizeof seer.agent, ahttp_headers_get(request->headers, "User-Agent"));
    see_text(seer.token, sizeof seer.token, ahttp_auth_challenge(request, "toy", NULL));
    snprintf(seer.body, sizeof seer.body, "%.*s", (int)request->body.len,
             request->body.data ? (const char *)request->body.data : "");
    seer.has_body = request->has_body;
    seer.has_response = request->response != NULL;
    seer.is_proxys = request->is_proxys;
    seer.status = request->status;
    seer.round = request->round;
}

static inline ahttp_future *authorize(const ahttp_auth_request *request, void *ctx)
{
    ahttp_future *future = ahttp_promise_new(&seer.later, see_cancel, NULL);
    const ahttp_pair *answer = seer.answers[seer.asked++];

    assert_ptr_equal(ctx, &seer);
    see(request);
    if (!seer.answers_later && seer.later) {
        ahttp_promise_resolve(seer.later, (void *)(uintptr_t)answer, see_free);
        seer.later = NULL;
    }
    return future;
}

#endif
