/* SPDX-License-Identifier: MIT */
/* llhttp reads heads and trailer sections, and is paused where they end: what comes after a
   head is never given to it, so that its own ideas of bodies, upgrades and next messages do
   not matter.  It judges every head: once it has accepted one, the lines are cut where they lie.
   Bodies are counted here and in http/chunked.c. */
#include "http/h1_parser.h"
#include "base/mem.h"
#include "http/chunked.h"
#include "http/h1_repair.h"
#include "http/h1_section.h"
#include <inttypes.h>
#include <llhttp.h>
#include <stdio.h>

enum { LARGE_CHUNK = 32 * 1024 };

typedef enum parser_phase {
    OVER, /* nothing may be fed before the next begin */
    HEAD,
    BODY_OF_LENGTH,
    BODY_CHUNKED,
    BODY_UNTIL_CLOSE,
    TRAILERS
} parser_phase;

struct ah_h1_parser {
    llhttp_t llhttp;
    llhttp_t fresh; /* what it is before a head */
    ah_h1_section section;
    const ah_response_rules *rules;
    const ah_h1_parser_events *events;
    void *ctx;
    ah_response_head *head;
    ahttp_error *error;
    ah_str method;
    ah_body_length body;
    uint64_t received; /* bytes of the body */
    ah_chunked chunked;
    ah_h1_lines lines; /* of a section that is read leniently */
    size_t interim_count;
    parser_phase phase;
    bool has_begun;
    bool is_stopped;
    bool was_repaired;
    bool shows;
};

static ah_h1_result failed(ah_h1_parser *parser, ahttp_error *error)
{
    parser->error = error;
    return AH_H1_FAILED;
}

static const char *section_name(const ah_h1_parser *parser)
{
    return parser->phase == TRAILERS ? "trailers" : "head";
}

AH_COLD static ahttp_error *malformed(const ah_h1_parser *parser, const char *why)
{
    return ah_error_new(AHTTP_E_PROTOCOL, "read response %s: %s", section_name(parser), why);
}

AH_COLD static ahttp_error *section_error(const ah_h1_parser *parser)
{
    return ah_h1_section_error(&parser->section, section_name(parser), parser->rules->max_fields);
}

static int on_headers_complete(llhttp_t *llhttp)
{
    (void)llhttp;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_headers_complete = on_headers_complete,
};

ah_h1_parser *ah_h1_parser_new(const ah_h1_parser_events *events, void *ctx)
{
    ah_h1_parser *parser = AH_NEW(ah_h1_parser);

    if (!parser)
        return NULL;
    parser->events = events;
    parser->ctx = ctx;
    llhttp_init(&parser->fresh, HTTP_RESPONSE, &settings);
    return parser;
}

void ah_h1_parser_free(ah_h1_parser *parser)
{
    if (!parser)
        return;
    ah_error_free(parser->error);
    ah_free(parser);
}

static void begin_section(ah_h1_parser *parser, parser_phase phase, size_t fields_before)
{
    parser->phase = phase;
    parser->section.max_count = parser->rules->max_fields - fields_before;
    parser->lines = (ah_h1_lines){0};
    ah_h1_section_begin(&parser->section, parser->head->fields.arena);
}

void ah_h1_parser_begin(ah_h1_parser *parser, ah_str request_method, const ah_response_rules *rules,
                        ah_response_head *head)
{
    if (AH_UNLIKELY(parser->error))
        ah_error_free(ah_h1_parser_take_error(parser));
    parser->rules = rules ? rules : &ah_default_response_rules;
    parser->section.max_line = parser->rules->max_line;
    parser->section.max_field = parser->rules->max_field;
    parser->head = head;
    parser->method = request_method;
    parser->body = (ah_body_length){0};
    parser->received = 0;
    parser->interim_count = 0;
    parser->has_begun = parser->is_stopped = parser->was_repaired = parser->shows = false;
    ah_headers_clear(&head->fields);
    ah_response_head_forget_trailers(head);
    begin_section(parser, HEAD, 0);
}

void ah_h1_parser_show(ah_h1_parser *parser)
{
    parser->shows = true;
}

static const char bad_version[] = "the version is not HTTP/1.0 or HTTP/1.1";
static const char bad_status[] = "the status code is not a number of three digits";

static const char *why_llhttp_stopped(const llhttp_t *llhttp)
{
    switch (llhttp_get_errno(llhttp)) {
    case HPE_INVALID_CONSTANT: return AH_H1_NOT_HTTP;
    case HPE_INVALID_VERSION: return bad_version;
    case HPE_INVALID_STATUS: return bad_status;
    case HPE_STRICT:
    case HPE_CR_EXPECTED:
    case HPE_LF_EXPECTED: return "a line does not end in CR LF";
    case HPE_UNEXPECTED_SPACE: return "a line starts with a space";
    case HPE_INVALID_HEADER_TOKEN: return "a field has a character that is not allowed there";
    case HPE_INVALID_CONTENT_LENGTH: return "Content-Length is not a number from 0 to 2^64 - 1";
    case HPE_INVALID_TRANSFER_ENCODING:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
        return "Content-Length comes twice, or together with Transfer-Encoding";
    default: return llhttp_get_error_reason(llhttp);
    }
}

AH_COLD static ahttp_error *llhttp_error(const ah_h1_parser *parser, ah_str piece)
{
    const char *why = why_llhttp_stopped(&parser->llhttp);
    size_t stop = (size_t)(llhttp_get_error_pos(&parser->llhttp) - piece.ptr);
    size_t line_end = ah_str_find_last(ah_str_slice(piece, 0, stop), '\n');
    size_t line = line_end < stop ? line_end + 1 : 0;
    char excerpt[AH_H1_EXCERPT * 4 + 1];

    ah_h1_excerpt(excerpt, ah_str_slice(piece, line, piece.len));
    if (excerpt[0] == '\0' || (line == 0 && parser->section.saved_len > 0))
        return malformed(parser, why);
    return ah_error_new(AHTTP_E_PROTOCOL, "read response %s: %s, near \"%s\"", section_name(parser),
                        why, excerpt);
}

/* Two readers of one head must not come to different ends. */
static bool llhttp_agrees(const ah_h1_parser *parser)
{
    bool is_chunked = (parser->llhttp.flags & F_CHUNKED) != 0;
    bool has_length = (parser->llhttp.flags & F_CONTENT_LENGTH) != 0;

    switch (parser->body.framing) {
    case AH_FRAMING_CHUNKED: return is_chunked;
    case AH_FRAMING_LENGTH:
        return has_length && parser->llhttp.content_length == parser->body.length;
    case AH_FRAMING_UNTIL_CLOSE: return !is_chunked && !has_length;
    default: return true;
    }
}

static void advance(ah_str *input, size_t count)
{
    *input = ah_str_make(input->ptr + count, input->len - count);
}

/* NULL when the head that llhttp has read is one we accept; parser->body is set then. */
static ahttp_error *check_head(ah_h1_parser *parser)
{
    int status = parser->llhttp.status_code;

    parser->head->status = status;
    parser->head->minor_version = parser->llhttp.http_minor;
    if (parser->llhttp.http_major != 1)
        return malformed(parser, bad_version);
    if (status < 100 || status > 999)
        return malformed(parser, bad_status);
    parser->body = ah_response_body_length(parser->method, parser->head);
    if (parser->body.framing == AH_FRAMING_INVALID)
        return malformed(parser, parser->body.why);
    if (parser->rules->until_close && parser->body.framing == AH_FRAMING_LENGTH) {
        parser->body = (ah_body_length){.framing = AH_FRAMING_UNTIL_CLOSE};
        return NULL;
    }
    if (!llhttp_agrees(parser))
        return malformed(parser, "where the body ends can be understood in two ways");
    return NULL;
}

AH_COLD static ah_h1_result take_interim(ah_h1_parser *parser)
{
    if (++parser->interim_count > parser->rules->max_interim)
        return failed(parser, ah_error_new(AHTTP_E_HEAD_TOO_LARGE,
                                           "read response head: more interim responses than the "
                                           "limit of %zu",
                                           parser->rules->max_interim));
    if (parser->events->interim)
        parser->events->interim(parser->ctx, parser->head);
    if (parser->is_stopped)
        return AH_H1_FAILED;
    ah_headers_clear(&parser->head->fields);
    begin_section(parser, HEAD, 0);
    return AH_H1_MORE;
}

/* The head is one we accept; parser->body is set. */
static ah_h1_result take_head(ah_h1_parser *parser)
{
    const ah_response_head *head = parser->head;

    if (head->status / 100 == 1 && head->status != 101)
        return take_interim(parser);
    parser->events->head(parser->ctx);
    switch (parser->body.framing) {
    case AH_FRAMING_TUNNEL: return AH_H1_TUNNEL;
    case AH_FRAMING_LENGTH:
        parser->phase = BODY_OF_LENGTH;
        return parser->body.length > 0 ? AH_H1_MORE : AH_H1_DONE;
    case AH_FRAMING_CHUNKED:
        parser->phase = BODY_CHUNKED;
        parser->chunked = (ah_chunked){.is_lenient = parser->rules->lenient};
        return AH_H1_MORE;
    case AH_FRAMING_UNTIL_CLOSE: parser->phase = BODY_UNTIL_CLOSE; return AH_H1_MORE;
    default: return AH_H1_DONE;
    }
}

AH_COLD static ah_h1_result too_long(ah_h1_parser *parser)
{
    return failed(parser, ah_error_new(AHTTP_E_HEAD_TOO_LARGE,
                                       "read response %s: longer than the limit of %zu bytes",
                                       section_name(parser), parser->rules->max_head));
}

/* llhttp has paused behind the empty line. */
static ah_h1_result take_section(ah_h1_parser *parser, ah_str *input)
{
    ah_response_head *head = parser->head;
    bool is_head = parser->phase == HEAD;
    ahttp_headers *fields = is_head ? &head->fields : &head->trailers;
    size_t used = (size_t)(parser->llhttp.error_pos - input->ptr);

    if (!ah_h1_section_finish(&parser->section, ah_str_slice(*input, 0, used), fields,
                              is_head ? &head->reason : NULL)) {
        ah_headers_clear(fields); /* half a section is none */
        return failed(parser, section_error(parser));
    }
    advance(input, used);
    if (!is_head)
        return AH_H1_DONE;
    ahttp_error *error = check_head(parser);
    return error ? failed(parser, error) : take_head(parser);
}

static ah_h1_result read_strictly(ah_h1_parser *parser, ah_str *input)
{
    /* Never more than the limit is looked at, so that a section's size is bounded however
       its bytes are cut and whatever they are. */
    size_t room = parser->rules->max_head - parser->section.saved_len;
    ah_str piece = ah_str_slice(*input, 0, room);

    if (parser->phase == HEAD && parser->section.saved_len == 0)
        parser->llhttp = parser->fresh;
    llhttp_errno_t rc = llhttp_execute(&parser->llhttp, piece.ptr, piece.len);
    if (AH_LIKELY(rc == HPE_PAUSED))
        return take_section(parser, input);
    if (rc != HPE_OK)
        return failed(parser, llhttp_error(parser, piece));
    advance(input, piece.len);
    if (piece.len == room)
        return too_long(parser);
    if (!ah_h1_section_keep(&parser->section, piece))
        return failed(parser, section_error(parser));
    return AH_H1_MORE;
}

static void give_body(ah_h1_parser *parser, ah_str piece)
{
    parser->received += piece.len;
    parser->events->body(parser->ctx, piece);
}

/* The section put right where that is asked for, and in the arena. */
static bool keep_whole(const ah_h1_parser *parser, ah_str text, ah_str *kept)
{
    if (parser->rules->lenient)
        return ah_h1_repair(parser->section.arena, text, parser->phase == HEAD, kept);
    *kept = ah_str_make(ah_arena_copy(parser->section.arena, text), text.len);
    return kept->ptr != NULL;
}

/* What has been collected, all of the section, is put right into *whole, to be read anew. */
static bool put_right(ah_h1_parser *parser, ah_str *whole)
{
    ah_h1_section *section = &parser->section;
    ah_str text = ah_str_make(section->saved, section->saved_len);

    if (parser->shows)
        parser->events->section(parser->ctx, parser->phase == HEAD, text);
    if (parser->rules->keep_chunks && parser->phase == TRAILERS)
        give_body(parser, text);
    if (!keep_whole(parser, text, whole))
        return false;
    parser->was_repaired = parser->was_repaired || ah_h1_was_repaired(text, *whole);
    ah_h1_section_begin(section, section->arena);
    return true;
}

/* MORE, with a whole section in *whole if all of it is there. */
static ah_h1_result collect(ah_h1_parser *parser, ah_str *input, ah_str *whole)
{
    size_t room = parser->rules->max_head - parser->section.saved_len;
    ah_str piece = ah_str_slice(*input, 0, room);
    size_t used;

    bool is_whole = ah_h1_lines_find_end(&parser->lines, piece, &used);
    if (!ah_h1_section_keep(&parser->section, ah_str_slice(piece, 0, used)))
        return failed(parser, section_error(parser));
    advance(input, used);
    if (is_whole)
        return put_right(parser, whole) ? AH_H1_MORE : failed(parser, ah_error_no_memory());
    return used == room ? too_long(parser) : AH_H1_MORE;
}

/* The first bytes tell, however few come at a time. */
static bool has_no_head(const ah_h1_parser *parser, ah_str input)
{
    const ah_h1_section *section = &parser->section;
    ah_str start = ah_str_slice(AH_STR("HTTP/"), section->saved_len, SIZE_MAX);
    char first = section->saved_len > 0 ? section->saved[0] : input.ptr[0];

    if (parser->phase != HEAD || start.len == 0 || first == '\r' ||
        first == '\n') /* RFC 9112 §2.2 */
        return false;
    return !ah_str_equal(ah_str_slice(input, 0, start.len), ah_str_slice(start, 0, input.len));
}

static ah_h1_result begin_0_9(ah_h1_parser *parser)
{
    parser->head->status = 200;
    parser->head->minor_version = 0;
    parser->head->reason = AH_STR("");
    parser->body = (ah_body_length){.framing = AH_FRAMING_UNTIL_CLOSE};
    parser->phase = BODY_UNTIL_CLOSE;
    parser->events->head(parser->ctx);
    if (parser->section.saved_len > 0)
        give_body(parser, ah_str_make(parser->section.saved, parser->section.saved_len));
    return AH_H1_MORE;
}

/* What is to be read by rules that are not the usual ones: the input, a section collected from it,
   or nothing yet, as *result says. */
AH_COLD static ah_str *choose_text(ah_h1_parser *parser, ah_str *input, ah_str *whole,
                                   ah_h1_result *result)
{
    const ah_response_rules *rules = parser->rules;

    if ((rules->http_0_9 || rules->lenient) && has_no_head(parser, *input)) {
        *result = rules->http_0_9 && parser->interim_count == 0
                      ? begin_0_9(parser)
                      : failed(parser, malformed(parser, AH_H1_NOT_HTTP));
        return NULL;
    }
    if (!rules->lenient && !rules->keep_chunks && !parser->shows)
        return input;
    *whole = ah_str_make(NULL, 0);
    *result = collect(parser, input, whole);
    return whole->ptr ? whole : NULL;
}

static ah_h1_result read_section(ah_h1_parser *parser, ah_str *input)
{
    const ah_response_rules *rules = parser->rules;
    ah_h1_result result = AH_H1_MORE;
    ah_str *text = input;
    ah_str whole;

    if (AH_UNLIKELY(rules->lenient || rules->http_0_9 || rules->keep_chunks || parser->shows))
        text = choose_text(parser, input, &whole, &result);
    return text ? read_strictly(parser, text) : result;
}

static ah_h1_result read_length(ah_h1_parser *parser, ah_str *input)
{
    uint64_t left = parser->body.length - parser->received;
    size_t count = left < input->len ? (size_t)left : input->len;
    ah_str piece = ah_str_make(input->ptr, count);

    advance(input, count);
    give_body(parser, piece);
    return count == left ? AH_H1_DONE : AH_H1_MORE;
}

/* A trailer section is a head without its first line, which llhttp is given from here. */
AH_APART static ah_h1_result begin_trailers(ah_h1_parser *parser)
{
    static const char first_line[] = "HTTP/1.1 200\r\n";

    parser->head->has_trailers = true;
    ah_headers_init(&parser->head->trailers, parser->head->fields.arena);
    begin_section(parser, TRAILERS, parser->head->fields.count);
    parser->llhttp = parser->fresh;
    llhttp_execute(&parser->llhttp, first_line, sizeof first_line - 1);
    return AH_H1_MORE;
}

static ah_h1_result read_chunked(ah_h1_parser *parser, ah_str *input)
{
    bool keeps = parser->rules->keep_chunks;
    const char *start = input->ptr;
    ah_str data;
    ah_chunked_result result =
        ah_chunked_decode(&parser->chunked, input, &data, parser->rules->max_line);

    parser->was_repaired = parser->was_repaired || parser->chunked.was_repaired;
    if (keeps && input->ptr > start)
        give_body(parser, ah_str_make(start, (size_t)(input->ptr - start)));
    switch (result) {
    case AH_CHUNKED_MORE_INPUT: return AH_H1_MORE;
    case AH_CHUNKED_DATA:
        if (!keeps)
            give_body(parser, data);
        return AH_H1_MORE;
    case AH_CHUNKED_TRAILERS: return begin_trailers(parser);
    case AH_CHUNKED_DONE: return AH_H1_DONE;
    case AH_CHUNKED_LINE_TOO_LONG:
        return failed(parser, ah_error_new(AHTTP_E_HEAD_TOO_LARGE,
                                           "read response body: the size line of a chunk is "
                                           "longer than the limit of %zu bytes",
                                           parser->rules->max_line));
    default:
        return failed(
            parser, ah_error_new(AHTTP_E_PROTOCOL, "read response body: %s", parser->chunked.why));
    }
}

static ah_h1_result read_until_close(ah_h1_parser *parser, ah_str *input)
{
    ah_str piece = *input;

    advance(input, piece.len);
    give_body(parser, piece);
    return AH_H1_MORE;
}

static ah_h1_result read_some(ah_h1_parser *parser, ah_str *input)
{
    switch (parser->phase) {
    case BODY_OF_LENGTH: return read_length(parser, input);
    case BODY_CHUNKED: return read_chunked(parser, input);
    case BODY_UNTIL_CLOSE: return read_until_close(parser, input);
    default: return read_section(parser, input);
    }
}

ah_h1_result ah_h1_parser_feed(ah_h1_parser *parser, ah_str bytes, size_t *used)
{
    ah_str input = bytes;
    ah_h1_result result = AH_H1_MORE;

    if (parser->phase == OVER)
        ah_misuse("ah_h1_parser_feed: call ah_h1_parser_begin before the next response");
    parser->has_begun = parser->has_begun || bytes.len > 0;
    while (result == AH_H1_MORE && input.len > 0) {
        result = read_some(parser, &input);
        if (AH_UNLIKELY(parser->is_stopped))
            result = AH_H1_FAILED;
    }
    if (result != AH_H1_MORE)
        parser->phase = OVER;
    *used = bytes.len - input.len;
    return result;
}

void ah_h1_parser_stop(ah_h1_parser *parser)
{
    parser->is_stopped = true;
}

static ahttp_error *cut_in_head(const ah_h1_parser *parser)
{
    if (parser->section.saved_len > 0)
        return ah_error_new(AHTTP_E_DISCONNECTED,
                            "peer closed the connection inside the response head, after %zu bytes",
                            parser->section.saved_len);
    if (parser->interim_count > 0)
        return ah_error_new(AHTTP_E_DISCONNECTED,
                            "peer closed the connection after %zu interim responses, before the "
                            "final one",
                            parser->interim_count);
    return ah_error_new(AHTTP_E_DISCONNECTED,
                        "peer closed the connection before it sent a response");
}

static ahttp_error *cut_in_body(const ah_h1_parser *parser)
{
    if (parser->phase == BODY_OF_LENGTH)
        return ah_error_new(AHTTP_E_BODY_CUT,
                            "read response body: received %" PRIu64 " of %" PRIu64
                            " bytes, then the peer closed the connection",
                            parser->received, parser->body.length);
    return ah_error_new(AHTTP_E_BODY_CUT,
                        "read response body: received %" PRIu64
                        " bytes, then the peer closed the connection; %s missing",
                        parser->received,
                        parser->phase == TRAILERS ? "the end of the trailers is"
                                                  : "the last chunk is");
}

ah_h1_result ah_h1_parser_finish(ah_h1_parser *parser)
{
    parser_phase phase = parser->phase;

    if (phase == OVER)
        ah_misuse("ah_h1_parser_finish: call ah_h1_parser_begin before the next response");
    if (phase == HEAD && parser->shows && parser->section.saved_len > 0)
        parser->events->section(parser->ctx, true,
                                ah_str_make(parser->section.saved, parser->section.saved_len));
    ahttp_error *error = phase == HEAD               ? cut_in_head(parser)
                         : phase == BODY_UNTIL_CLOSE ? NULL
                                                     : cut_in_body(parser);
    parser->phase = OVER;
    return error ? failed(parser, error) : AH_H1_DONE;
}

ahttp_error *ah_h1_parser_take_error(ah_h1_parser *parser)
{
    ahttp_error *error = parser->error;

    parser->error = NULL;
    return error;
}

ah_body_length ah_h1_parser_body_length(const ah_h1_parser *parser)
{
    return parser->body;
}

uint64_t ah_h1_parser_received(const ah_h1_parser *parser)
{
    return parser->received;
}

uint64_t ah_h1_parser_left(const ah_h1_parser *parser)
{
    switch (parser->body.framing) {
    case AH_FRAMING_NONE: return 0;
    case AH_FRAMING_LENGTH: return parser->body.length - parser->received;
    default: return UINT64_MAX;
    }
}

uint64_t ah_h1_parser_body_ahead(const ah_h1_parser *parser)
{
    switch (parser->phase) {
    case BODY_OF_LENGTH: return parser->body.length - parser->received;
    case BODY_CHUNKED: return ah_chunked_data_ahead(&parser->chunked);
    default: return 0;
    }
}

bool ah_h1_parser_has_large_chunks(const ah_h1_parser *parser)
{
    return parser->phase == BODY_CHUNKED && parser->chunked.size >= LARGE_CHUNK;
}

bool ah_h1_parser_keeps_alive(const ah_h1_parser *parser)
{
    return !parser->was_repaired && ah_response_keeps_alive(parser->head, parser->body.framing);
}

bool ah_h1_parser_has_begun(const ah_h1_parser *parser)
{
    return parser->has_begun;
}
