/* SPDX-License-Identifier: MIT */
/* Multipart bodies: the data become parts, and a small reader finds them again.  Each part is
   "name TAB filename TAB type TAB body", and NUL stands between parts. */
#include "fuzz.h"
#include "http/headers.h"
#include "http/multipart.h"

enum { MAX_PARTS = 8 };
static const ah_str boundary = {"ahttp-no-body-has-this", 22};

typedef struct made_part {
    ah_multipart_part part;
    ah_str body;
} made_part;

static size_t make_parts(ah_str data, made_part parts[MAX_PARTS])
{
    ah_str text;
    size_t count = 0;

    while (count < MAX_PARTS && ah_str_split(&data, '\0', &text)) {
        ah_multipart_part part = {.name = {NULL, 0}};
        ah_str_split(&text, '\t', &part.name);
        ah_str_split(&text, '\t', &part.filename);
        ah_str_split(&text, '\t', &part.content_type);
        part.size = (int64_t)text.len;
        if (!ah_multipart_check_part(&part))
            parts[count++] = (made_part){part, text};
    }
    return count;
}

static void write_all(ah_buf *out, const made_part parts[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ah_multipart_write_head(out, boundary, &parts[i].part);
        ah_buf_append(out, parts[i].body);
        ah_buf_append(out, AH_MULTIPART_PART_END);
    }
    ah_multipart_write_end(out, boundary);
}

/* ---- The reader ---- */

static void expect(ah_str *text, ah_str expected)
{
    must(ah_str_starts_with(*text, expected));
    *text = ah_str_slice(*text, expected.len, text->len);
}

/* A quoted string, which must be what becomes of value in quotes. */
static void expect_quoted(ah_str *text, ah_str value)
{
    expect(text, AH_STR("\""));
    for (size_t i = 0; i < value.len; i++)
        switch (value.ptr[i]) {
        case '"': expect(text, AH_STR("%22")); break;
        case '\r': expect(text, AH_STR("%0D")); break;
        case '\n': expect(text, AH_STR("%0A")); break;
        default: expect(text, ah_str_make(&value.ptr[i], 1));
        }
    expect(text, AH_STR("\""));
}

static ah_str take_line(ah_str *text)
{
    size_t end = ah_str_find(*text, '\r');
    ah_str line = ah_str_slice(*text, 0, end);

    must(end + 1 < text->len && text->ptr[end + 1] == '\n');
    *text = ah_str_slice(*text, end + 2, text->len);
    return line;
}

static void expect_part(ah_str *text, const made_part *made)
{
    const ah_multipart_part *part = &made->part;

    expect(text, AH_STR("--"));
    expect(text, boundary);
    expect(text, AH_STR("\r\n"));
    if (part->name.ptr) {
        ah_str line = take_line(text);
        expect(&line, AH_STR("Content-Disposition: form-data; name="));
        expect_quoted(&line, part->name);
        if (part->filename.ptr) {
            expect(&line, AH_STR("; filename="));
            expect_quoted(&line, part->filename);
        }
        must(line.len == 0);
    }
    if (part->content_type.ptr) {
        ah_str line = take_line(text);
        expect(&line, AH_STR("Content-Type: "));
        must(ah_str_equal(line, part->content_type));
    }
    must(take_line(text).len == 0);
    expect(text, made->body);
    expect(text, AH_STR("\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    made_part parts[MAX_PARTS];
    ah_multipart_part descriptions[MAX_PARTS];
    ah_buf out = {0};
    size_t count = make_parts(ah_str_make((const char *)data, size), parts);

    write_all(&out, parts, count);
    ah_str text = ah_buf_str(&out);
    for (size_t i = 0; i < count; i++) {
        expect_part(&text, &parts[i]);
        descriptions[i] = parts[i].part;
    }
    must(ah_str_equal(text, AH_STR("--ahttp-no-body-has-this--\r\n")));
    must(ah_multipart_length(boundary, count, descriptions) == (int64_t)out.len);
    ah_buf_release(&out);

    /* A boundary of the caller's. */
    ah_str given = ah_str_make((const char *)data, size);
    if (!ah_multipart_check_boundary(given)) {
        ah_multipart_write_type(&out, AH_STR("form-data"), given);
        must(!ah_buf_failed(&out) && ah_field_value_is_valid(ah_buf_str(&out)));
        ah_buf_release(&out);
    }
    return 0;
}
