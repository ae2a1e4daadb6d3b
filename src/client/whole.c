/* SPDX-License-Identifier: MIT */
/* Whole bodies, as bytes, text and JSON.  A body is collected once and stays where it is: text
   is the same bytes if they are UTF-8 already, and else a copy for each charset. */
#include "base/scan.h"
#include "base/utf8.h"
#include "client/response.h"

struct ah_converted {
    ah_converted *before;
    ah_buf text;
    ah_charset_mode mode;
    size_t charset_len;
    char charset[];
};

enum { WHY_SIZE = 256 };

static const ah_str utf8 = {"utf-8", 5};

void ah_whole_clear(ah_whole *whole)
{
    while (whole->converted) {
        ah_converted *newest = whole->converted;
        whole->converted = newest->before;
        ah_buf_release(&newest->text);
        ah_free(newest);
    }
}

/* ---- Text ---- */

static ah_converted *find_converted(const ah_whole *whole, ah_str charset, ah_charset_mode mode)
{
    ah_converted *one = whole->converted;

    while (one && (one->mode != mode ||
                   !ah_str_equal_nocase(ah_str_make(one->charset, one->charset_len), charset)))
        one = one->before;
    return one;
}

/* Adds to the list what ah_charset_to_utf8 makes of the body. */
static ahttp_error *convert(ahttp_response *response, ah_str charset, ah_charset_mode mode)
{
    ah_converted *one = ah_alloc_zeroed(sizeof *one + charset.len);

    if (!one)
        return ah_error_no_memory();
    one->mode = mode;
    one->charset_len = charset.len;
    memcpy(one->charset, charset.ptr, charset.len);
    ahttp_error *error =
        ah_charset_to_utf8(&one->text, charset, ah_buf_str(&response->body.ready), mode);
    if (!error && !ah_buf_terminate(&one->text))
        error = ah_error_no_memory();
    if (error) {
        ah_buf_release(&one->text);
        ah_free(one);
        return error;
    }
    response->is_plain = false;
    one->before = response->whole.converted;
    response->whole.converted = one;
    return NULL;
}

/* Without the byte order mark at its beginning, if there is one. */
static ah_str skip_mark(ah_str text)
{
    static const ah_str byte_order_mark = {"\xef\xbb\xbf", 3};

    return ah_str_starts_with(text, byte_order_mark)
               ? ah_str_slice(text, byte_order_mark.len, text.len)
               : text;
}

/* *text becomes the body as UTF-8, with a NUL behind it. */
static ahttp_error *get_text(ahttp_response *response, ah_str charset, ah_charset_mode mode,
                             ah_str *text)
{
    *text = ah_buf_str(&response->body.ready);
    bool is_utf8 = charset.ptr == utf8.ptr || ah_charset_is_utf8(charset);
    if (is_utf8 && ah_utf8_is_valid(*text)) {
        *text = skip_mark(*text);
        return NULL;
    }
    if (!find_converted(&response->whole, charset, mode)) {
        ahttp_error *error = convert(response, charset, mode);
        if (error)
            return error;
    }
    *text = ah_buf_str(&find_converted(&response->whole, charset, mode)->text);
    return NULL;
}

/* What Content-Type says in most cases, told apart without reading all of it: no parameter, or
   just the charset that is ours. */
typedef enum type_glance { NAMES_NONE, NAMES_UTF8, NAMES_MORE } type_glance;

/* As most write it.  Behind the first semicolon stands what a scan may read. */
static bool ends_in_utf8(ah_str type)
{
    const ah_str usual = AH_STR("; charset=utf-8");

    if (type.len < usual.len)
        return false;
    const char *end = type.ptr + type.len - usual.len;
    return memcmp(end, usual.ptr, usual.len) == 0 && ah_scan(type.ptr, ';') == end;
}

static type_glance glance_at_type(const ahttp_response *response)
{
    const ah_field *field =
        ah_headers_find(&response->exchange.response.fields, AH_STR("Content-Type"));

    if (!field)
        return NAMES_NONE;
    if (AH_LIKELY(ends_in_utf8(field->value)))
        return NAMES_UTF8;
    size_t semicolon = ah_str_find(field->value, ';');
    if (semicolon == field->value.len)
        return NAMES_NONE;
    ah_str parameter = ah_str_slice(field->value, semicolon + 1, field->value.len);
    return ah_str_equal_nocase(ah_str_trim(parameter), AH_STR("charset=utf-8")) ? NAMES_UTF8
                                                                                : NAMES_MORE;
}

/* ---- Answers ---- */

static void reject(ahttp_response *response, ahttp_error *error)
{
    ah_reading_reject(response, ah_call_error(response, error));
}

/* Whether the body is there, with a NUL behind it.  A read of a body that failed fails. */
static bool is_whole(ahttp_response *response)
{
    if (response->failure) {
        ah_reading_reject(response, ah_error_copy(response->failure));
        return false;
    }
    if (!ah_body_is_complete(&response->body))
        return false;
    if (!ah_buf_terminate(&response->body.ready)) {
        ah_reading_reject(response, ah_error_no_memory());
        return false;
    }
    response->shown = (ahttp_bytes){response->body.ready.data, response->body.ready.len};
    return true;
}

static void answer_bytes(ahttp_response *response)
{
    if (is_whole(response))
        ah_reading_resolve(response, &response->shown, NULL);
}

static void answer_text_in(ahttp_response *response, ah_str charset)
{
    ah_str text;
    ahttp_error *error = get_text(response, charset, response->whole.mode, &text);

    if (error)
        reject(response, error);
    else
        ah_reading_resolve(response, (char *)(uintptr_t)text.ptr, NULL);
}

/* ---- Answers that call the program, and so come from the ready queue ---- */

static void call_program(ahttp_response *response, ah_job_fn *run)
{
    response->job.run = run;
    if (!ah_link_is_in_list(&response->job.link))
        ah_loop_ready(response->session->guest.loop, &response->job);
}

/* Before the program is called, which may do whatever it likes: until it has returned, the read
   is pending and keeps the response; cancelling it only fails the future. */
static ahttp_response *begin_call(ah_job *job)
{
    ahttp_response *response = AH_CONTAINER(job, ahttp_response, job);

    response->reading->cancel = NULL;
    return response;
}

static void run_charset_of(ah_job *job)
{
    ahttp_response *response = begin_call(job);
    const ahttp_session *session = response->session;
    const char *charset = session->charset_of(response, response->shown, session->hooks_ctx);

    answer_text_in(response, charset ? ah_str_from(charset) : utf8);
    ah_response_release(response);
}

static void answer_text(ahttp_response *response)
{
    const ahttp_session *session = response->session;
    ah_str charset = response->whole.charset;

    if (!is_whole(response))
        return;
    type_glance glance = charset.ptr ? NAMES_NONE : glance_at_type(response);
    if (glance == NAMES_UTF8)
        charset = utf8;
    else if (!charset.ptr && (session->charset_of || glance == NAMES_MORE)) {
        const ah_content_type *type = ah_response_type(response);
        if (!type) {
            ah_reading_reject(response, ah_error_no_memory());
            return;
        }
        charset = ah_charset_said_by(type);
    }
    if (charset.ptr || !session->charset_of)
        answer_text_in(response, charset.ptr ? charset : utf8);
    else
        call_program(response, run_charset_of);
}

/* ---- JSON ---- */

static ahttp_error *check_json_type(const ahttp_response *response, const ah_content_type *type)
{
    if (response->whole.any_type || ah_content_type_is_json(type))
        return NULL;
    if (!ahttp_response_header(response, "Content-Type"))
        return ah_error_new(AHTTP_E_CONTENT_TYPE, "read response body as JSON: the response does "
                                                  "not say its content type");
    return ah_error_new(AHTTP_E_CONTENT_TYPE,
                        "read response body as JSON: its content type is %s, neither "
                        "application/json nor +json",
                        type->essence.ptr);
}

/* *text becomes what is to be parsed; empty: nothing. */
static ahttp_error *get_json(ahttp_response *response, ah_str *text)
{
    const ah_content_type *type = ah_response_type(response);

    *text = ah_str_make(NULL, 0);
    if (response->shown.len == 0)
        return NULL;
    if (!type)
        return ah_error_no_memory();
    ahttp_error *error = check_json_type(response, type);
    if (error)
        return error;
    ah_str charset = ah_charset_said_by(type);
    error = get_text(response, charset.ptr ? charset : AH_CHARSET_UTF8, AH_CHARSET_STRICT, text);
    if (!error && text->len == strspn(text->ptr, " \t\r\n"))
        text->len = 0;
    return error;
}

static void run_parse(ah_job *job)
{
    ahttp_response *response = begin_call(job);
    const ah_whole *whole = &response->whole;
    char why[WHY_SIZE] = "";
    void *value = NULL;
    ah_str text;
    ahttp_error *error = get_json(response, &text);

    if (!error && text.len > 0) {
        value = whole->parse(text.ptr, text.len, why, sizeof why);
        if (!value)
            error = ah_error_new(AHTTP_E_JSON, "read response body as JSON: %s",
                                 *why ? why : "it is not valid");
    }
    if (error)
        reject(response, error);
    else
        ah_reading_resolve(response, value, whole->free_value);
    ah_response_release(response);
}

static void answer_json(ahttp_response *response)
{
    if (is_whole(response))
        call_program(response, run_parse);
}

/* ---- Asking ---- */

/* Whether the body is there, and nothing speaks against giving it at once. */
static bool is_at_hand(ahttp_response *response)
{
    ah_response_need(response);

    const ahttp_session *session = response->session;
    ah_body *body = &response->body;
    if (AH_UNLIKELY(!response->is_plain || !body->decoded || response->reading || body->was_taken ||
                    session->guest.checks_thread || !session->guest.loop ||
                    session->max_body_bytes >= 0 || body->ready.len == body->ready.cap))
        return false;
    body->wants_whole = true;
    body->ready.data[body->ready.len] = '\0';
    response->shown = (ahttp_bytes){body->ready.data, body->ready.len};
    return true;
}

static ahttp_future *give_at_once(const ahttp_response *response, const void *result)
{
    ahttp_loop *loop = response->session->guest.loop;
    ahttp_future *future =
        ah_future_resolved_by(loop, (void *)(uintptr_t)result, "ahttp_response_read");

    return AH_LIKELY(future != NULL) ? future : ah_future_failed(loop, ah_error_no_memory());
}

static ahttp_future *read_whole(ahttp_response *response, ah_answer_fn *answer)
{
    if (!response->body.wants_whole) {
        ahttp_error *error = ah_body_want_whole(&response->body, response->session->max_body_bytes);
        if (error)
            ah_reading_fail_body(response, error);
    }
    return ah_reading_begin(response, answer);
}

/* A failed future when the body cannot be read as a whole now; else NULL. */
static ahttp_future *refuse(ahttp_response *response)
{
    ah_response_need(response);

    ahttp_future *refused = ah_reading_refuse(response);

    if (refused || AH_LIKELY(response->stream.total == 0))
        return refused;
    return ah_reading_refuse_for(response, AHTTP_E_STATE,
                                 "part of it was read from the stream already");
}

ahttp_future *ahttp_response_read(ahttp_response *response)
{
    if (AH_LIKELY(is_at_hand(response)))
        return give_at_once(response, &response->shown);
    ahttp_future *refused = refuse(response);
    return refused ? refused : read_whole(response, answer_bytes);
}

/* charset NULL: as the response says. */
static ahttp_future *read_text(ahttp_response *response, const char *charset, ah_charset_mode mode)
{
    ahttp_future *refused = refuse(response);
    ah_whole *whole = &response->whole;

    if (refused)
        return refused;
    whole->charset = ah_str_from(charset);
    whole->mode = mode;
    ahttp_future *future = read_whole(response, answer_text);
    if (charset && response->reading)
        ah_reading_keep(response, &whole->charset);
    return future;
}

/* Text that is UTF-8 as it lies there, as nearly all of it is: else NULL. */
static const char *text_at_hand(const ahttp_response *response)
{
    ah_str text = ah_buf_str(&response->body.ready);
    type_glance glance = glance_at_type(response);

    if (glance == NAMES_MORE || (glance == NAMES_NONE && response->session->charset_of) ||
        !ah_utf8_is_valid(text))
        return NULL;
    return skip_mark(text).ptr;
}

ahttp_future *ahttp_response_text(ahttp_response *response)
{
    const char *text = AH_LIKELY(is_at_hand(response)) ? text_at_hand(response) : NULL;

    if (AH_LIKELY(text != NULL))
        return give_at_once(response, text);
    return read_text(response, NULL, AH_CHARSET_STRICT);
}

ahttp_future *ahttp_response_text_as(ahttp_response *response, const char *charset, bool replace)
{
    return read_text(response, charset, replace ? AH_CHARSET_REPLACE : AH_CHARSET_STRICT);
}

ahttp_future *ahttp_response_json(ahttp_response *response, ahttp_json_parse_fn *parse,
                                  ahttp_free_fn *free_value, bool any_type)
{
    ahttp_future *refused = refuse(response);
    ah_whole *whole = &response->whole;

    if (refused)
        return refused;
    whole->parse = parse;
    whole->free_value = free_value;
    whole->any_type = any_type;
    return read_whole(response, answer_json);
}
