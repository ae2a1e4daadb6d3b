/* SPDX-License-Identifier: MIT */
/* From options to an exchange: checks everything before a byte is sent, and copies what the
   caller keeps. */
#include "client/request.h"
#include "base/mem.h"
#include "client/chain.h"
#include "client/cookie_stage.h"
#include "client/exact_fields.h"
#include "client/hsts_list.h"
#include "client/proxy.h"
#include "client/time_limits.h"
#include "conn/source.h"
#include "http/pairs.h"

static const ahttp_request_options nothing_said;

static ahttp_error *refuse(const char *what, const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "%s: %s", what, why);
}

static bool copy(ahttp_response *call, ah_str text, ah_str *out)
{
    char *kept = ah_arena_copy(&call->arena, text);

    *out = ah_str_make(kept, text.len);
    return kept != NULL;
}

/* ---- URL ---- */

/* Credentials of the base are those of all that is relative to it. */
static const char *join_base(ahttp_response *call, const ah_url *base, ah_str text)
{
    const char *why = ah_url_join(&call->url, &call->arena, base, text);

    if (!why && !ah_url_same_origin(&call->url, base))
        why = "it is relative, and leads to another origin than base_url";
    if (!why)
        call->url.userinfo = base->userinfo;
    return why;
}

static ahttp_error *read_url(ahttp_response *call, const char *url)
{
    const ah_url *base = call->session->base_url;
    ah_str text = ah_str_from(url);

    if (!url)
        return refuse("request URL", "it is NULL");
    const char *why =
        base && !ah_url_scheme_of(text).ptr
            ? join_base(call, base, text)
            : ah_url_parse_next(&call->url, &call->arena, text, &call->session->last_url);
    return why ? ah_url_error(AHTTP_E_URL, "invalid URL", text, why) : NULL;
}

static ahttp_error *change_to_https(ahttp_response *call)
{
    return ah_hsts_change_url(call->session, &call->url, &call->arena) ? NULL
                                                                       : ah_error_no_memory();
}

static ahttp_error *prepare_url(ahttp_response *call, const ahttp_request_options *options)
{
    ahttp_error *error = read_url(call, options->url);

    if (error)
        return error;
    if (options->query && !ah_url_add_query(&call->url, &call->arena, ah_str_from(options->query)))
        return ah_error_no_memory();
    if (options->params && !ah_url_add_params(&call->url, &call->arena, options->params))
        return ah_error_no_memory();
    return change_to_https(call);
}

/* ---- Method and target ---- */

static ahttp_error *prepare_method(ahttp_response *call, const char *given)
{
    ah_str *method = &call->exchange.request.method;

    *method = AH_STR("GET");
    if (!given || ah_str_equal(ah_str_from(given), *method))
        return NULL;
    if (!ah_method_is_valid(ah_str_from(given)))
        return refuse("request method", "it is not a token such as GET");
    return copy(call, ah_str_from(given), method) ? NULL : ah_error_no_memory();
}

static bool is_connect(const ahttp_response *call)
{
    return ah_str_equal(call->exchange.request.method, AH_STR("CONNECT"));
}

/* Who gives all fields as they are gives the target as it is, too: some servers take bytes. */
static bool is_target_char(char c, bool is_exact)
{
    return (c > ' ' && c <= '~') || (is_exact && (unsigned char)c >= 0x80);
}

static ahttp_error *prepare_target(ahttp_response *call, const ahttp_request_options *options)
{
    ah_request_head *head = &call->exchange.request;
    ah_str target = ah_str_from(options->target);

    head->target = call->url.target;
    if (!ah_url_write_host(&call->url, &call->arena, &head->authority))
        return ah_error_no_memory();
    if (!options->target)
        return is_connect(call) ? refuse("request target", "CONNECT needs one, such as host:443")
                                : NULL;
    for (size_t i = 0; i < target.len; i++)
        if (!is_target_char(target.ptr[i], options->fields_text != NULL))
            return refuse("request target", "it has a space, or another character that is none of "
                                            "a URL's");
    if (target.len == 0)
        return refuse("request target", "it is empty");
    if (!copy(call, target, &head->target))
        return ah_error_no_memory();
    if (is_connect(call)) /* RFC 9112 §3.2: Host is what the target says */
        head->authority = head->target;
    return NULL;
}

/* ---- Headers ---- */

/* RFC 9110 §7.8: a name, perhaps with "/" and a version behind it. */
static bool is_protocol(ah_str text)
{
    size_t slash = ah_str_find(text, '/');

    return ah_field_name_is_valid(ah_str_slice(text, 0, slash)) &&
           (slash == text.len || ah_field_name_is_valid(ah_str_slice(text, slash + 1, SIZE_MAX)));
}

static bool add_upgrade(ahttp_response *call, const char *protocol)
{
    ah_exchange *exchange = &call->exchange;

    exchange->request.wants_close = false;
    return copy(call, ah_str_from(protocol), &exchange->upgrade) &&
           ah_headers_add_borrowed(&call->request_fields, AH_STR("Connection"),
                                   AH_STR("Upgrade")) &&
           ah_headers_add_borrowed(&call->request_fields, AH_STR("Upgrade"), exchange->upgrade);
}

static ahttp_error *check_upgrade(const ahttp_request_options *options)
{
    if (!is_protocol(ah_str_from(options->upgrade)))
        return refuse("upgrade", "it is not the name of a protocol, such as websocket");
    if (ah_pairs_have(options->headers, AH_STR("Connection")) ||
        ah_pairs_have(options->headers, AH_STR("Upgrade")))
        return refuse("headers", "Connection and Upgrade follow upgrade, and cannot be given");
    return NULL;
}

/* The library frames the body itself; a second opinion in the head is request smuggling. */
static ahttp_error *check_headers(const ahttp_request_options *options)
{
    const char *name = "";
    const char *wrong = ah_pairs_check(options->headers, &name);

    if (wrong)
        return ah_error_new(AHTTP_E_ARGUMENT, "header \"%s\": %s", name, wrong);
    if (ah_pairs_have(options->headers, AH_STR("Content-Length")) ||
        ah_pairs_have(options->headers, AH_STR("Transfer-Encoding")))
        return refuse("headers", "Content-Length and Transfer-Encoding follow the body, and "
                                 "cannot be given");
    return options->upgrade ? check_upgrade(options) : NULL;
}

/* One header of the call: a few mean something to the library itself. */
static bool add_given(ahttp_response *call, const ahttp_request_options *options,
                      const ahttp_pair *pair)
{
    ah_request_head *head = &call->exchange.request;
    ah_str name = ah_str_from(pair->name);
    ah_str value = ah_str_from(pair->value);

    if (!pair->value)
        return true;
    if (ah_str_equal_nocase(name, AH_STR("Host"))) {
        call->course.has_own_host = true;
        return copy(call, value, &head->authority);
    }
    if (ah_str_equal_nocase(name, AH_STR("Connection")) &&
        ah_str_list_has(value, AH_STR("close"))) {
        head->wants_close = true;
        return true;
    }
    if (ah_str_equal_nocase(name, AH_STR("Expect")) &&
        ah_str_equal_nocase(value, AH_STR("100-continue"))) {
        ah_request_expect(call, options);
        return true;
    }
    return ah_headers_add(&call->request_fields, name, value);
}

/* The session's fields but for the names that the call gives, then the call's own. */
static bool merge_fields(ahttp_response *call, const ahttp_request_options *options, ah_str type,
                         bool has_auth)
{
    const ahttp_headers *defaults = &call->session->fields;
    ahttp_headers *fields = &call->request_fields;

    ah_headers_init(fields, &call->arena);
    for (size_t i = 0; i < defaults->count; i++)
        if (!ah_pairs_have(options->headers, defaults->fields[i].name) &&
            !(has_auth && ah_str_equal_nocase(defaults->fields[i].name, AH_STR("Authorization"))) &&
            !ah_headers_add_borrowed(fields, defaults->fields[i].name, defaults->fields[i].value))
            return false;
    call->course.has_own_type =
        call->session->skips_type || ah_pairs_have(options->headers, AH_STR("Content-Type"));
    if (type.len > 0 && !call->course.has_own_type &&
        !ah_headers_add(fields, AH_STR("Content-Type"), type))
        return false;
    if (options->upgrade && !add_upgrade(call, options->upgrade))
        return false;
    for (const ahttp_pair *pair = options->headers; pair && pair->name; pair++)
        if (!add_given(call, options, pair))
            return false;
    call->own_fields = fields->count;
    call->exchange.request.fields = fields;
    call->exchange.request.fields_text = (ah_str){0};
    return true;
}

bool ah_request_own_fields(ahttp_response *call)
{
    return call->exchange.request.fields == &call->request_fields ||
           merge_fields(call, &nothing_said, ah_str_make(NULL, 0), false);
}

bool ah_request_add_field(ahttp_response *call, ah_str name, ah_str value)
{
    return ah_request_own_fields(call) && ah_headers_add(&call->request_fields, name, value);
}

static void use_session_fields(ahttp_response *call)
{
    ah_request_head *head = &call->exchange.request;

    head->fields = &call->session->fields;
    head->fields_text = call->session->fields_text;
}

static ahttp_error *prepare_fields(ahttp_response *call, const ahttp_request_options *options,
                                   ah_str type)
{
    ah_request_head *head = &call->exchange.request;
    bool has_auth = ah_auth_is_own(call, options);

    head->wants_close = !ah_connector_keeps_alive(call->session->connector);
    head->is_exact = options->fields_text != NULL;
    if (head->is_exact)
        return ah_exact_fields_prepare(call, options);
    if (!options->headers && !has_auth && !head->has_body && !options->upgrade) {
        use_session_fields(call);
        return NULL;
    }
    ahttp_error *error = check_headers(options);
    if (!error && !merge_fields(call, options, type, has_auth))
        error = ah_error_no_memory();
    return error;
}

/* ---- Settings ---- */

static void override(size_t *limit, int given)
{
    if (given > 0)
        *limit = (size_t)given;
}

static bool has_rules(const ahttp_request_options *options)
{
    return (options->max_line_bytes | options->max_field_bytes | options->max_fields |
            options->max_head_bytes | options->max_interim | options->lenient) != 0;
}

/* What the response's head may be. */
static ahttp_error *prepare_rules(ahttp_response *call, ah_call_settings *settings,
                                  const ahttp_request_options *options)
{
    const int given[] = {options->max_line_bytes, options->max_field_bytes, options->max_fields,
                         options->max_head_bytes, options->max_interim};

    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        if (given[i] < 0)
            return refuse("limits of the head", "one is below 0; no head is unlimited");
    ah_response_rules *rules = ah_arena_alloc(&call->arena, sizeof *rules);
    if (!rules)
        return ah_error_no_memory();
    *rules = call->session->rules;
    rules->lenient = rules->lenient || options->lenient;
    override(&rules->max_line, given[0]);
    override(&rules->max_field, given[1]);
    override(&rules->max_fields, given[2]);
    override(&rules->max_head, given[3]);
    override(&rules->max_interim, given[4]);
    ah_response_rules_complete(rules);
    settings->rules = rules;
    return NULL;
}

static ahttp_error *prepare_limits(ahttp_response *call, const ahttp_timeout *own)
{
    const char *wrong = ah_timeout_check(own);

    if (wrong)
        return ah_error_new(AHTTP_E_ARGUMENT,
                            "request time limit: %s is below 0; give milliseconds, or AHTTP_NEVER",
                            wrong);
    call->limits = ah_timeout_merge(own, &call->session->timeout, &call->own_limits);
    call->exchange.limits = ah_timeout_limits_gaps(call->limits) ? call->limits : NULL;
    return NULL;
}

static ahttp_error *prepare_tls(ahttp_response *call, const ahttp_request_options *options)
{
    ah_str name = ah_str_from(options->server_name);

    call->server_name = (ah_str){0};
    if (options->tls)
        call->tls = ahttp_tls_ref(options->tls);
    if (!name.ptr)
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7F)
            return refuse("server_name", "it has a character that is not visible ASCII");
    if (name.len == 0)
        return refuse("server_name", "it is empty");
    return copy(call, name, &call->server_name) ? NULL : ah_error_no_memory();
}

static ah_call_settings settings_of(const ahttp_session *session,
                                    const ahttp_request_options *options)
{
    return (ah_call_settings){
        .on_interim = options->on_interim,
        .on_interim_ctx = options->on_interim_ctx,
        .trace_ctx = options->trace_ctx,
        .secret_headers = session->secret_headers,
        .on_wire = options->on_wire,
        .on_wire_ctx = options->on_wire_ctx,
        .on_progress = options->on_progress,
        .on_progress_ctx = options->on_progress_ctx,
        .read_buffer_bytes =
            options->read_buffer_bytes ? options->read_buffer_bytes : session->read_buffer_bytes,
        .rules = &session->rules,
        .is_chunked = options->chunked,
        .no_decompress = options->no_decompress || session->no_decompress,
        .transfer_codings = options->transfer_codings,
    };
}

/* Fields that are given exactly are no middleware's affair. */
static bool take_middlewares(ahttp_response *call, const ahttp_request_options *options)
{
    call->course.middlewares = options->fields_text ? NULL : call->session->middlewares;
    return !options->middlewares || options->fields_text ||
           ah_middlewares_copy(options->middlewares, &call->arena, &call->course.middlewares);
}

static ahttp_error *prepare_settings(ahttp_response *call, const ahttp_request_options *options)
{
    ah_call_settings *settings = ah_arena_alloc(&call->arena, sizeof *settings);

    if (!settings)
        return ah_error_no_memory();
    *settings = settings_of(call->session, options);
    call->settings = settings;
    ah_raise_prepare(call, settings, options);
    ahttp_error *error = has_rules(options) ? prepare_rules(call, settings, options) : NULL;
    return error ? error : ah_redirect_prepare(call, settings, options);
}

/* All that does not follow from the URL. */
static ahttp_error *prepare_rest(ahttp_response *call, const ahttp_request_options *options,
                                 ah_str *type)
{
    ah_exchange *exchange = &call->exchange;

    call->course = (ah_call_course){.login = NULL};
    exchange->shows_wire = options->on_wire != NULL;
    exchange->request.http_1_0 = options->http_1_0 || call->session->http_1_0;
    exchange->shows_progress = options->on_progress != NULL;
    exchange->upgrade = (ah_str){0};
    ahttp_error *error = ah_request_take_body(call, options, type);
    if (exchange->source)
        call->course.body_replay = exchange->source->replay;
    if (!error && !take_middlewares(call, options))
        error = ah_error_no_memory();
    if (!error)
        error = prepare_limits(call, &options->timeout);
    if (!error)
        error = prepare_tls(call, options);
    if (!error)
        error = prepare_method(call, options->method);
    if (!error)
        error = prepare_settings(call, options);
    if (!error)
        error = ah_proxy_prepare(call, options);
    if (!error)
        error = ah_cookies_prepare(call, options);
    return error;
}

/* ---- A request that says nothing but its URL, and perhaps time limits, as most do ---- */

/* Whether nothing is said between two members. */
static bool is_empty(const ahttp_request_options *options, size_t from, size_t to)
{
    return memcmp((const char *)options + from, (const char *)&nothing_said + from, to - from) == 0;
}

static bool says_only_url(const ahttp_request_options *options, bool *with_limits)
{
    const size_t start = offsetof(ahttp_request_options, params);
    const size_t limits = offsetof(ahttp_request_options, timeout);
    const size_t behind = limits + sizeof options->timeout;

    *with_limits = false;
    if (!ah_request_is_get(options->method))
        return false;
    if (is_empty(options, start, sizeof *options))
        return true;
    *with_limits = true;
    return is_empty(options, start, limits) && is_empty(options, behind, sizeof *options);
}

/* All but what follows from the URL and from time limits is as in the first one. */
static void take_plain(ahttp_response *call, const ah_plain_request *plain)
{
    ah_exchange *exchange = &call->exchange;

    call->settings = &plain->settings;
    call->course = plain->course;
    call->server_name = (ah_str){0};
    exchange->request = plain->head;
    exchange->body = exchange->upgrade = (ah_str){0};
    exchange->expect_100_ms = 0;
    exchange->shows_wire = exchange->shows_progress = false;
    use_session_fields(call);
    ah_call_begin(call);
    call->is_plain = true;
}

static void remember_plain(const ahttp_response *call, ah_plain_request *plain)
{
    const ah_session_auth *auth = &call->session->auth;

    *plain = (ah_plain_request){.settings = *call->settings,
                                .course = call->course,
                                .head = call->exchange.request,
                                .gap_limits = call->exchange.limits,
                                .is_known = true,
                                .goes_straight = !call->course.middlewares &&
                                                 !(call->course.stages & AH_STAGES_BEFORE),
                                .is_anonymous = !auth->login && !auth->trusts_netrc};
    plain->head.wants_close = !ah_connector_keeps_alive(call->session->connector);
    plain->head.is_exact = false;
}

/* ---- All together ---- */

static void begin_response(ahttp_response *call, const ah_call_settings *settings)
{
    ah_response_head_empty(&call->exchange.response, &call->arena);
    ah_body_set_buffer(&call->body, settings->read_buffer_bytes);
}

/* What depends on the URL, which is known. */
static ahttp_error *prepare_for_url(ahttp_response *call, const ahttp_request_options *options,
                                    ah_str type)
{
    ahttp_error *error = prepare_target(call, options);

    if (!error)
        error = ah_auth_prepare(call, options);
    if (!error)
        error = prepare_fields(call, options, type);
    return error;
}

/* limits: those of the request, or NULL. */
static ahttp_error *prepare_plain(ahttp_response *call, const char *url,
                                  const ahttp_timeout *limits)
{
    const ah_plain_request *plain = &call->session->plain;
    ah_request_head *head = &call->exchange.request;
    ahttp_error *error = NULL;

    if (AH_UNLIKELY(!call->is_plain))
        take_plain(call, plain);
    call->limits = &call->session->timeout;
    call->exchange.limits = plain->gap_limits;
    begin_response(call, &plain->settings);
    if (limits)
        error = prepare_limits(call, limits);
    if (!error)
        error = read_url(call, url);
    if (!error)
        error = change_to_https(call);
    if (error)
        return error;
    if (AH_UNLIKELY(!plain->is_anonymous || call->url.userinfo.ptr)) {
        call->is_plain = false;
        return prepare_for_url(call, &nothing_said, (ah_str){0});
    }
    head->target = call->url.target;
    return ah_url_write_host(&call->url, &call->arena, &head->authority) ? NULL
                                                                         : ah_error_no_memory();
}

static ahttp_error *prepare_special(ahttp_response *call, const ahttp_request_options *options,
                                    bool is_first_plain)
{
    ah_str type = {0};

    call->is_plain = false;
    ahttp_error *error = prepare_rest(call, options, &type);
    if (error)
        return error;
    if (is_first_plain)
        remember_plain(call, &call->session->plain);
    ah_call_begin(call);
    begin_response(call, call->settings);
    error = prepare_url(call, options);
    return error ? error : prepare_for_url(call, options, type);
}

ahttp_error *ah_request_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    bool with_limits;
    bool is_plain = says_only_url(options, &with_limits);

    if (AH_LIKELY(is_plain && call->session->plain.is_known))
        return prepare_plain(call, options->url, with_limits ? &options->timeout : NULL);
    return prepare_special(call, options, is_plain && !with_limits);
}

ahttp_error *ah_request_prepare_get(ahttp_response *call, const char *url)
{
    return prepare_plain(call, url, NULL);
}
