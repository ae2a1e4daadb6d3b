/* SPDX-License-Identifier: MIT */
/* The stage that follows redirects: from the head of a 3xx to what the next hop asks for. */
#include "client/hop.h"
#include "client/hsts_list.h"
#include "client/request.h"
#include "client/secret_headers.h"

enum { MOST_HOPS = 10 };

static bool is(ah_str method, const char *name)
{
    return ah_str_equal(method, ah_str_from(name));
}

/* ---- Settings ---- */

static void prepare_following(ahttp_response *call, ah_call_settings *settings,
                              const ahttp_request_options *options)
{
    const ahttp_session *session = call->session;
    ah_str method = call->exchange.request.method;
    ahttp_redirects redirects = options->redirects ? options->redirects : session->redirects;
    int most = options->max_redirects ? options->max_redirects : session->redirect_rules.most;

    if (redirects == AHTTP_REDIRECTS_RETURN || options->fields_text || is(method, "CONNECT") ||
        (redirects == AHTTP_REDIRECTS_DEFAULT && is(method, "HEAD")))
        return;
    call->course.stages |= 1u << AH_STAGE_REDIRECT;
    settings->redirects.most = most ? most : MOST_HOPS;
    settings->redirects.refuse_downgrade =
        options->no_downgrade || session->redirect_rules.refuse_downgrade;
    settings->on_redirect = options->on_redirect ? options->on_redirect : session->on_redirect;
    settings->on_redirect_ctx =
        options->on_redirect ? options->on_redirect_ctx : session->on_redirect_ctx;
}

ahttp_error *ah_redirect_prepare(ahttp_response *call, ah_call_settings *settings,
                                 const ahttp_request_options *options)
{
    prepare_following(call, settings, options);
    return options->secret_headers
               ? ah_secret_headers_take(settings->secret_headers, options->secret_headers,
                                        &call->arena, &settings->secret_headers)
               : NULL;
}

/* ---- Where to ---- */

static ah_str target_of(const ah_response_head *head)
{
    const ah_field *field = ah_headers_find(&head->fields, AH_STR("Location"));

    if (!field)
        field = ah_headers_find(&head->fields, AH_STR("URI"));
    return field ? field->value : ah_str_make(NULL, 0);
}

static ahttp_error *refuse(const ahttp_response *call, int code, const char *why)
{
    int status = call->exchange.response.status;
    ahttp_error *error = ah_error_new(code, "follow redirect %d: %s", status, why);

    error = ah_error_with_response(error, status, NULL, (ahttp_bytes){NULL, 0});
    return ah_hops_tell(call, error, true);
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
    if (!ah_hsts_change_url(call->session, &hop->url, &call->arena))
        return ah_error_no_memory();
    if (!hop->url.fragment.ptr) /* RFC 9110 §10.2.2 */
        hop->url.fragment = call->url.fragment;
    return NULL;
}

/* Who has the method and the secrets that the program gave: middlewares may have changed them for
   the hop that is over. */
static const ahttp_response *asked_by(const ahttp_response *call)
{
    return call->is_result ? call->asker : call;
}

/* Makes call->hop of it. */
static ahttp_error *plan(ahttp_response *call, ah_str reference, bool is_trusted)
{
    const ahttp_response *asked = asked_by(call);
    ah_str method = asked->exchange.request.method;
    ah_hop *hop = ah_arena_alloc(&call->arena, sizeof *hop);

    call->hop = NULL;
    if (!hop)
        return ah_error_no_memory();
    *hop = (ah_hop){.method = method};
    ahttp_error *error = resolve(call, reference, hop);
    if (error)
        return error;
    if (ah_redirect_becomes_get(call->exchange.response.status, method)) {
        hop->method = AH_STR("GET");
        hop->drops_body = true;
    }
    hop->change = ah_origin_change_of(&asked->url, &hop->url);
    hop->left_behind = is_trusted ? 0 : ah_secrets_left_behind[hop->change];
    if (hop->url.userinfo.ptr)
        hop->left_behind |= AH_SECRET_AUTHORIZATION | AH_SECRET_CREDENTIALS;
    call->hop = hop;
    return NULL;
}

static ahttp_error *check(const ahttp_response *call)
{
    const ah_hop *hop = call->hop;

    if (ah_origin_change_of(&call->url, &hop->url) == AH_ORIGIN_FROM_TLS &&
        call->settings->redirects.refuse_downgrade)
        return refuse(call, AHTTP_E_REDIRECT_REFUSED, "it leads from https to http");
    if (!hop->drops_body && !ah_call_can_send_again(call))
        return refuse(call, AHTTP_E_BODY_ONCE,
                      "it wants the request's body once more, which can be sent only once");
    return NULL;
}

/* ---- Asking the program ---- */

static ahttp_hop_choice ask(const ahttp_response *call)
{
    const ah_hop *next = call->hop;
    ahttp_hop hop = {.response = call,
                     .location = target_of(&call->exchange.response).ptr,
                     .url = next ? next->url.safe.ptr : NULL,
                     .method = next ? next->method.ptr : NULL,
                     .changes_origin = next && next->change != AH_ORIGIN_SAME};

    return call->settings->on_redirect(&hop, call->settings->on_redirect_ctx);
}

static void follow(ahttp_response *call, bool is_trusted)
{
    ahttp_error *error = NULL;

    if (!call->hop || is_trusted)
        error = plan(call, target_of(&call->exchange.response), is_trusted);
    if (call->hop)
        error = check(call);
    ah_stage_decide(call, error ? AH_FAIL : AH_NEXT_HOP, error);
}

static void run_hook(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, stage_job);

    ah_stage_begin_program(call);
    ahttp_hop_choice choice = ask(call);
    if (!ah_stage_end_program(call))
        return;
    switch (choice) {
    case AHTTP_HOP_FOLLOW: follow(call, false); break;
    case AHTTP_HOP_TRUST: follow(call, true); break;
    case AHTTP_HOP_STOP: ah_stage_decide(call, AH_GO_ON, NULL); break;
    case AHTTP_HOP_REFUSE:
        ah_stage_decide(call, AH_FAIL,
                        refuse(call, AHTTP_E_REDIRECT_REFUSED, "on_redirect does not want it"));
        break;
    }
}

/* ---- The stage ---- */

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    const ah_response_head *head = &call->exchange.response;
    ah_str target = target_of(head);
    int most = call->settings->redirects.most;

    if (!ah_redirect_is_one(head->status) || !target.ptr)
        return AH_GO_ON;
    if (most >= 0 && call->hops >= (unsigned)most) {
        *error = refuse(call, AHTTP_E_TOO_MANY_REDIRECTS, "as many as max_redirects were followed");
        return AH_FAIL;
    }
    *error = plan(call, target, false);
    if (call->settings->on_redirect && (call->hop || (*error)->code != AHTTP_E_NO_MEMORY)) {
        ah_error_free(*error);
        ah_stage_run_soon(call, run_hook);
        return AH_WAIT;
    }
    if (call->hop)
        *error = check(call);
    return *error ? AH_FAIL : AH_NEXT_HOP;
}

const ah_stage ah_redirect_stage = {.after = after};
