/* SPDX-License-Identifier: MIT */
/* The stage that follows redirects: from the head of a 3xx to what the next hop asks for. */
#include "client/hop.h"
#include "client/request.h"

enum { MOST_HOPS = 10 };

static bool is(ah_str method, const char *name)
{
    return ah_str_equal(method, ah_str_from(name));
}

/* ---- Settings ---- */

void ah_redirect_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    const ahttp_session *session = call->session;
    ah_str method = call->exchange.request.method;
    ahttp_redirects redirects = options->redirects ? options->redirects : session->redirects;
    int most = options->max_redirects ? options->max_redirects : session->redirect_rules.most;

    if (redirects == AHTTP_REDIRECTS_RETURN || options->fields_text || is(method, "CONNECT") ||
        (redirects == AHTTP_REDIRECTS_DEFAULT && is(method, "HEAD")))
        return;
    call->settings.stages |= 1u << AH_STAGE_REDIRECT;
    call->settings.redirects.most = most ? most : MOST_HOPS;
    call->settings.redirects.refuse_downgrade =
        options->no_downgrade || session->redirect_rules.refuse_downgrade;
}

/* ---- The stage ---- */

static const ah_field *find_target(const ah_response_head *head)
{
    const ah_field *field = ah_headers_find(&head->fields, AH_STR("Location"));

    return field ? field : ah_headers_find(&head->fields, AH_STR("URI"));
}

static ahttp_error *refuse(const ahttp_response *call, int code, const char *why)
{
    return ah_error_new(code, "follow redirect %d: %s", call->exchange.response.status, why);
}

static ahttp_error *resolve(ahttp_response *call, ah_str reference, ah_hop *hop)
{
    ah_str scheme = ah_url_scheme_of(reference);

    if (scheme.ptr && !ah_str_equal_nocase(scheme, AH_STR("http")) &&
        !ah_str_equal_nocase(scheme, AH_STR("https")))
        return refuse(call, AHTTP_E_REDIRECT_SCHEME, "its scheme is neither http nor https");
    const char *why = ah_url_join(&hop->url, &call->arena, &call->url, reference);
    if (why == AH_URL_NO_MEMORY)
        return ah_error_no_memory();
    if (why)
        return refuse(call, AHTTP_E_REDIRECT_URL, why);
    if (!hop->url.fragment.ptr) /* RFC 9110 §10.2.2 */
        hop->url.fragment = call->url.fragment;
    return NULL;
}

static ahttp_error *check(const ahttp_response *call, const ah_hop *hop, ah_origin_change change)
{
    if (change == AH_ORIGIN_FROM_TLS && call->settings.redirects.refuse_downgrade)
        return refuse(call, AHTTP_E_REDIRECT_REFUSED, "it leads from https to http");
    if (!hop->drops_body && !ah_call_can_send_again(call))
        return refuse(call, AHTTP_E_BODY_ONCE,
                      "it wants the request's body once more, which can be sent only once");
    return NULL;
}

static ahttp_error *decide(ahttp_response *call, ah_str reference)
{
    ah_str method = call->exchange.request.method;
    int status = call->exchange.response.status;
    ah_hop *hop = ah_arena_alloc(&call->arena, sizeof *hop);

    if (!hop)
        return ah_error_no_memory();
    *hop = (ah_hop){.method = method};
    ahttp_error *error = resolve(call, reference, hop);
    if (error)
        return error;
    if (ah_redirect_becomes_get(status, method)) {
        hop->method = AH_STR("GET");
        hop->drops_body = true;
    }
    ah_origin_change change = ah_origin_change_of(&call->url, &hop->url);
    hop->changes_origin = change != AH_ORIGIN_SAME;
    hop->left_behind = ah_secrets_left_behind[change];
    if (hop->url.userinfo.ptr)
        hop->left_behind |= AH_SECRET_AUTHORIZATION | AH_SECRET_CREDENTIALS;
    call->hop = hop;
    return check(call, hop, change);
}

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    const ah_response_head *head = &call->exchange.response;
    const ah_field *target = ah_redirect_is_one(head->status) ? find_target(head) : NULL;
    int most = call->settings.redirects.most;

    if (!target)
        return AH_GO_ON;
    if (most >= 0 && call->hops >= (unsigned)most)
        *error = ah_error_new(AHTTP_E_TOO_MANY_REDIRECTS,
                              "follow redirect %d: %d were followed already, as many as allowed",
                              head->status, most);
    else
        *error = decide(call, target->value);
    return *error ? AH_FAIL : AH_NEXT_HOP;
}

const ah_stage ah_redirect_stage = {.after = after};
