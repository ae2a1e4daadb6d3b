/* SPDX-License-Identifier: MIT */
#include "client/exact_fields.h"
#include "bodies/source.h"

static ahttp_error *refuse(const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "fields_text: %s", why);
}

static bool take_line(ah_str *rest, ah_str *line)
{
    size_t len = ah_str_find(*rest, '\n');

    if (len == rest->len)
        return false;
    *line = ah_str_slice(*rest, 0, len);
    *rest = ah_str_slice(*rest, len + 1, SIZE_MAX);
    return true;
}

/* Whether a line is one field, and the CR that ends it. */
static bool is_field(ah_str line)
{
    size_t colon = ah_str_find(line, ':');

    return colon > 0 && colon < line.len && ah_str_find(line, '\r') == line.len - 1;
}

const char *ah_exact_lines_check(ah_str text)
{
    ah_str line;

    while (take_line(&text, &line))
        if (!is_field(line))
            return "a line is no field, a name, a colon and a value with CR LF behind it";
    return text.len > 0 ? "the last line does not end in CR LF" : NULL;
}

/* The value, if the line is of that name. */
static bool has_name(ah_str line, ah_str name, ah_str *value)
{
    size_t colon = ah_str_find(line, ':');

    *value = ah_str_trim(ah_str_slice(line, colon + 1, SIZE_MAX));
    return ah_str_equal_nocase(ah_str_slice(line, 0, colon), name);
}

/* What the library itself has to know of the fields; and as a list they are there for all who look
   at them: logs, traces, and who asks whether a request may be sent once more. */
static bool heed(ahttp_response *call, const ahttp_request_options *options, ah_str line)
{
    ah_request_head *head = &call->exchange.request;
    size_t colon = ah_str_find(line, ':');
    ah_str value;

    if (has_name(line, AH_STR("Connection"), &value) && ah_str_list_has(value, AH_STR("close")))
        head->wants_close = true;
    if (has_name(line, AH_STR("Transfer-Encoding"), &value) &&
        ah_str_list_has(value, AH_STR("chunked")))
        head->says_chunked = true;
    if (has_name(line, AH_STR("Expect"), &value) &&
        ah_str_equal_nocase(value, AH_STR("100-continue")))
        ah_request_expect(call, options);
    return ah_headers_add(&call->request_fields, ah_str_slice(line, 0, colon),
                          ah_str_trim(ah_str_slice(line, colon + 1, SIZE_MAX)));
}

ahttp_error *ah_exact_fields_prepare(ahttp_response *call, const ahttp_request_options *options)
{
    ah_request_head *head = &call->exchange.request;
    ah_str rest = ah_str_from(options->fields_text);
    ah_str line;

    if (options->headers || ah_auth_is_given(options) || options->upgrade || options->cookies)
        return refuse("headers, auth, upgrade or cookies are given as well");
    if (options->redirects == AHTTP_REDIRECTS_FOLLOW || options->on_redirect)
        return refuse("redirects cannot be followed with them; ask again for the Location");
    if (options->middlewares && (options->middlewares->fn || options->middlewares->task))
        return refuse("middlewares are given as well, which could not change them");
    ah_headers_init(&call->request_fields, &call->arena);
    head->fields = &call->request_fields;
    head->says_chunked = false;
    head->fields_text = ah_str_make(ah_arena_copy(&call->arena, rest), rest.len);
    if (!head->fields_text.ptr)
        return ah_error_no_memory();
    const char *why = ah_exact_lines_check(rest);
    if (why)
        return refuse(why);
    while (take_line(&rest, &line))
        if (!heed(call, options, ah_str_slice(line, 0, line.len - 1)))
            return ah_error_no_memory();
    call->own_fields = call->request_fields.count;
    if (head->says_chunked && call->exchange.body.len > 0)
        return refuse("for a chunked body, give it by body");
    return NULL;
}

void ah_exact_fields_describe(ahttp_response *call)
{
    ah_request_head *head = &call->exchange.request;

    if (call->exchange.source)
        head->body_length = head->says_chunked ? -1 : call->exchange.source->length;
}
