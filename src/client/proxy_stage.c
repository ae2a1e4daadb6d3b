/* SPDX-License-Identifier: MIT */
/* The stage that chooses the proxy of a hop, and logs in to one that forwards requests. */
#include "client/auth.h"
#include "client/environment.h"
#include "client/proxy.h"
#include "client/request.h"
#include "http/h1_writer.h"
#include "http/netrc.h"
#include "http/no_proxy.h"

/* ---- Settings ---- */

bool ah_proxy_take_session(ahttp_session *session, const ahttp_session_options *options)
{
    ah_session_proxies *own = &session->proxies;
    const char *direct = options->no_proxy_for;

    own->choose = options->proxy_for;
    own->ctx = options->proxy_ctx;
    own->trust_env = options->trust_env;
    own->tls = options->proxy_tls ? ahttp_tls_ref(options->proxy_tls) : NULL;
    own->direct.len = direct ? strlen(direct) : 0;
    own->direct.ptr = direct ? ah_arena_copy(&session->arena, ah_str_from(direct)) : NULL;
    own->error = ah_proxy_from_options(session, &options->proxy, "proxy", &own->proxy);
    own->is_used = own->choose || own->trust_env || own->proxy || own->error;
    return !direct || own->direct.ptr;
}

void ah_proxy_release_session(ahttp_session *session)
{
    ah_proxy_unref(session->proxies.proxy);
    ah_error_free(session->proxies.error);
    ahttp_tls_unref(session->proxies.tls);
}

ahttp_error *ah_proxy_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    ahttp_error *error = NULL;

    call->exchange.request.target_prefix = (ah_str){0};
    if (options->no_proxy && options->proxy.url)
        return ah_error_new(AHTTP_E_ARGUMENT, "proxy: one is given, and no_proxy as well");
    if (options->no_proxy)
        return NULL;
    error = ah_proxy_from_options(call->session, &options->proxy, "proxy", &call->way.own);
    if (call->way.own || call->session->proxies.is_used)
        call->course.stages |= 1u << AH_STAGE_PROXY;
    return error;
}

void ah_proxy_release_call(ahttp_response *call)
{
    ah_proxy_unref(call->way.own);
    ah_proxy_unref(call->way.proxy);
    call->way = (ah_way){.own = NULL};
}

/* ---- Choosing ---- */

static void choose(ahttp_response *call, ah_proxy *proxy)
{
    call->way.is_chosen = true;
    call->way.proxy = proxy;
}

static ahttp_error *choose_by_environment(ahttp_response *call, const char *login)
{
    ah_environment_proxy found = ah_environment_proxy_for(&call->url);
    const ahttp_proxy given = {.url = found.url.len > 0 ? found.url.ptr : NULL,
                               .auth = found.url.len > 0 ? login : NULL};
    ah_proxy *proxy;
    ahttp_error *error = ah_proxy_from_options(call->session, &given, found.name, &proxy);

    if (!error)
        choose(call, proxy);
    return error;
}

static ahttp_error *choose_by_session(ahttp_response *call)
{
    const ah_session_proxies *session = &call->session->proxies;
    bool has_one = session->proxy || session->error;

    if (!has_one && session->trust_env)
        return choose_by_environment(call, NULL);
    if (!has_one || ah_no_proxy_covers(session->direct, call->url.host, call->url.port))
        choose(call, NULL);
    else if (session->error)
        return ah_error_copy(session->error);
    else
        choose(call, ah_proxy_ref(session->proxy));
    return NULL;
}

/* ---- Using it ---- */

/* RFC 9112 §3.2.2: the proxy itself is asked, with the whole URL. */
static bool is_forwarded(const ahttp_response *call)
{
    const ah_exchange *exchange = &call->exchange;

    return call->way.proxy && ah_proxy_forwards(call->way.proxy) && !call->url.is_tls &&
           exchange->upgrade.len == 0 && !ah_str_equal(exchange->request.method, AH_STR("CONNECT"));
}

/* What is meant for the proxy does not go to whom it leads to. */
static bool leave_out_authorization(ahttp_response *call)
{
    ah_str name = AH_STR("Proxy-Authorization");
    ahttp_headers *fields = &call->request_fields;
    size_t kept = 0;

    if (call->exchange.request.is_exact || !ah_headers_has(call->exchange.request.fields, name))
        return true;
    if (!ah_request_own_fields(call))
        return false;
    for (size_t i = 0; i < fields->count; i++) {
        if (!ah_str_equal_nocase(fields->fields[i].name, name))
            fields->fields[kept++] = fields->fields[i];
        else if (i < call->own_fields)
            call->own_fields--;
    }
    fields->count = kept;
    return true;
}

/* 0, or the code of an error. */
static int add_authorization(ahttp_response *call)
{
    ah_str name = AH_STR("Proxy-Authorization");
    const ah_request_head *head = &call->exchange.request;
    ah_str body = call->exchange.body;
    ah_buf target = {0}, value = {0};

    if (head->is_exact || ah_headers_has(head->fields, name))
        return 0;
    ah_h1_write_target(&target, head);
    int code =
        ah_proxy_authorize(call->way.proxy, &call->way.login, head->method, ah_buf_str(&target),
                           call->exchange.source ? NULL : &body, &value);
    bool is_added = value.len == 0 || ah_request_add_field(call, name, ah_buf_str(&value));
    if (!is_added || ah_buf_failed(&target) || ah_buf_failed(&value))
        code = AHTTP_E_NO_MEMORY;
    ah_buf_release(&target);
    ah_buf_release(&value);
    return code;
}

static ah_verdict use(ahttp_response *call, ahttp_error **error)
{
    ah_request_head *head = &call->exchange.request;
    int code = 0;

    if (call->way.proxy && ah_connector_refuses(call->session->connector, call->url.host)) {
        *error = ah_error_new(AHTTP_E_ADDRESS_REFUSED, "ask proxy %s: allow_address refuses %.*s",
                              call->way.proxy->name, (int)call->url.host.len, call->url.host.ptr);
        return AH_FAIL;
    }
    call->way.is_forwarded = is_forwarded(call);
    head->target_prefix = (ah_str){0};
    if (call->way.is_forwarded) {
        if (!head->is_exact) /* who gives all fields gives the whole target, too */
            head->target_prefix =
                ah_str_slice(call->url.safe, 0, call->url.safe.len - call->url.target.len);
        if (call->way.proxy->spec.authorize && !head->is_exact)
            return ah_auth_program_before(call, error);
        code = add_authorization(call);
    } else if (call->way.proxy && !leave_out_authorization(call)) {
        code = AHTTP_E_NO_MEMORY;
    }
    if (code)
        *error = ah_error_new(code, "answer the challenge of proxy %s: %s", call->way.proxy->name,
                              ahttp_error_text(code));
    return code ? AH_FAIL : AH_GO_ON;
}

ah_route ah_proxy_route(const ahttp_response *call)
{
    ah_route route = ah_route_to(&call->url);

    if (call->way.is_forwarded)
        return ah_route_to_proxy(call->way.proxy);
    route.proxy = call->way.proxy;
    return route;
}

/* ---- The stage ---- */

static void ask_program(ah_job *job)
{
    ahttp_response *call = AH_CONTAINER(job, ahttp_response, stage_job);
    ahttp_session *session = call->session;
    ah_proxy *proxy = NULL;
    ahttp_error *error = NULL;

    ah_stage_begin_program(call);
    const ahttp_proxy *given = session->proxies.choose(call->url.safe.ptr, session->proxies.ctx);
    if (!ah_stage_end_program(call))
        return;
    if (given)
        error = ah_proxy_from_options(session, given, "proxy_for", &proxy);
    if (!error)
        choose(call, proxy);
    ah_verdict verdict = error ? AH_FAIL : use(call, &error);
    if (verdict != AH_WAIT) /* for another answer now */
        ah_stage_decide(call, verdict, error);
}

/* Only proxies of the environment, to whom it says nothing else of us. */
static bool may_be_in_netrc(const ahttp_response *call)
{
    const ah_session_proxies *session = &call->session->proxies;
    const ah_proxy *proxy = call->way.proxy;

    return session->trust_env && !session->proxy && !session->choose && !call->way.own && proxy &&
           !proxy->spec.url.has_login && !ah_proxy_kind_is_socks(proxy->spec.url.kind);
}

static ah_verdict use_with_netrc(ahttp_response *call, ahttp_error **error)
{
    ah_buf login = {0};
    ah_str host = call->way.proxy->spec.url.host;

    if (ah_netrc_find(ah_buf_str(&call->session->auth.netrc), host, &login)) {
        ah_proxy_unref(call->way.proxy);
        call->way.proxy = NULL;
        *error = ah_buf_terminate(&login) ? choose_by_environment(call, login.data)
                                          : ah_error_no_memory();
    }
    ah_buf_release(&login);
    return *error ? AH_FAIL : use(call, error);
}

static void stop(ahttp_response *call)
{
    if (!call->auth)
        return;
    ah_auth_netrc_stop(call->auth);
    ah_auth_program_stop(call->auth);
}

static ah_verdict before(ahttp_response *call, ahttp_error **error)
{
    if (!call->way.is_chosen && call->way.own) {
        choose(call, ah_proxy_ref(call->way.own));
    } else if (!call->way.is_chosen && call->session->proxies.choose) {
        ah_stage_run_soon(call, ask_program);
        return AH_WAIT;
    } else if (!call->way.is_chosen) {
        *error = choose_by_session(call);
        if (*error)
            return AH_FAIL;
        if (may_be_in_netrc(call))
            return ah_auth_netrc_ask(call, use_with_netrc, error);
    }
    return use(call, error);
}

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    const ah_response_head *head = &call->exchange.response;

    if (!call->way.is_forwarded)
        return AH_GO_ON;
    if (call->way.proxy->spec.authorize)
        return ah_auth_program_after(call, error);
    if (head->status != 407)
        ah_proxy_let_in(call->way.proxy, &head->fields);
    if (head->status != 407 || !ah_call_can_send_again(call))
        return AH_GO_ON;
    int answer = ah_proxy_challenged(call->way.proxy, &call->way.login, &head->fields);
    if (answer < 0)
        *error = ah_error_no_memory();
    return answer < 0 ? AH_FAIL : answer ? AH_SEND_AGAIN : AH_GO_ON;
}

static bool hop(const ahttp_response *from, ahttp_response *to)
{
    to->way.own = from->way.own ? ah_proxy_ref(from->way.own) : NULL;
    return true;
}

const ah_stage ah_proxy_stage = {.before = before, .after = after, .stop = stop, .hop = hop};
