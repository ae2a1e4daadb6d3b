/* SPDX-License-Identifier: MIT */
/* A form as the pieces of multipart/form-data (RFC 7578), byte for byte as curl writes it. */
#include "encode.h"
#include "upload.h"
#include <stdlib.h>
#include <string.h>

typedef struct writing {
    upload *upload;
    bool backslashes;
    text *why;
} writing;

/* NULL: it says nothing. */
static const char *type_by_name(const char *name)
{
    static const char *const types[][2] = {
        {".gif", "image/gif"},       {".jpg", "image/jpeg"},       {".jpeg", "image/jpeg"},
        {".png", "image/png"},       {".svg", "image/svg+xml"},    {".txt", "text/plain"},
        {".htm", "text/html"},       {".html", "text/html"},       {".pdf", "application/pdf"},
        {".xml", "application/xml"}, {".json", "application/json"}};
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t end = strlen(types[i][0]);
        if (len >= end && equal_nocase(name + len - end, types[i][0]))
            return types[i][1];
    }
    return NULL;
}

/* A name in quotes, as the HTML Standard has it, or with backslashes. */
static void add_quoted(text *out, const char *name, bool backslashes)
{
    for (; *name; name++) {
        if (*name == '"')
            text_add_str(out, backslashes ? "\\\"" : "%22");
        else if (backslashes && *name == '\\')
            text_add_str(out, "\\\\");
        else if (!backslashes && *name == '\r')
            text_add_str(out, "%0D");
        else if (!backslashes && *name == '\n')
            text_add_str(out, "%0A");
        else
            text_add_char(out, *name);
    }
}

static bool has_own(const form_part *part, const char *name)
{
    for (size_t i = 0; i < part->headers.count; i++)
        if (value_of_field(part->headers.items[i], name))
            return true;
    return false;
}

static void add_disposition(text *head, const form_part *part, bool is_form_field, bool backslashes)
{
    text_add_format(head, "Content-Disposition: %s", is_form_field ? "form-data" : "attachment");
    if (part->name) {
        text_add_str(head, "; name=\"");
        add_quoted(head, part->name, backslashes);
        text_add_char(head, '"');
    }
    if (part->file_name) {
        text_add_str(head, "; filename=\"");
        add_quoted(head, part->file_name, backslashes);
        text_add_char(head, '"');
    }
    text_add_str(head, "\r\n");
}

/* The inner boundary differs from the outer one in its last character. */
static char *inner_boundary(const char *outer)
{
    char *inner = copy_text(outer);
    char *last = inner + strlen(inner) - 1;

    *last = *last == 'z' ? 'a' : *last == 'Z' ? 'A' : *last == '9' ? '0' : (char)(*last + 1);
    return inner;
}

static void write_head(const writing *to, const form_part *part, const char *inner,
                       bool is_form_field)
{
    text head = {0};
    const char *type = part->type;

    if (!type && part->is_nested)
        type = "multipart/mixed";
    if (!type && part->file_name)
        type = type_by_name(part->file_name);
    if (!type && part->file)
        type = type_by_name(part->file);
    if (!type && part->file && strcmp(part->file, "-") != 0) /* of a pipe nobody knows */
        type = "application/octet-stream";
    if (!has_own(part, "Content-Disposition"))
        add_disposition(&head, part, is_form_field, to->backslashes);
    if (type && !has_own(part, "Content-Type"))
        text_add_format(&head, inner ? "Content-Type: %s; boundary=%s\r\n" : "Content-Type: %s\r\n",
                        type, inner);
    if (part->encoder && !has_own(part, "Content-Transfer-Encoding"))
        text_add_format(&head, "Content-Transfer-Encoding: %s\r\n", part->encoder);
    for (size_t i = 0; i < part->headers.count; i++)
        text_add_format(&head, "%s\r\n", part->headers.items[i]);
    text_add_str(&head, "\r\n");
    upload_add(to->upload, head.bytes, head.len);
    text_free(&head);
}

/* ---- Encoders ---- */

enum { ENCODED_LINE = 76 };

static void encode_lines(text *out, const text *from)
{
    text whole = {0};

    encode_base64(&whole, text_str(from), from->len);
    for (size_t at = 0; at < whole.len; at += ENCODED_LINE) {
        size_t left = whole.len - at;
        if (at > 0)
            text_add_str(out, "\r\n");
        text_add(out, whole.bytes + at, left < ENCODED_LINE ? left : ENCODED_LINE);
    }
    text_free(&whole);
}

/* RFC 2045 §6.7. */
static void encode_quoted_printable(text *out, const text *from)
{
    size_t column = 0;

    for (size_t i = 0; i < from->len; i++) {
        const char *at = from->bytes + i;
        bool is_line_end = at[0] == '\r' && i + 1 < from->len && at[1] == '\n';
        if (is_line_end) {
            text_add_str(out, "\r\n");
            column = 0;
            i++;
            continue;
        }
        bool before_end =
            i + 1 == from->len || (i + 2 < from->len && at[1] == '\r' && at[2] == '\n');
        bool is_blank = *at == ' ' || *at == '\t';
        bool is_plain = (*at >= '!' && *at <= '~' && *at != '=') || (is_blank && !before_end);
        size_t width = is_plain ? 1 : 3;
        if (column + width > (size_t)(before_end ? ENCODED_LINE : ENCODED_LINE - 1)) {
            text_add_str(out, "=\r\n");
            column = 0;
        }
        text_add_format(out, is_plain ? "%c" : "=%02X", (unsigned char)*at);
        column += width;
    }
}

/* False: no such encoder, or it cannot hold these bytes. */
static bool encode(text *out, const text *from, const char *encoder)
{
    if (equal_nocase(encoder, "base64")) {
        encode_lines(out, from);
    } else if (equal_nocase(encoder, "quoted-printable")) {
        encode_quoted_printable(out, from);
    } else {
        bool is_7bit = equal_nocase(encoder, "7bit");
        if (!is_7bit && !equal_nocase(encoder, "8bit") && !equal_nocase(encoder, "binary"))
            return false;
        for (size_t i = 0; is_7bit && i < from->len; i++)
            if ((unsigned char)from->bytes[i] > 127)
                return false;
        text_add(out, text_str(from), from->len);
    }
    return true;
}

static bool write_encoded(const writing *to, const form_part *part)
{
    text plain = {0}, coded = {0};
    bool good = true;

    if (part->file)
        good = text_add_file(&plain, part->file);
    else
        text_add(&plain, text_str(&part->data), part->data.len);
    good = good && encode(&coded, &plain, part->encoder);
    if (good)
        upload_add(to->upload, text_str(&coded), coded.len);
    else
        text_add_str(to->why, part->file ? part->file : part->encoder);
    text_free(&plain);
    text_free(&coded);
    return good;
}

/* ---- Parts ---- */

static bool write_parts(const writing *to, const form_part *parent, const char *boundary,
                        bool is_form);

static bool write_content(const writing *to, const form_part *part, const char *inner)
{
    text input = {0};

    if (part->is_nested)
        return write_parts(to, part, inner, false);
    if (part->encoder)
        return write_encoded(to, part);
    if (!part->file) {
        upload_add(to->upload, text_str(&part->data), part->data.len);
        return true;
    }
    if (strcmp(part->file, "-") == 0) { /* its length must be known */
        bool good = text_add_file(&input, "-");
        upload_add(to->upload, text_str(&input), input.len);
        text_free(&input);
        return good;
    }
    if (upload_add_file(to->upload, part->file, 0))
        return true;
    text_add_str(to->why, part->file);
    return false;
}

static void write_boundary(const writing *to, const char *before, const char *boundary,
                           const char *behind)
{
    char *line = format_text("%s--%s%s\r\n", before, boundary, behind);

    upload_add(to->upload, line, strlen(line));
    free(line);
}

static bool write_parts(const writing *to, const form_part *parent, const char *boundary,
                        bool is_form)
{
    bool good = true;

    for (const form_part *part = parent->children; part && good; part = part->next) {
        char *inner = part->is_nested ? inner_boundary(boundary) : NULL;
        write_boundary(to, part == parent->children ? "" : "\r\n", boundary, "");
        write_head(to, part, inner, is_form);
        good = write_content(to, part, inner);
        free(inner);
    }
    write_boundary(to, parent->children ? "\r\n" : "", boundary, "--");
    return good;
}

bool upload_add_form(upload *upload, const form_part *form, const char *boundary,
                     const form_style *style, text *why)
{
    writing to = {.upload = upload, .backslashes = style->backslashes, .why = why};

    return write_parts(&to, form, boundary, !style->is_other_type);
}
