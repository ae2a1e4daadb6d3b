/* SPDX-License-Identifier: MIT */
/* The WHATWG's test data for URLs, as far as it is about ours, by both readings.  Where we differ
   on purpose stands in url_deviations.txt, each with its reason; docs/urls.md explains these.  Any
   other difference fails, and so does one that stands there and is none. */
#include "support/vectors.h"

#include "http/url_browser.h"

/* A member of an object: its string as it stands in the file, and decoded. */
typedef struct text {
    ah_str raw; /* ptr NULL: there is none, or it is null */
    ah_buf value;
} text;

typedef struct entry {
    text input, base, href;
} entry;

typedef struct tally {
    size_t entries, deviations;
} tally;

typedef enum reading { AS_GIVEN, AS_BROWSERS } reading;

static ah_buf allowed; /* lines, separated by tabs: reason, data, base, input; these two raw */

/* ---- Reading JSON: a list of objects, of whose members only strings matter ---- */

static void append_utf8(ah_buf *out, unsigned code)
{
    if (code < 0x80) {
        ah_buf_append_char(out, (char)code);
        return;
    }
    if (code < 0x800) {
        ah_buf_append_char(out, (char)(0xc0 | code >> 6));
    } else if (code < 0x10000) {
        ah_buf_append_char(out, (char)(0xe0 | code >> 12));
        ah_buf_append_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
    } else {
        ah_buf_append_char(out, (char)(0xf0 | code >> 18));
        ah_buf_append_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        ah_buf_append_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
    }
    ah_buf_append_char(out, (char)(0x80 | (code & 0x3f)));
}

static unsigned hex4(const char *at)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++)
        code = code << 4 | (unsigned)ah_hex_value(at[i]);
    return code;
}

/* What a backslash begins; returns behind it. */
static const char *read_escape(const char *at, ah_buf *out)
{
    static const char letters[] = "nrtbf";
    const char *letter = strchr(letters, *at);

    if (*at == 'u') {
        unsigned code = hex4(at + 1);
        if (code >= 0xd800 && code < 0xdc00 && at[5] == '\\' && at[6] == 'u') {
            code = 0x10000 + ((code & 0x3ff) << 10) + (hex4(at + 7) & 0x3ff);
            at += 6;
        }
        append_utf8(out, code);
        return at + 5;
    }
    ah_buf_append_char(out, letter ? "\n\r\t\b\f"[letter - letters] : *at);
    return at + 1;
}

/* at is behind the first quote; returns behind the last. */
static const char *read_string(const char *at, text *out)
{
    const char *start = at;

    ah_buf_clear(&out->value);
    while (*at != '"')
        if (*at == '\\')
            at = read_escape(at + 1, &out->value);
        else
            ah_buf_append_char(&out->value, *at++);
    out->raw = ah_str_make(start, (size_t)(at - start));
    return at + 1;
}

/* at is behind "{"; returns behind "}".  Members are names with strings, or with words. */
static const char *read_entry(const char *at, entry *out)
{
    text name = {.raw = {NULL, 0}}, other = {.raw = {NULL, 0}};

    out->input.raw = out->base.raw = out->href.raw = (ah_str){0};
    while (*at != '}') {
        if (*at++ != '"')
            continue;
        at = read_string(at, &name);
        at += strspn(at, ": \n");
        text *member = ah_str_equal(name.raw, AH_STR("input"))  ? &out->input
                       : ah_str_equal(name.raw, AH_STR("base")) ? &out->base
                       : ah_str_equal(name.raw, AH_STR("href")) ? &out->href
                                                                : &other;
        if (*at == '"')
            at = read_string(at + 1, member);
    }
    ah_buf_release(&name.value);
    ah_buf_release(&other.value);
    return at + 1;
}

/* ---- Comparing ---- */

/* The URL that browsers make of it, without user and password: they rewrite these. */
static void without_userinfo(ah_str href, ah_buf *out)
{
    size_t start = ah_str_find(href, ':') + 3;
    size_t end = start;

    while (end < href.len && !strchr("/?#", href.ptr[end]))
        end++;
    size_t at = ah_str_find_last(ah_str_slice(href, 0, end), '@');
    ah_buf_append(out, ah_str_slice(href, 0, start));
    ah_buf_append(out, ah_str_slice(href, at < end && at >= start ? at + 1 : start, SIZE_MAX));
}

static const char *read_as_browsers_do(const entry *it, ah_arena *arena, ah_url *url)
{
    ah_url base;
    const char *why = NULL;

    if (it->base.raw.ptr)
        why = ah_url_parse_as_browser(&base, arena, NULL, ah_buf_str(&it->base.value));
    return why ? why
               : ah_url_parse_as_browser(url, arena, it->base.raw.ptr ? &base : NULL,
                                         ah_buf_str(&it->input.value));
}

static const char *read_as_we_do(const entry *it, ah_arena *arena, ah_url *url)
{
    ah_url base;

    if (!it->base.raw.ptr)
        return ah_url_parse(url, arena, ah_buf_str(&it->input.value));
    const char *why = ah_url_parse(&base, arena, ah_buf_str(&it->base.value));
    return why ? why : ah_url_join(url, arena, &base, ah_buf_str(&it->input.value));
}

static bool is_as_in_browsers(const entry *it, reading way)
{
    ah_arena arena = {0};
    ah_buf ours = {0}, theirs = {0};
    ah_url url;
    const char *why = way == AS_BROWSERS ? read_as_browsers_do(it, &arena, &url)
                                         : read_as_we_do(it, &arena, &url);

    if (!why) {
        ah_url_append_origin(&ours, &url, way == AS_BROWSERS);
        ah_buf_append(&ours, url.target);
        if (url.fragment.ptr) {
            ah_buf_append_char(&ours, '#');
            ah_buf_append(&ours, url.fragment);
        }
    }
    if (it->href.raw.ptr && way == AS_BROWSERS)
        ah_buf_append(&theirs, ah_buf_str(&it->href.value));
    else if (it->href.raw.ptr)
        without_userinfo(ah_buf_str(&it->href.value), &theirs);
    bool same = ah_str_equal(ah_buf_str(&ours), ah_buf_str(&theirs));
    ah_buf_release(&ours);
    ah_buf_release(&theirs);
    ah_arena_release(&arena);
    return same;
}

static bool is_allowed(const entry *it, const char *file)
{
    ah_buf line = {0};

    ah_buf_append_format(&line, "\t%s\t%.*s\t%.*s\n", file, (int)it->base.raw.len,
                         it->base.raw.ptr ? it->base.raw.ptr : "", (int)it->input.raw.len,
                         it->input.raw.ptr);
    assert_non_null(ah_buf_terminate(&line));
    bool found = strstr(allowed.data, line.data) != NULL;
    ah_buf_release(&line);
    return found;
}

static void check_entry(const entry *it, const char *file, reading way, tally *sum)
{
    bool same = is_as_in_browsers(it, way);

    sum->entries++;
    sum->deviations += !same;
    if (same == is_allowed(it, file))
        print_error("%s\t%s\t%.*s\t%.*s\n", same ? "NONE" : "DIFFERS", file, (int)it->base.raw.len,
                    it->base.raw.ptr ? it->base.raw.ptr : "", (int)it->input.raw.len,
                    it->input.raw.ptr);
}

static size_t allowed_count(const char *file)
{
    size_t count = 0;
    char tabbed[64];

    snprintf(tabbed, sizeof tabbed, "\t%s\t", file);
    for (const char *at = allowed.data; (at = strstr(at, tabbed)); at++)
        count++;
    return count;
}

static void check_file(const char *file, const char *path, reading way, size_t entries)
{
    ah_buf json = {0};
    entry it = {.input = {.raw = {NULL, 0}}};
    tally sum = {0, 0};

    if (!AHTTP_IDN) {
        print_message("without international names, more cases differ\n");
        skip();
    }
    read_vector_file(&json, path);
    for (const char *at = json.data; (at = strchr(at, '{'));) {
        at = read_entry(at + 1, &it);
        check_entry(&it, file, way, &sum);
    }
    assert_int_equal(sum.entries, entries);
    assert_int_equal(sum.deviations, allowed_count(file));
    ah_buf_release(&it.input.value);
    ah_buf_release(&it.base.value);
    ah_buf_release(&it.href.value);
    ah_buf_release(&json);
}

static int read_allowed(void **state)
{
    FILE *file = fopen(DEVIATIONS, "r");
    char piece[4096];
    size_t got;

    (void)state;
    assert_non_null(file);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        ah_buf_append(&allowed, ah_str_make(piece, got));
    fclose(file);
    return ah_buf_terminate(&allowed) ? 0 : -1;
}

static int free_allowed(void **state)
{
    (void)state;
    ah_buf_release(&allowed);
    return 0;
}

static void urls_are_read_as_most_clients_do_but_where_it_says_why(void **state)
{
    (void)state;
    check_file("consensus", "url/http-consensus.json", AS_GIVEN, 315);
    check_file("subset", "url/http-subset.json", AS_GIVEN, 469);
}

static void links_are_read_as_all_browsers_do(void **state)
{
    (void)state;
    check_file("browser-consensus", "url/http-consensus.json", AS_BROWSERS, 315);
    assert_int_equal(allowed_count("browser-consensus"), 0);
}

static void links_are_read_as_the_standard_does_but_where_it_says_why(void **state)
{
    (void)state;
    check_file("browser-subset", "url/http-subset.json", AS_BROWSERS, 469);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_read_as_most_clients_do_but_where_it_says_why),
        cmocka_unit_test(links_are_read_as_all_browsers_do),
        cmocka_unit_test(links_are_read_as_the_standard_does_but_where_it_says_why),
    };
    return cmocka_run_group_tests(tests, read_allowed, free_allowed);
}
