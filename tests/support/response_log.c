/* SPDX-License-Identifier: MIT */
#include "support/response_log.h"
#include "support/check.h"
#include <stdlib.h>

typedef struct recording {
    ah_buf *out;
    ah_response_head head;
    bool has_body;
} recording;

static void write_head(ah_buf *out, const ah_response_head *head)
{
    ah_buf_append_format(out, "%d %s", head->status, head->reason.ptr);
    if (head->minor_version == 0)
        ah_buf_append(out, AH_STR(" (1.0)"));
    for (size_t i = 0; i < ahttp_headers_count(&head->fields); i++) {
        ahttp_pair field = ahttp_headers_at(&head->fields, i);
        ah_buf_append_format(out, "|%s: %s", field.name, field.value);
    }
}

static void on_interim(void *ctx, const ah_response_head *head)
{
    recording *log = ctx;

    ah_buf_append_char(log->out, '<');
    write_head(log->out, head);
    ah_buf_append(log->out, AH_STR("> "));
}

static void on_head(void *ctx)
{
    recording *log = ctx;

    write_head(log->out, &log->head);
    ah_buf_append_char(log->out, ' ');
}

static void on_body(void *ctx, ah_str piece)
{
    recording *log = ctx;

    assert_true(piece.len > 0);
    if (!log->has_body)
        ah_buf_append_char(log->out, '"');
    log->has_body = true;
    ah_buf_append(log->out, piece);
}

static const ah_h1_parser_events events = {.interim = on_interim, .head = on_head, .body = on_body};

static void write_failure(ah_buf *out, ah_h1_parser *parser)
{
    ahttp_error *error = ah_h1_parser_take_error(parser);
    const char *near = strstr(error->message, ", near \"");
    int len = (int)(near ? (size_t)(near - error->message) : strlen(error->message));

    ah_buf_append_format(out, "failed %s: %.*s", ahttp_error_name(error->code), len,
                         error->message);
    ah_error_free(error);
}

static void write_end(recording *log, ah_h1_parser *parser, ah_h1_result result, size_t left)
{
    ah_buf *out = log->out;

    if (log->has_body)
        ah_buf_append(out, AH_STR("\" "));
    for (size_t i = 0; i < log->head.trailers.count; i++) {
        ahttp_pair field = ahttp_headers_at(&log->head.trailers, i);
        ah_buf_append_format(out, "+%s: %s ", field.name, field.value);
    }
    if (result == AH_H1_FAILED)
        write_failure(out, parser);
    else if (result == AH_H1_MORE)
        ah_buf_append(out, AH_STR("more"));
    else if (result == AH_H1_TUNNEL)
        ah_buf_append(out, AH_STR("tunnel"));
    else
        ah_buf_append_format(out, "done%s", ah_h1_parser_keeps_alive(parser) ? "" : " close");
    if (left > 0 && result != AH_H1_FAILED)
        ah_buf_append_format(out, " %zu left", left);
}

/* Each piece gets a block of its own, so that looking past its end or after its end is seen. */
static ah_h1_result feed(ah_h1_parser *parser, ah_str piece, size_t *used)
{
    char *copy = malloc(piece.len);

    memcpy(copy, piece.ptr, piece.len);
    ah_h1_result result = ah_h1_parser_feed(parser, ah_str_make(copy, piece.len), used);
    free(copy);
    return result;
}

void response_log(ah_buf *out, const response_input *input, size_t first, size_t step)
{
    ah_arena arena = {0};
    recording log = {.out = out};
    ah_response_rules rules = input->rules;
    ah_h1_parser *parser = ah_h1_parser_new(&events, &log);
    ah_h1_result result = AH_H1_MORE;
    size_t at = 0;

    ah_buf_clear(out);
    assert_non_null(parser);
    ah_headers_init(&log.head.fields, &arena);
    ah_response_rules_complete(&rules);
    ah_h1_parser_begin(parser, ah_str_from(input->method ? input->method : "GET"), &rules,
                       &log.head);
    for (size_t len = first; result == AH_H1_MORE && at < input->bytes.len; len = step) {
        ah_str piece = ah_str_slice(input->bytes, at, len);
        size_t used = 0;
        result = feed(parser, piece, &used);
        assert_true(used == piece.len || result != AH_H1_MORE);
        at += used;
    }
    if (result == AH_H1_MORE && input->ends)
        result = ah_h1_parser_finish(parser);
    write_end(&log, parser, result, input->bytes.len - at);
    assert_non_null(ah_buf_terminate(out));
    ah_h1_parser_free(parser);
    ah_arena_release(&arena);
}

static bool is_expected(const char *log, const char *expected)
{
    size_t len = strlen(expected);

    if (len > 0 && expected[len - 1] == '*')
        return strncmp(log, expected, len - 1) == 0;
    return strcmp(log, expected) == 0;
}

void assert_response_log(const response_input *input, const char *expected)
{
    ah_buf log = {0};
    size_t len = input->bytes.len > 0 ? input->bytes.len : 1;

    for (size_t cut = 0; cut <= len; cut++) {
        size_t first = cut > 0 ? cut : 1;
        response_log(&log, input, first, cut > 0 ? len : 1);
        if (!is_expected(log.data, expected))
            fail_msg("cut behind %zu bytes: \"%s\" is not \"%s\"", first, log.data, expected);
    }
    ah_buf_release(&log);
}
