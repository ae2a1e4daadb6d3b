/* SPDX-License-Identifier: MIT */
#include "client/cookie_stage.h"
#include "client/hop.h"
#include "client/request.h"
#include "cookies/jar.h"

/* Of the value of Cookie; many servers refuse larger fields.  What does not fit is left out. */
enum { MOST_FIELD_BYTES = 8190 };

/* ---- The request's own cookies ---- */

ahttp_error *ah_cookies_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    const ahttp_cookie_jar *jar = call->session->cookie_jar;
    ah_buf *text = &call->session->cookie_text;
    bool is_connect = ah_str_equal(call->exchange.request.method, AH_STR("CONNECT"));

    call->own_cookies = ah_str_make(NULL, 0);
    call->course.uses_jar = !jar->keeps_nothing && !is_connect;
    if (!options->cookies)
        return NULL;
    ah_buf_clear(text);
    for (const ahttp_pair *pair = options->cookies; pair->name; pair++) {
        const char *why = ah_cookie_write_pair(text, pair, jar->no_quoting);
        if (why)
            return ah_cookie_error(pair->name, why);
    }
    call->own_cookies = ah_str_make(ah_arena_copy(&call->arena, ah_buf_str(text)), text->len);
    call->course.stages |= 1u << AH_STAGE_COOKIES;
    return ah_buf_failed(text) || !call->own_cookies.ptr ? ah_error_no_memory() : NULL;
}

/* Whether cookies, "a=1; b=2", have one of that name. */
static bool have_name(ah_str cookies, ah_str name)
{
    ah_str one;

    while (ah_str_split(&cookies, ';', &one)) {
        one = ah_str_trim(one);
        if (ah_str_equal(ah_str_trim(ah_str_slice(one, 0, ah_str_find(one, '='))), name))
            return true;
    }
    return false;
}

/* Adds each cookie of a Cookie field whose name is not among the first `own` bytes of text. */
static void add_given(ah_buf *text, size_t own, ah_str given)
{
    ah_str one;

    while (ah_str_split(&given, ';', &one)) {
        one = ah_str_trim(one);
        ah_str name = ah_str_trim(ah_str_slice(one, 0, ah_str_find(one, '=')));
        if (one.len == 0 || have_name(ah_str_slice(ah_buf_str(text), 0, own), name))
            continue;
        if (text->len > 0)
            ah_buf_append(text, AH_STR("; "));
        ah_buf_append(text, one);
    }
}

/* A Cookie field that the program gave, or the session, becomes part of the call's own cookies,
   once for all sendings: there must be only one field (RFC 6265 §5.4).  False when out of
   memory. */
static bool take_fields(ahttp_response *call, ah_buf *text)
{
    ahttp_headers *fields = &call->request_fields;
    size_t kept = 0;

    ah_buf_append(text, call->own_cookies);
    size_t own = text->len;
    for (size_t i = 0; i < fields->count; i++) {
        if (ah_str_equal_nocase(fields->fields[i].name, AH_STR("Cookie")))
            add_given(text, own, fields->fields[i].value);
        else
            fields->fields[kept++] = fields->fields[i];
    }
    call->own_fields -= fields->count - kept;
    fields->count = kept;
    call->own_cookies = ah_str_make(ah_arena_copy(&call->arena, ah_buf_str(text)), text->len);
    return !ah_buf_failed(text) && call->own_cookies.ptr;
}

/* ---- The field ---- */

typedef struct field {
    ah_buf *text;
    ah_str own; /* whose names count more than those of the jar */
} field;

static bool add_cookie(const ahttp_cookie *cookie, void *ctx)
{
    field *f = ctx;
    ah_str name = ah_str_from(cookie->name);
    ah_str value = ah_str_from(cookie->value);

    if (have_name(f->own, name) || f->text->len + name.len + value.len + 3 > MOST_FIELD_BYTES)
        return true;
    if (f->text->len > 0)
        ah_buf_append(f->text, AH_STR("; "));
    ah_buf_append(f->text, name);
    ah_buf_append_char(f->text, '=');
    ah_buf_append(f->text, value);
    return true;
}

static int64_t now_of(const ahttp_response *call)
{
    return ah_loop_wall_seconds(call->session->guest.loop);
}

/* Where there is nothing to send, the request keeps the fields of its session. */
static bool add_field(ahttp_response *call)
{
    ahttp_cookie_jar *jar = call->session->cookie_jar;
    field f = {.text = &call->session->cookie_text};

    ah_buf_clear(f.text);
    if (ah_headers_has(call->exchange.request.fields, AH_STR("Cookie")) &&
        (!ah_request_own_fields(call) || !take_fields(call, f.text)))
        return false;
    ah_buf_clear(f.text);
    f.own = call->own_cookies;
    ah_buf_append(f.text, f.own);
    if (call->course.uses_jar)
        jar->type->find(jar, &call->url, now_of(call), add_cookie, &f);
    if (ah_buf_failed(f.text))
        return false;
    return f.text->len == 0 || ah_request_add_field(call, AH_STR("Cookie"), ah_buf_str(f.text));
}

static ah_verdict before(ahttp_response *call, ahttp_error **error)
{
    if (call->exchange.request.is_exact || add_field(call))
        return AH_GO_ON;
    *error = ah_error_no_memory();
    return AH_FAIL;
}

/* ---- The response ---- */

static ah_verdict after(ahttp_response *call, ahttp_error **error)
{
    ahttp_cookie_jar *jar = call->session->cookie_jar;
    const ahttp_headers *fields = &call->exchange.response.fields;
    ah_set_cookie said;

    if (!call->course.uses_jar)
        return AH_GO_ON;
    for (const ah_field *each = ah_headers_find(fields, AH_STR("Set-Cookie")); each;
         each = ah_headers_find_next(fields, each)) {
        if (ah_set_cookie_read(&said, each->value))
            continue;
        if (jar->type->set(jar, &call->url, &said, now_of(call)) == AH_JAR_NO_MEMORY) {
            *error = ah_error_no_memory();
            return AH_FAIL;
        }
    }
    return AH_GO_ON;
}

static bool hop(const ahttp_response *from, ahttp_response *to)
{
    bool stay = from->hop->left_behind & AH_SECRET_COOKIES;

    to->own_cookies = stay ? ah_str_make(NULL, 0) : from->own_cookies;
    return true;
}

const ah_stage ah_cookie_stage = {.before = before, .after = after, .hop = hop};
