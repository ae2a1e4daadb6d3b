/* SPDX-License-Identifier: MIT */
/* The body of a request, from its options: bytes in memory, which go out with the head, or a
   source that is pulled. */
#include "base/mem.h"
#include "bodies/source.h"
#include "client/exact_fields.h"
#include "client/request.h"
#include "http/encoder.h"
#include "http/form.h"
#include "http/pairs.h"
#include <stdlib.h>

static ahttp_error *refuse(const char *what, const char *why)
{
    return ah_error_new(AHTTP_E_ARGUMENT, "%s: %s", what, why);
}

/* ---- Bytes ---- */

/* Bytes of the caller, or made here. */
typedef struct given_bytes {
    ah_str bytes;
    const char *type;
    ah_buf made;
} given_bytes;

static ahttp_error *dump_json(const ahttp_session *session, const void *value, ah_buf *out)
{
    if (!session->json_dump)
        return refuse("json_value", "the session has no json_dump to make a text of it");
    char *text = session->json_dump(value, session->hooks_ctx);
    if (!text)
        return ah_error_new(AHTTP_E_JSON, "json_value: json_dump could not make a text of it");
    ah_buf_append(out, ah_str_from(text));
    free(text);
    return NULL;
}

static ahttp_error *get_bytes(const ahttp_session *session, const ahttp_request_options *options,
                              given_bytes *given)
{
    ahttp_error *error = NULL;

    if (options->data.data) {
        given->type = "application/octet-stream";
        given->bytes = ah_str_make(options->data.data, options->data.len);
    } else if (options->text) {
        given->type = "text/plain; charset=utf-8";
        given->bytes = ah_str_from(options->text);
    } else if (options->json) {
        given->type = "application/json";
        given->bytes = ah_str_from(options->json);
    } else if (options->json_value) {
        given->type = "application/json";
        error = dump_json(session, options->json_value, &given->made);
    } else {
        given->type = "application/x-www-form-urlencoded";
        ah_form_encode(&given->made, options->form);
    }
    if (!given->bytes.ptr)
        given->bytes = ah_buf_str(&given->made);
    return error || !ah_buf_failed(&given->made) ? error : ah_error_no_memory();
}

/* In memory, or where they are to be compressed, as a source. */
static ahttp_error *keep_bytes(ahttp_response *call, const given_bytes *given, bool as_source,
                               ah_str *type)
{
    ah_exchange *exchange = &call->exchange;
    ah_str bytes = given->bytes;

    if (as_source) {
        exchange->source = ahttp_body_bytes((ahttp_bytes){bytes.ptr, bytes.len});
        if (!exchange->source)
            return ah_error_no_memory();
        exchange->source->content_type = given->type;
        return NULL;
    }
    *type = ah_str_from(given->type);
    exchange->body = ah_str_make(ah_arena_copy(&call->arena, bytes), bytes.len);
    exchange->request.body_length = (int64_t)bytes.len;
    return exchange->body.ptr ? NULL : ah_error_no_memory();
}

static ahttp_error *take_bytes(ahttp_response *call, const ahttp_request_options *options,
                               ah_str *type)
{
    given_bytes given = {0};
    ahttp_error *error = get_bytes(call->session, options, &given);

    if (!error)
        error = keep_bytes(call, &given, options->compress || options->chunked, type);
    ah_buf_release(&given.made);
    return error;
}

/* ---- Sources ---- */

static ahttp_error *compress(ah_exchange *exchange, const char *name)
{
    const char *coding = ah_encoder_name(ah_str_from(name));

    if (!coding)
        return refuse("compress", "it must be \"gzip\" or \"deflate\", or where they are built in "
                                  "\"br\" or \"zstd\"");
    if (exchange->source->coding)
        return refuse("compress", "the body is a compressed one already");
    exchange->source = ah_source_compress(coding, exchange->source);
    return exchange->source ? NULL : ah_error_no_memory();
}

/* It may say itself how it is coded; then nobody else may. */
static ahttp_error *check_coding(const ahttp_response *call, const ahttp_pair *headers)
{
    const ahttp_body *source = call->exchange.source;
    ah_str name = AH_STR("Content-Encoding");

    if (source && source->coding &&
        (ah_pairs_have(headers, name) || ah_headers_has(&call->session->fields, name)))
        return refuse("compress", "headers give a Content-Encoding, which follows the body");
    return NULL;
}

static int count_bodies(const ahttp_request_options *options)
{
    return (options->data.data != NULL) + (options->text != NULL) + (options->json != NULL) +
           (options->json_value != NULL) + (options->form != NULL) + (options->multipart != NULL) +
           (options->body != NULL);
}

ahttp_error *ah_request_take_body(ahttp_response *call, const ahttp_request_options *options,
                                  ah_str *type)
{
    ah_exchange *exchange = &call->exchange;
    int bodies = count_bodies(options);
    ahttp_error *error = NULL;

    *type = exchange->body = (ah_str){0};
    exchange->request.body_length = 0;
    exchange->expect_100_ms = 0;
    exchange->request.has_body = bodies > 0;
    if (options->expect_100)
        ah_request_expect(call, options);
    ah_source_take(options->body);
    exchange->source = options->body;
    if (bodies > 1) {
        ah_source_free_parts(options->multipart);
        return refuse("request body", "more than one of data, text, json, json_value, form, "
                                      "multipart and body is given");
    }
    if (bodies == 0)
        return NULL;
    if (options->multipart)
        exchange->source = ah_source_multipart(options->multipart, &error);
    else if (!options->body)
        error = take_bytes(call, options, type);
    if (!error && options->compress)
        error = compress(exchange, options->compress);
    return error ? error : check_coding(call, options->headers);
}

void ah_request_free_bodies(const ahttp_request_options *options)
{
    ahttp_body_free(options->body);
    ah_source_free_parts(options->multipart);
}

/* ---- What the head says of it ---- */

static ahttp_error *describe_source(ahttp_response *call)
{
    ah_request_head *head = &call->exchange.request;
    ahttp_headers *fields = &call->request_fields;
    const ahttp_body *source = call->exchange.source;
    const char *type = source->content_type ? source->content_type : "application/octet-stream";

    head->body_length = source->trailers.fn || call->settings->is_chunked ? -1 : source->length;
    if (head->body_length < 0 && head->http_1_0)
        return refuse("request body", "its length is not known, and HTTP/1.0 has no chunks");
    if (!call->course.has_own_type &&
        !ah_headers_add(fields, AH_STR("Content-Type"), ah_str_from(type)))
        return ah_error_no_memory();
    if (!source->coding)
        return NULL;
    if (ah_headers_has(fields, AH_STR("Content-Encoding")))
        return refuse("request body", "it is a compressed one, and headers give a "
                                      "Content-Encoding as well");
    return ah_headers_add(fields, AH_STR("Content-Encoding"), ah_str_from(source->coding))
               ? NULL
               : ah_error_no_memory();
}

ahttp_error *ah_request_describe_body(ahttp_response *call)
{
    if (call->exchange.request.is_exact) {
        ah_exact_fields_describe(call);
        return NULL;
    }
    if (call->exchange.request.fields == &call->request_fields)
        call->request_fields.count = call->own_fields;
    return call->exchange.source ? describe_source(call) : NULL;
}
