/* SPDX-License-Identifier: MIT */
/* llhttp's own cases for responses, which are Markdown: a heading, a line of meta data, the
   message in a block of http, and what llhttp makes of it in a block of log.  They are read
   from the folder that AHTTP_VECTORS names, when it does. */
#include "support/check.h"
#include "support/response_log.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum verdict { REFUSED, ACCEPTED, EITHER } verdict;

/* Where we differ from llhttp on purpose. */
static const struct {
    const char *title;
    verdict ours;
} deviations[] = {
    /* Other protocols, and a status line that does not exist in HTTP/0.9. */
    {"RTSP response", REFUSED},
    {"ICE response", REFUSED},
    {"HTTP version 0.9", REFUSED},
    /* Chunk extensions are passed over without a look at their grammar (RFC 9112 §7.1.1: a
       recipient ignores those it does not know, and we know none). */
    {"No extension after semicolon", ACCEPTED},
    {"Unbalanced chunk extensions quoting", ACCEPTED},
    /* The cases are those of llhttp 9; 8 refuses this. */
    {"Tabs in `Content-Length` (surrounding)", EITHER},
};

typedef struct test_vector {
    char title[256];
    bool is_plain; /* strict mode, and no more to it than bytes */
    ah_buf bytes;
    ah_buf log;
} test_vector;

static size_t checked, wrong;

static bool is_refused_by_llhttp(ah_buf *log)
{
    char *text = ah_buf_terminate(log);
    char *end = strstr(text, "message complete");
    char *error = strstr(text, " error code=");

    /* 22 is the pause before another protocol. */
    return error && (!end || error < end) && strncmp(error, " error code=22", 14) != 0;
}

static bool is_accepted_by_us(const response_input *input)
{
    ah_buf whole = {0};
    ah_buf cut = {0};

    response_log(&whole, input, SIZE_MAX, SIZE_MAX);
    for (size_t first = 1; first <= input->bytes.len; first++) {
        response_log(&cut, input, first, first == 1 ? 1 : SIZE_MAX);
        assert_string_equal(cut.data, whole.data);
    }
    bool is_accepted = !strstr(whole.data, "failed ");
    ah_buf_release(&whole);
    ah_buf_release(&cut);
    return is_accepted;
}

static void check_vector(test_vector *vector)
{
    response_input input = {.bytes = ah_buf_str(&vector->bytes)};
    verdict expected = is_refused_by_llhttp(&vector->log) ? REFUSED : ACCEPTED;
    verdict ours = is_accepted_by_us(&input) ? ACCEPTED : REFUSED;

    for (size_t i = 0; i < COUNT_OF(deviations); i++)
        if (strcmp(deviations[i].title, vector->title) == 0)
            expected = deviations[i].ours;
    checked++;
    if (ours == expected || expected == EITHER)
        return;
    print_error("%s: should be %s\n", vector->title, expected == REFUSED ? "refused" : "accepted");
    wrong++;
}

/* One line of a message, without its end: escapes are undone; a backslash at the end joins it
   with the next line. */
static void add_line(ah_buf *out, const char *line)
{
    static const char names[] = "rntf";
    static const char values[] = "\r\n\t\f";

    for (; *line; line++) {
        const char *name = line[0] == '\\' && line[1] ? strchr(names, line[1]) : NULL;
        if (line[0] == '\\' && line[1] == '\0')
            return;
        if (name) {
            ah_buf_append_char(out, values[name - names]);
            line++;
        } else if (line[0] == '\\' && line[1] == 'x') {
            ah_buf_append_char(out, (char)(ah_hex_value(line[2]) << 4 | ah_hex_value(line[3])));
            line += 3;
        } else {
            ah_buf_append_char(out, *line);
        }
    }
    ah_buf_append(out, AH_STR("\r\n"));
}

static void read_vectors(FILE *file)
{
    char line[8192];
    test_vector vector = {0};
    ah_buf *block = NULL;

    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!block && line[0] == '#') {
            snprintf(vector.title, sizeof vector.title, "%.*s", 255, line + strspn(line, "# "));
        } else if (strncmp(line, "<!-- meta=", 10) == 0) {
            vector.is_plain = strstr(line, "\"response\"") && !strstr(line, "skipBody");
        } else if (strcmp(line, "```http") == 0 || strcmp(line, "```log") == 0) {
            block = line[3] == 'h' ? &vector.bytes : &vector.log;
            ah_buf_clear(block);
        } else if (strcmp(line, "```") == 0) {
            if (block == &vector.bytes)
                vector.bytes.len -= 2;
            if (block == &vector.log && vector.is_plain)
                check_vector(&vector);
            block = NULL;
        } else if (block == &vector.bytes) {
            vector.is_plain = vector.is_plain && !strstr(line, "${");
            add_line(block, line);
        } else if (block) {
            ah_buf_append(block, ah_str_from(line));
        }
    }
    ah_buf_release(&vector.bytes);
    ah_buf_release(&vector.log);
}

static void what_llhttp_accepts_or_refuses_we_do_too(void **state)
{
    const char *vectors = getenv("AHTTP_VECTORS");
    (void)state;
    if (!vectors)
        skip();
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
    assert_true(checked > 50);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_llhttp_accepts_or_refuses_we_do_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
