/* SPDX-License-Identifier: MIT */
/* Who requests come from, and the stage that says so. */
#include "client/auth.h"
#include "base/mem.h"
#include "client/hop.h"
#include "client/request.h"
#include "http/base64.h"
#include "http/pairs.h"

static ahttp_error *refuse(const char *what, const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "%s: %s", what, why);
}

/* ---- Credentials ---- */

ah_str ah_auth_basic_value(ah_arena *arena, ah_str user_password)
{
    ah_buf plain = {0};
    ah_buf value = {0};
    ah_str kept = {NULL, 0};

    ah_buf_append(&plain, user_password);
    if (ah_str_find(user_password, ':') == user_password.len)
        ah_buf_append_char(&plain, ':');
    ah_buf_append(&value, AH_STR("Basic "));
    ah_base64_encode(&value, ah_buf_str(&plain));
    if (!ah_buf_failed(&plain) && !ah_buf_failed(&value))
        kept = ah_str_make(ah_arena_copy(arena, ah_buf_str(&value)), value.len);
    ah_buf_release(&plain);
    ah_buf_release(&value);
    return kept;
}

/* What stands before "@" in a URL; NULL when out of memory. */
static const ah_login *login_of_userinfo(ah_arena *arena, ah_str userinfo)
{
    ah_login *login = ah_arena_alloc(arena, sizeof *login);
    ah_buf plain = {0};

    ah_url_percent_decode(&plain, userinfo);
    if (login) {
        *login = (ah_login){.kind = AH_LOGIN_VALUE};
        login->value = ah_auth_basic_value(arena, ah_buf_str(&plain));
    }
    bool done = login && !ah_buf_failed(&plain) && login->value.ptr;
    ah_buf_release(&plain);
    return done ? login : NULL;
}

/* ---- Options ---- */

/* What those of sessions and of requests have in common. */
typedef struct given {
    const char *auth, *bearer, *digest_auth;
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    bool digest_waits;
} given;

static int count(const given *options)
{
    return (options->auth != NULL) + (options->bearer != NULL) + (options->digest_auth != NULL) +
           (options->authorize != NULL);
}

static bool is_token(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

static ah_str bearer_value(ah_arena *arena, ah_str token)
{
    ah_str scheme = AH_STR("Bearer ");
    char *text = ah_arena_alloc(arena, scheme.len + token.len + 1);

    if (!text)
        return ah_str_make(NULL, 0);
    memcpy(text, scheme.ptr, scheme.len);
    memcpy(text + scheme.len, token.ptr, token.len + 1);
    return ah_str_make(text, scheme.len + token.len);
}

static bool split_user(ah_login *login, ah_arena *arena, ah_str text)
{
    char *copy = ah_arena_copy(arena, text);
    size_t colon = ah_str_find(text, ':');

    if (!copy)
        return false;
    login->user = ah_str_make(copy, colon);
    login->password = ah_str_slice(ah_str_make(copy, text.len), colon + 1, text.len);
    return true;
}

/* One option is given; its texts go to arena. */
static ahttp_error *read_login(ah_login *login, ah_arena *arena, const given *options)
{
    bool done = true;

    *login = (ah_login){.kind = AH_LOGIN_VALUE};
    if (options->bearer && !is_token(ah_str_from(options->bearer)))
        return refuse("bearer", "a token has visible characters of ASCII only, and at least one");
    if (options->auth)
        login->value = ah_auth_basic_value(arena, ah_str_from(options->auth));
    else if (options->bearer)
        login->value = bearer_value(arena, ah_str_from(options->bearer));
    else if (options->digest_auth) {
        login->kind = AH_LOGIN_DIGEST;
        login->waits = options->digest_waits;
        done = split_user(login, arena, ah_str_from(options->digest_auth));
    } else {
        login->kind = AH_LOGIN_PROGRAM;
        login->authorize = options->authorize;
        login->authorize_ctx = options->authorize_ctx;
    }
    done = done && (login->kind != AH_LOGIN_VALUE || login->value.ptr);
    return done ? NULL : ah_error_no_memory();
}

/* ---- The session's ---- */

static const char *set_origin(ah_session_auth *auth, ah_str url)
{
    return ah_url_parse(&auth->origin, &auth->arena, url);
}

ahttp_error *ah_auth_init_session(ah_session_auth *auth, const ahttp_session_options *options)
{
    const given own = {options->auth,      options->bearer,        options->digest_auth,
                       options->authorize, options->authorize_ctx, options->digest_only_when_asked};

    ah_list_init(&auth->spaces);
    auth->trusts_netrc = options->trust_env;
    if (count(&own) > 1)
        ah_misuse("ahttp_session_create: give one of auth, bearer, digest_auth and authorize");
    if (count(&own) > 0 && ah_pairs_have(options->headers, AH_STR("Authorization")))
        ah_misuse("ahttp_session_create: give a header Authorization, or one of auth, bearer, "
                  "digest_auth and authorize");
    if (count(&own) == 0)
        return NULL;
    ahttp_error *error = read_login(&auth->own, &auth->arena, &own);
    if (error)
        return error;
    auth->login = &auth->own;
    ah_str url = ah_str_from(options->credentials_for);
    const char *why = url.ptr ? set_origin(auth, url) : NULL;
    return why ? ah_url_error(AHTTP_E_URL, "credentials_for", url, why) : NULL;
}

void ah_auth_release_session(ah_session_auth *auth)
{
    if (auth->spaces.head.next)
        ah_auth_spaces_release(&auth->spaces);
    ah_arena_release(&auth->arena);
    ah_buf_release(&auth->netrc);
}

/* What session or file say of a URL that brings nothing itself, or NULL.  False when out of
   memory. */
static bool choose(ahttp_session *session, const ah_url *url, const ah_login **login)
{
    static const ah_login netrc = {.kind = AH_LOGIN_NETRC};
    ah_session_auth *auth = &session->auth;

    *login = auth->trusts_netrc ? &netrc : NULL;
    if (!auth->login)
        return true;
    if (!auth->origin.host.ptr && set_origin(auth, url->safe))
        return false;
    if (ah_url_same_origin(&auth->origin, url))
        *login = auth->login;
    return true;
}

/* ---- The request's ---- */

static given given_by(const ahttp_request_options *options)
{
    return (given){options->auth,      options->bearer,        options->digest_auth,
                   options->authorize, options->authorize_ctx, options->digest_only_when_asked};
}

bool ah_auth_is_given(const ahttp_request_options *options)
{
    return options->auth || options->bearer || options->digest_auth || options->authorize;
}

bool ah_auth_is_own(const ahttp_response *call, const ahttp_request_options *options)
{
    return ah_auth_is_given(options) || call->url.userinfo.ptr;
}

static ahttp_error *read_own(ahttp_response *call, const given *options, const ah_login **to)
{
    ah_login *login;

    if (count(options) > 1)
        return refuse("credentials",
                      "more than one of auth, bearer, digest_auth and authorize is given");
    if (count(options) == 0) {
        *to = login_of_userinfo(&call->arena, call->url.userinfo);
        return *to ? NULL : ah_error_no_memory();
    }
    *to = login = ah_arena_alloc(&call->arena, sizeof *login);
    return login ? read_login(login, &call->arena, options) : ah_error_no_memory();
}

static void use(ahttp_response *call, const ah_login *login)
{
    call->course.login = login;
    if (login)
        call->course.stages |= 1u << AH_STAGE_AUTH;
}

static ahttp_error *find_login(ahttp_response *call, const ahttp_request_options *options,
                               bool is_own, const ah_login **login)
{
    const given own = given_by(options);
    bool has_field = ah_pairs_have(options->headers, AH_STR("Authorization"));

    if (is_own && has_field)
        return refuse("headers", "Authorization is given, and so are credentials by an option or "
                                 "by the URL");
    if (is_own)
        return read_own(call, &own, login);
    if (has_field || ah_headers_has(&call->session->fields, AH_STR("Authorization")))
        return NULL;
    return choose(call->session, &call->url, login) ? NULL : ah_error_no_memory();
}

ahttp_error *ah_auth_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    const ah_session_auth *auth = &call->session->auth;
    bool is_own = ah_auth_is_own(call, options);
    const ah_login *login = NULL;

    if (options->fields_text || (!is_own && !auth->login && !auth->trusts_netrc))
        return NULL;
    ahttp_error *error = find_login(call, options, is_own, &login);
    if (!error)
        use(call, login);
    return error;
}

/* What stands in the URL of `from` was heeded there, or an option counted more. */
bool ah_auth_hop(const ahttp_response *from, ahttp_response *to)
{
    const ah_login *login = NULL;
    bool done = true;

    to->course.stages &= ~(1u << AH_STAGE_AUTH);
    if (to->url.userinfo.ptr && to->url.userinfo.ptr != from->url.userinfo.ptr) {
        login = login_of_userinfo(&to->arena, to->url.userinfo);
        done = login != NULL;
    } else if (!(from->hop->left_behind & AH_SECRET_CREDENTIALS)) {
        login = from->course.login;
    } else {
        done = choose(to->session, &to->url, &login);
    }
    use(to, login);
    return done;
}

/* ---- Calls ---- */

ah_auth *ah_auth_of(ahttp_response *call)
{
    if (!call->auth) {
        call->auth = ah_arena_alloc(&call->arena, sizeof *call->auth);
        if (call->auth)
            *call->auth = (ah_auth){.space = NULL};
    }
    return call->auth;
}

void ah_auth_release_call(ahttp_response *call)
{
    ah_auth *auth = call->auth;

    if (!auth)
        return;
    call->auth = NULL;
    ah_auth_space_unref(auth->space);
    ah_buf_release(&auth->read);
}

/* ---- The stage ---- */

ah_verdict ah_auth_no_memory(ahttp_error **error)
{
    *error = ah_error_no_memory();
    return AH_FAIL;
}

ah_verdict ah_auth_send_again(const ahttp_response *call, ahttp_error **error)
{
    if (ah_call_can_send_again(call))
        return AH_SEND_AGAIN;
    *error = ah_error_new(AHTTP_E_BODY_ONCE,
                          "log in after a response of %d: that needs the request's body once more, "
                          "which can be sent only once",
                          call->exchange.response.status);
    return AH_FAIL;
}

static ah_verdict before(ahttp_response *call, ahttp_error **error)
{
    const ah_login *login = call->course.login;

    switch (login->kind) {
    case AH_LOGIN_VALUE:
        if (!ah_request_add_field(call, AH_STR("Authorization"), login->value))
            return ah_auth_no_memory(error);
        break;
    case AH_LOGIN_DIGEST: return ah_auth_digest_before(call, error);
    case AH_LOGIN_PROGRAM: return ah_auth_program_before(call, error);
    case AH_LOGIN_NETRC: return ah_auth_netrc_before(call, error);
    }
    return AH_GO_ON;
}

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    switch (call->course.login->kind) {
    case AH_LOGIN_DIGEST: return ah_auth_digest_after(call, error);
    case AH_LOGIN_PROGRAM: return ah_auth_program_after(call, error);
    default: return AH_GO_ON;
    }
}

static void stop(ahttp_response *call)
{
    if (!call->auth)
        return;
    ah_auth_program_stop(call->auth);
    ah_auth_netrc_stop(call->auth);
    ah_auth_body_stop(call->auth);
}

const ah_stage ah_auth_stage = {.before = before, .after = after, .stop = stop};
