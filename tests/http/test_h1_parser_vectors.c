/* SPDX-License-Identifier: MIT */
/* llhttp's own cases for responses, which are Markdown: a heading, a line of meta data, the
   message in a block of http, and what llhttp makes of it in a block of log.  All of them are
   run, whole, byte by byte, and cut in two anywhere; statuses, reasons, fields and bodies must
   be those of llhttp.  Cases about a lenient llhttp are run leniently; those about pausing ask
   for no other result.  They are read from the folder that AHTTP_VECTORS names, when it does. */
#include "support/check.h"
#include "support/response_log.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/* How many there are: a case that is not found is not passed. */
enum { CASES = 85 };

#define REFUSED "failed PROTOCOL: read response head: *"

/* Where we differ from llhttp on purpose. */
static const struct {
    const char *title;
    const char *ours; /* our whole log; any words for a "*" at its end */
    const char *why;
    bool with_old_llhttp; /* only before llhttp 9, which the cases are of */
} deviations[] = {
    {"RTSP response", REFUSED, "another protocol", false},
    {"ICE response", REFUSED, "another protocol", false},
    {"HTTP version 0.9", REFUSED, "HTTP/0.9 has no status line (RFC 1945 section 6)", false},
    {"Invalid HTTP version (lenient)", REFUSED, "leniency is about line ends, not versions", false},
    {"Bare CR after response line (lenient)", "200 OK Content-Length: 0 more",
     "a bare CR becomes a space (RFC 9112 section 2.2)", false},
    {"Invalid OBS fold after chunked value",
     "200 OK|Transfer-Encoding: chunked abc \"5\r\nWorld\r\n0\r\n\r\n\" more",
     "folds are joined by one space", false},
    {"No extension after semicolon",
     "200 OK|Host: localhost|Transfer-encoding: chunked \"aa\" done",
     "chunk extensions are passed over without a look at their grammar (RFC 9112 section 7.1.1)",
     false},
    {"Unbalanced chunk extensions quoting",
     "200 OK|Host: localhost|Transfer-Encoding: chunked \"hello world\" more", "the same", false},
    {"Tabs in `Content-Length` (surrounding)", REFUSED, "llhttp 8 refuses them", true},
};

typedef struct test_vector {
    char title[256];
    bool is_lenient, skips_body, is_finished;
    ah_buf text; /* of the block of http, as it stands there */
    ah_buf bytes;
    ah_buf log; /* what ours should be, but for its end */
    ah_buf body;
    int status;
    bool is_refused, is_complete;
} test_vector;

static size_t checked, wrong;

/* ---- What llhttp made of it ---- */

typedef enum span { NO_SPAN, REASON, NAME, VALUE, BODY } span;

static span span_of(const char *event)
{
    static const char *const names[] = {[REASON] = "span[status]=",
                                        [NAME] = "span[header_field]=",
                                        [VALUE] = "span[header_value]=",
                                        [BODY] = "span[body]="};

    for (span kind = REASON; kind <= BODY; kind++)
        if (strncmp(event, names[kind], strlen(names[kind])) == 0)
            return kind;
    return NO_SPAN;
}

/* The text of a span, in which escapes are used only for what has to be shown. */
static void add_text(ah_buf *out, const char *event, size_t len)
{
    const char *text = strchr(event, '=') + 1;
    size_t shown = strlen(text) - 2;

    if (strcmp(text, "lf") == 0 || strcmp(text, "cr") == 0) {
        ah_buf_append_char(out, text[0] == 'l' ? '\n' : '\r');
        return;
    }
    if (shown == len) {
        ah_buf_append(out, ah_str_make(text + 1, len));
        return;
    }
    for (const char *at = text + 1; at < text + 1 + shown; at++) {
        bool is_tab = at[0] == '\\' && at[1] == 't';
        ah_buf_append_char(out, is_tab ? '\t' : *at);
        at += is_tab;
    }
}

/* The parts of the head at hand, and of the trailers. */
static ah_buf reason, name, value, fields;

static void end_field(const test_vector *vector)
{
    ah_str trimmed = ah_str_trim(ah_buf_str(&value));
    const char *format = vector->status > 0 ? "+%.*s: %.*s " : "|%.*s: %.*s";

    ah_buf_append_format(&fields, format, (int)name.len, name.data, (int)trimmed.len, trimmed.ptr);
    ah_buf_clear(&name);
    ah_buf_clear(&value);
}

static void end_head(test_vector *vector, const char *event)
{
    int minor = 1;

    if (sscanf(event, "headers complete status=%d v=%*d/%d", &vector->status, &minor) != 2)
        fail_msg("%s: %s", vector->title, event);
    bool is_interim = vector->status / 100 == 1 && vector->status != 101;
    ah_buf_append_format(&vector->log, "%s%d %.*s%s%.*s%s ", is_interim ? "<" : "", vector->status,
                         (int)reason.len, reason.data, minor == 0 ? " (1.0)" : "", (int)fields.len,
                         fields.data, is_interim ? ">" : "");
    ah_buf_clear(&reason);
    ah_buf_clear(&fields);
}

static void end_message(test_vector *vector)
{
    vector->is_complete = vector->status / 100 != 1 || vector->status == 101;
    if (!vector->is_complete)
        vector->status = 0;
}

/* One line of a log: "off=17 len=14 span[header_field]="Content-Length"". */
static void read_event(test_vector *vector, const char *line)
{
    size_t len = 0;
    const char *event = strchr(line, ' ') + 1;

    if (vector->is_complete || vector->is_refused)
        return;
    if (sscanf(event, "len=%zu", &len) == 1)
        event = strchr(event, ' ') + 1;
    switch (span_of(event)) {
    case REASON: add_text(&reason, event, len); return;
    case NAME: add_text(&name, event, len); return;
    case VALUE: add_text(&value, event, len); return;
    case BODY: add_text(&vector->body, event, len); return;
    case NO_SPAN: break;
    }
    if (strcmp(event, "header_value complete") == 0)
        end_field(vector);
    else if (strncmp(event, "headers complete", 16) == 0)
        end_head(vector, event);
    else if (strcmp(event, "message complete") == 0)
        end_message(vector);
    else if (strncmp(event, "error code=22", 13) == 0) /* a pause before another protocol */
        vector->is_complete = true;
    else if (strncmp(event, "error code=", 11) == 0)
        vector->is_refused = true;
}

/* ---- What we make of it ---- */

static bool has_end(const test_vector *vector, const char *log)
{
    ah_str end = ah_str_slice(ah_str_from(log), vector->log.len, SIZE_MAX);

    if (vector->is_complete || vector->is_finished)
        return ah_str_starts_with(end, AH_STR("done")) || ah_str_starts_with(end, AH_STR("tunnel"));
    return ah_str_equal(end, AH_STR("more"));
}

static bool is_as_llhttp(test_vector *vector, const char *log)
{
    if (vector->is_refused)
        return strstr(log, "failed ") != NULL;
    return ah_str_starts_with(ah_str_from(log), ah_buf_str(&vector->log)) && has_end(vector, log);
}

static bool is_our_log(const char *log, const char *ours)
{
    size_t len = strlen(ours);

    return ours[len - 1] == '*' ? strncmp(log, ours, len - 1) == 0 : strcmp(log, ours) == 0;
}

static bool is_right(test_vector *vector, const char *log)
{
    for (size_t i = 0; i < COUNT_OF(deviations); i++)
        if (strcmp(deviations[i].title, vector->title) == 0)
            return is_our_log(log, deviations[i].ours) ||
                   (deviations[i].with_old_llhttp && is_as_llhttp(vector, log));
    return is_as_llhttp(vector, log);
}

static void check_vector(test_vector *vector)
{
    response_input input = {.method = vector->skips_body ? "HEAD" : NULL,
                            .rules = {.lenient = vector->is_lenient},
                            .bytes = ah_buf_str(&vector->bytes),
                            .ends = vector->is_finished};
    ah_buf whole = {0};
    ah_buf cut = {0};

    if (vector->body.len > 0)
        ah_buf_append_format(&vector->log, "\"%.*s\" ", (int)vector->body.len, vector->body.data);
    ah_buf_append(&vector->log, ah_buf_str(&fields));
    response_log(&whole, &input, SIZE_MAX, SIZE_MAX);
    for (size_t first = 1; first <= input.bytes.len; first++) {
        response_log(&cut, &input, first, first == 1 ? 1 : SIZE_MAX);
        assert_string_equal(cut.data, whole.data);
    }
    checked++;
    if (!is_right(vector, whole.data)) {
        print_error("%s: \"%s\" is not \"%.*s\"%s\n", vector->title, whole.data,
                    (int)vector->log.len, vector->log.data, vector->is_refused ? " refused" : "");
        wrong++;
    }
    ah_buf_release(&whole);
    ah_buf_release(&cut);
}

/* ---- Reading the files ---- */

/* The bytes that a block of http stands for: lines that end in a backslash are joined with the
   next, the others end in CR LF but the last; then escapes are undone. */
static void undo_escapes(ah_buf *out, ah_str text)
{
    static const char names[] = "rntf";
    static const char values[] = "\r\n\t\f";

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        const char *escape = c == '\\' && next ? strchr(names, next) : NULL;
        if (c == '\n') {
            ah_buf_append(out, AH_STR("\r\n"));
        } else if (c == '\\' && next == '\n') {
            i++;
        } else if (escape) {
            ah_buf_append_char(out, values[escape - names]);
            i++;
        } else if (c == '\\' && next == 'x') {
            ah_buf_append_char(
                out, (char)(ah_hex_value(text.ptr[i + 2]) << 4 | ah_hex_value(text.ptr[i + 3])));
            i += 3;
        } else {
            ah_buf_append_char(out, c);
        }
    }
}

static void begin_vector(test_vector *vector, const char *meta)
{
    ah_buf *all[] = {&vector->text, &vector->bytes, &vector->log, &vector->body,
                     &reason,       &name,          &value,       &fields};

    for (size_t i = 0; i < COUNT_OF(all); i++)
        ah_buf_clear(all[i]);
    vector->is_lenient = strstr(meta, "\"response-lenient") != NULL;
    vector->is_finished = strstr(meta, "\"response-finish\"") != NULL;
    vector->skips_body = strstr(meta, "\"skipBody\": true") != NULL;
    vector->status = 0;
    vector->is_refused = vector->is_complete = false;
}

static void read_vectors(FILE *file)
{
    enum { PROSE, MESSAGE, LOG } in = PROSE;
    char line[8192];
    test_vector vector = {0};

    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (in == PROSE && line[0] == '#') {
            snprintf(vector.title, sizeof vector.title, "%.*s", 255, line + strspn(line, "# "));
        } else if (strncmp(line, "<!-- meta=", 10) == 0) {
            begin_vector(&vector, line);
        } else if (strcmp(line, "```http") == 0 || strcmp(line, "```log") == 0) {
            in = line[3] == 'h' ? MESSAGE : LOG;
        } else if (strcmp(line, "```") == 0) {
            if (in == MESSAGE)
                undo_escapes(&vector.bytes, ah_str_slice(ah_buf_str(&vector.text), 1, SIZE_MAX));
            if (in == LOG)
                check_vector(&vector);
            in = PROSE;
        } else if (in == MESSAGE) {
            ah_buf_append_char(&vector.text, '\n');
            ah_buf_append(&vector.text, ah_str_from(line));
        } else if (in == LOG) {
            read_event(&vector, line);
        }
    }
    begin_vector(&vector, "");
    ah_buf_release(&vector.text);
    ah_buf_release(&vector.bytes);
    ah_buf_release(&vector.log);
    ah_buf_release(&vector.body);
}

static void what_llhttp_makes_of_a_response_we_do_too(void **state)
{
    const char *vectors = getenv("AHTTP_VECTORS");
    (void)state;
    if (!vectors) {
        print_message("AHTTP_VECTORS is not set: nothing to read\n");
        skip();
    }
    char folder[512], path[1024];
    snprintf(folder, sizeof folder, "%s/http-parser/llhttp/test/response", vectors);
    DIR *dir = opendir(folder);
    assert_non_null(dir);

    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = ah_str_ends_with(ah_str_from(path), AH_STR(".md")) ? fopen(path, "r") : NULL;
        if (file) {
            read_vectors(file);
            fclose(file);
        }
    }

    closedir(dir);
    ah_buf_release(&reason);
    ah_buf_release(&name);
    ah_buf_release(&value);
    ah_buf_release(&fields);
    assert_int_equal(wrong, 0);
    assert_int_equal(checked, CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_llhttp_makes_of_a_response_we_do_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
