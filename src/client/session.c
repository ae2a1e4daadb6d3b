/* SPDX-License-Identifier: MIT */
#include "client/session.h"
#include "base/mem.h"
#include "base/options.h"
#include "client/chain.h"
#include "client/proxy.h"
#include "client/request.h"
#include "client/secret_headers.h"
#include "client/time_limits.h"
#include "http/coding.h"
#include "http/h1_writer.h"
#include "http/pairs.h"
#include "loop/log.h"
#include <ahttp/version.h>

/* ---- Headers of all requests ---- */

static bool add_automatic(ahttp_session *session, const ahttp_pair *given, ah_str name,
                          ah_str value)
{
    return ah_pairs_have(given, name) || ah_headers_add(&session->fields, name, value);
}

/* The text of earlier requests stays. */
static bool write_fields(ahttp_session *session)
{
    ah_buf text = {0};

    ah_h1_write_fields(&text, &session->fields);
    const char *kept =
        ah_buf_failed(&text) ? NULL : ah_arena_copy(&session->arena, ah_buf_str(&text));
    if (kept)
        session->fields_text = ah_str_make(kept, text.len);
    ah_buf_release(&text);
    return kept;
}

/* What a plain request left in its block are the fields as they were. */
static void forget_plain(const ah_list *blocks)
{
    AH_LIST_FOR_EACH(link, blocks)
    {
        AH_CONTAINER(link, ahttp_response, link)->is_plain = false;
    }
}

/* Out of memory, it stays as it is; a later one will try again. */
static void announce(ahttp_session *session, ah_str codings)
{
    ahttp_headers *fields = &session->fields;
    const ah_field *field = ah_headers_find(fields, AH_STR("Accept-Encoding"));
    ah_str *value = &fields->fields[field - fields->fields].value;
    ah_str before = *value;

    if (ah_str_equal(before, codings))
        return;
    *value = codings;
    if (!write_fields(session))
        *value = before;
}

void ah_session_announce_codings(ahttp_session *session)
{
    if (session->has_own_codings)
        return;
    announce(session, ah_coding_accepted());
    forget_plain(&session->blocks);
    forget_plain(&session->rests);
}

static bool make_fields(ahttp_session *session, const ahttp_session_options *options)
{
    const char *agent = options->user_agent ? options->user_agent : "libahttp/" AHTTP_VERSION;
    const ahttp_pair *given = options->headers;

    ah_headers_init(&session->fields, &session->arena);
    if (!add_automatic(session, given, AH_STR("Accept"), AH_STR("*/*")) ||
        !add_automatic(session, given, AH_STR("Accept-Encoding"), ah_coding_accepted()) ||
        !add_automatic(session, given, AH_STR("User-Agent"), ah_str_from(agent)))
        return false;
    session->has_own_codings = ah_pairs_have(given, AH_STR("Accept-Encoding"));
    session->skips_type = ah_pairs_have(given, AH_STR("Content-Type"));
    for (const ahttp_pair *pair = given; pair && pair->name; pair++)
        if (pair->value &&
            !ah_headers_add(&session->fields, ah_str_from(pair->name), ah_str_from(pair->value)))
            return false;
    return write_fields(session);
}

static ahttp_error *check_fields(const ahttp_session_options *options)
{
    const ahttp_pair agent[] = {{"User-Agent", options->user_agent}, {NULL, NULL}};
    ahttp_error *error = ah_pairs_check_added(options->headers, "headers");

    return error ? error : ah_pairs_check_added(agent, "user_agent");
}

/* ---- base_url ---- */

static const char *read_base_url(ah_url *url, ah_arena *arena, ah_str text)
{
    const char *why = ah_url_parse(url, arena, text);

    if (!why && ah_str_find(url->target, '?') < url->target.len)
        why = "it has a query; give a path that ends in \"/\"";
    if (!why && url->target.ptr[url->target.len - 1] != '/')
        why = "its path does not end in \"/\"";
    return why;
}

static ahttp_error *take_base_url(ahttp_session *session, const char *text)
{
    if (!text)
        return NULL;
    ah_url *url = ah_arena_alloc(&session->arena, sizeof *url);
    const char *why =
        url ? read_base_url(url, &session->arena, ah_str_from(text)) : AH_URL_NO_MEMORY;
    session->base_url = url;
    return why ? ah_url_error(AHTTP_E_URL, "base_url", ah_str_from(text), why) : NULL;
}

/* ---- Limits ---- */

static void refuse_nonsense(const ahttp_session_options *options)
{
    if (options->max_line_bytes < 0 || options->max_field_bytes < 0 || options->max_fields < 0 ||
        options->max_head_bytes < 0 || options->max_interim < 0)
        ah_misuse("ahttp_session_create: give limits of heads above 0, or 0 for the default; no "
                  "head is unlimited");
    if (options->read_buffer_bytes < 0)
        ah_misuse("ahttp_session_create: give read_buffer_bytes above 0, or 0 for the default");
    if (ah_timeout_check(&options->timeout))
        ah_misuse("ahttp_session_create: give time limits above 0 ms, or AHTTP_NEVER");
}

static ah_response_rules rules_of(const ahttp_session_options *options)
{
    ah_response_rules rules = {.max_line = (size_t)options->max_line_bytes,
                               .max_field = (size_t)options->max_field_bytes,
                               .max_fields = (size_t)options->max_fields,
                               .max_head = (size_t)options->max_head_bytes,
                               .max_interim = (size_t)options->max_interim,
                               .lenient = options->lenient,
                               .http_0_9 = options->http_0_9,
                               .until_close = options->until_close,
                               .keep_chunks = options->keep_chunks};

    ah_response_rules_complete(&rules);
    return rules;
}

/* ---- Life ---- */

static void free_session(ahttp_session *session)
{
    ah_link *link;

    while ((link = ah_list_first(&session->blocks)))
        ah_response_free(AH_CONTAINER(link, ahttp_response, link));
    ah_arena_store_release(&session->arenas);
    ah_guest_leave(&session->guest);
    ah_trace_list_end(session->traces);
    ah_proxy_release_session(session);
    ahttp_connector_unref(session->connector);
    ahttp_hsts_unref(session->hsts);
    ahttp_cookie_jar_unref(session->cookie_jar);
    ah_buf_release(&session->cookie_text);
    ah_auth_release_session(&session->auth);
    ah_arena_release(&session->arena);
    ah_free(session);
}

static bool take_connector(ahttp_session *session, const ahttp_session_options *options)
{
    ahttp_connector_options own = {.size = sizeof own, .loop = options->loop};

    session->owns_connector = !options->connector;
    session->connector =
        options->connector ? ahttp_connector_ref(options->connector) : ahttp_connector_create(&own);
    return session->connector != NULL;
}

static ahttp_error *set_cookie(ahttp_cookie_jar *jar, const char *url, const ahttp_pair *pair)
{
    const ahttp_cookie cookie = {
        .size = sizeof cookie, .name = pair->name, .value = pair->value, .path = "/"};
    const char *why;
    int rc = ahttp_cookie_jar_set(jar, url, &cookie, &why);

    if (rc == 0)
        return NULL;
    if (rc == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    return rc == AHTTP_E_URL ? ah_url_error(rc, "cookies_url", ah_str_from(url), why)
                             : ah_cookie_error(pair->name, why);
}

static ahttp_error *take_cookie_jar(ahttp_session *session, const ahttp_session_options *options)
{
    const char *url = options->cookies_url ? options->cookies_url : options->base_url;
    ahttp_error *error = NULL;

    session->cookie_jar = options->cookie_jar ? ahttp_cookie_jar_ref(options->cookie_jar)
                                              : ahttp_cookie_jar_create(NULL);
    if (!session->cookie_jar)
        return ah_error_no_memory();
    for (const ahttp_pair *pair = options->cookies; !error && pair && pair->name; pair++)
        error = url ? set_cookie(session->cookie_jar, url, pair)
                    : ah_error_new(AHTTP_E_ARGUMENT,
                                   "cookies: whose they are is not said; give cookies_url");
    return error;
}

/* The session must not go meanwhile. */
static void stop_rests(ahttp_session *session)
{
    ah_link *link;

    while ((link = ah_list_first(&session->rests)))
        ah_rest_stop(AH_CONTAINER(link, ahttp_response, link));
}

void ah_session_tidy(ahttp_session *session)
{
    if (session->refs > 0 || session->recycled_count < session->block_count)
        return;
    session->refs++;
    stop_rests(session);
    free_session(session);
}

/* Failing one may free it, and others. */
static void fail_calls(ahttp_session *session)
{
    ah_list all;

    ah_list_init(&all);
    ah_list_splice(&all, &session->blocks);
    for (ah_link *link; (link = ah_list_take_first(&all));) {
        ahttp_response *call = AH_CONTAINER(link, ahttp_response, link);
        ah_list_append(&session->blocks, link);
        if (!ah_response_is_over(call))
            ah_call_fail(call, ah_error_new(AHTTP_E_CLOSED, "the session was closed"));
    }
}

/* The session must not go meanwhile. */
static void shut(ahttp_session *session)
{
    session->closed = true;
    fail_calls(session);
    stop_rests(session);
    AH_LIST_FOR_EACH(link, &session->blocks)
    {
        ah_tunnel_close(&AH_CONTAINER(link, ahttp_response, link)->exchange.tunnel);
    }
}

static void report_responses(const ahttp_session *session)
{
    AH_LIST_FOR_EACH(link, &session->blocks)
    {
        const ahttp_response *response = AH_CONTAINER(link, const ahttp_response, link);
        if (response->refs > 0)
            ah_report(response->session->guest.loop, "Unclosed response: %s %s",
                      ahttp_response_method(response), ahttp_response_url(response));
    }
}

static void close_guest(ah_guest *guest)
{
    ahttp_session *session = AH_CONTAINER(guest, ahttp_session, guest);

    if (session->refs > 0 && !session->closed)
        ah_guest_report(guest);
    report_responses(session);
    ahttp_session_ref(session);
    shut(session);
    if (session->owns_connector)
        ah_connector_shut(session->connector);
    ahttp_session_unref(session);
}

static bool take_traces(ahttp_session *session, const ahttp_session_options *options)
{
    session->is_traced = options->timings || options->traces;
    session->traces = options->traces ? ah_trace_list_new(options->traces) : NULL;
    return session->traces || !options->traces;
}

/* What takes memory, and may be wrong.  NULL, or why there is no session. */
static ahttp_error *take_options(ahttp_session *session, const ahttp_session_options *options)
{
    ahttp_error *error = check_fields(options);

    if (!error)
        error = take_base_url(session, options->base_url);
    if (!error)
        error = ah_secret_headers_take(NULL, options->secret_headers, &session->arena,
                                       &session->secret_headers);
    if (!error &&
        (!make_fields(session, options) || !take_connector(session, options) ||
         !ah_middlewares_copy(options->middlewares, &session->arena, &session->middlewares) ||
         !ah_proxy_take_session(session, options) || !take_traces(session, options)))
        error = ah_error_no_memory();
    if (!error)
        error = take_cookie_jar(session, options);
    return error ? error : ah_auth_init_session(&session->auth, options);
}

static void *not_made(const ahttp_session_options *options, ahttp_error *error)
{
    ahttp_loop *loop = options->loop ? options->loop : ahttp_loop_current();

    if (options->connector)
        loop = ah_connector_loop(options->connector);
    return ah_log_not_made(loop, "session", error);
}

ahttp_session *ahttp_session_create(const ahttp_session_options *given)
{
    ahttp_session_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return not_made(&options, ah_options_error("options"));
    refuse_nonsense(&options);
    if (!options.credentials_for)
        options.credentials_for = options.base_url;
    ahttp_session *session = AH_NEW(ahttp_session);
    if (!session)
        return not_made(&options, ah_error_no_memory());
    session->refs = 1;
    ah_list_init(&session->blocks);
    ah_list_init(&session->rests);
    ahttp_error *error = take_options(session, &options);
    if (error) {
        free_session(session);
        return not_made(&options, error);
    }
    session->guest =
        (ah_guest){.what = "client session", .made_at = options.made_at, .close = close_guest};
    ah_guest_enter(&session->guest, ah_connector_loop(session->connector));
    session->closed = !session->guest.loop;
    session->timeout = options.timeout;
    ah_timeout_complete(&session->timeout);
    session->max_body_bytes = options.max_body_bytes ? options.max_body_bytes : AHTTP_UNLIMITED;
    session->rules = rules_of(&options);
    session->coding_limits.max_ratio = options.max_decode_ratio;
    session->charset_of = options.charset_of;
    session->json_dump = options.json_dump;
    session->hooks_ctx = options.hooks_ctx;
    session->no_decompress = options.no_decompress;
    session->http_1_0 = options.http_1_0;
    session->read_buffer_bytes = options.read_buffer_bytes;
    session->raise_for_status = options.raise_for_status;
    session->raise_if = options.raise_if;
    session->raise_if_ctx = options.raise_if_ctx;
    session->hsts = options.hsts ? ahttp_hsts_ref(options.hsts) : NULL;
    session->redirects = options.redirects;
    session->on_redirect = options.on_redirect;
    session->on_redirect_ctx = options.on_redirect_ctx;
    session->redirect_rules = (ah_redirect_rules){.most = options.max_redirects,
                                                  .refuse_downgrade = options.no_downgrade};
    return session;
}

ahttp_session *ahttp_session_ref(ahttp_session *session)
{
    session->refs++;
    return session;
}

void ahttp_session_unref(ahttp_session *session)
{
    if (!session)
        return;
    ah_guest_check_thread(&session->guest, "ahttp_session_unref");
    session->refs--;
    ah_session_tidy(session);
}

ahttp_future *ahttp_session_close(ahttp_session *session)
{
    ahttp_loop *loop = ah_guest_need_loop(
        &session->guest, "ahttp_session_close: the session's loop was closed, and the session "
                         "with it; there is no loop for the future");

    ah_loop_check_thread(loop, "ahttp_session_close");
    ahttp_session_ref(session);
    shut(session);
    ahttp_future *gone =
        session->owns_connector ? ahttp_connector_close(session->connector) : ah_future_new(loop);
    if (!gone)
        gone = ah_future_failed(loop, ah_error_no_memory());
    else if (!session->owns_connector)
        ah_future_resolve(gone, NULL, NULL);
    ahttp_session_unref(session);
    return gone;
}

ahttp_connector *ahttp_session_connector(ahttp_session *session)
{
    return session->connector;
}

ahttp_cookie_jar *ahttp_session_cookie_jar(ahttp_session *session)
{
    return session->cookie_jar;
}

/* ---- Sending ---- */

static AH_COLD ahttp_future *fail_unsent(ahttp_session *session, ahttp_future *future)
{
    if (!future)
        return ah_future_failed(session->guest.loop, ah_error_no_memory());
    ah_future_reject(future, ah_error_no_memory());
    return future;
}

/* A block whose promise is the future, or NULL: out of memory. */
static ahttp_response *new_call(ahttp_session *session, ahttp_future *future)
{
    ahttp_response *call = future ? ah_response_new(session) : NULL;

    if (AH_LIKELY(call != NULL))
        ah_call_take_promise(call, future);
    return call;
}

static void start(ahttp_response *call, ahttp_error *error)
{
    if (AH_UNLIKELY(error != NULL))
        ah_call_refuse(call, error);
    else
        ah_call_start(call);
}

static ahttp_future *send_any(ahttp_session *session, const ahttp_request_options *options)
{
    ahttp_future *future = ah_future_new_by(session->guest.loop, "ahttp_session_send");
    ahttp_response *call = new_call(session, future);

    if (AH_UNLIKELY(!call)) {
        ah_request_free_bodies(options);
        return fail_unsent(session, future);
    }
    start(call, ah_request_prepare(call, options));
    return future;
}

static ahttp_future *send_get(ahttp_session *session, const char *url)
{
    ahttp_future *future = ah_future_new_by(session->guest.loop, "ahttp_session_request");
    ahttp_response *call = new_call(session, future);

    if (AH_UNLIKELY(!call))
        return fail_unsent(session, future);
    start(call, ah_request_prepare_get(call, url));
    return future;
}

/* Options of another version, a session that was closed or never made, debug mode. */
static AH_COLD ahttp_future *send_with_care(ahttp_session *session,
                                            const ahttp_request_options *given)
{
    if (!session)
        ah_misuse(
            "ahttp_session_send: the session is NULL; ahttp_session_create gives that where "
            "memory is short, and where an option cannot be used; AHTTP_LOG=warning tells which");

    ahttp_request_options room;
    const ahttp_request_options *options =
        given ? ah_options_view(&room, sizeof room, given) : NULL;
    ahttp_loop *loop = ah_guest_need_loop(
        &session->guest, "ahttp_session_send: the session's loop was closed, and the session with "
                         "it; there is no loop for the future");

    ah_loop_check_thread(loop, "ahttp_session_send");
    if (!options)
        return ah_future_failed(
            loop, ah_error_new(AHTTP_E_ARGUMENT,
                               "send request: options->size is not set; use the macros, or set it "
                               "to sizeof(ahttp_request_options)"));
    if (session->closed) {
        ah_request_free_bodies(options);
        return ah_future_failed(
            loop, ah_error_new(AHTTP_E_CLOSED, "send request: the session was closed before"));
    }
    return send_any(session, options);
}

ahttp_future *ahttp_session_send(ahttp_session *session, const ahttp_request_options *given)
{
    if (AH_UNLIKELY(!session || !given || given->size != sizeof *given || session->closed ||
                    session->guest.checks_thread))
        return send_with_care(session, given);
    return send_any(session, given);
}

static AH_COLD ahttp_future *send_with_options(ahttp_session *session, const char *method,
                                               const char *url)
{
    return ahttp_session_send(
        session, &(ahttp_request_options){
                     .size = sizeof(ahttp_request_options), .method = method, .url = url});
}

ahttp_future *ahttp_session_request(ahttp_session *session, const char *method, const char *url)
{
    if (AH_UNLIKELY(!session || !session->plain.is_known || !ah_request_is_get(method) ||
                    session->closed || session->guest.checks_thread))
        return send_with_options(session, method, url);
    return send_get(session, url);
}
