/* SPDX-License-Identifier: MIT */
#include "http/multipart.h"
#include "http/headers.h"
#include <errno.h>
#include <unistd.h>

static const ah_str boundary_prefix = {"ahttp-", 6};

/* ---- Boundaries ---- */

ahttp_error *ah_multipart_make_boundary(char boundary[AH_MULTIPART_BOUNDARY_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[(AH_MULTIPART_BOUNDARY_LEN - 6) / 2];
    char *at = boundary + boundary_prefix.len;

    if (getentropy(random, sizeof random) < 0)
        return ah_error_system(AHTTP_E_SYSTEM, -errno, "make multipart boundary");
    memcpy(boundary, boundary_prefix.ptr, boundary_prefix.len);
    for (size_t i = 0; i < sizeof random; i++) {
        *at++ = digits[random[i] >> 4];
        *at++ = digits[random[i] & 15];
    }
    *at = '\0';
    return NULL;
}

/* bcharsnospace of RFC 2046 §5.1.1. */
static bool may_be_in_boundary(char c)
{
    return ah_is_alpha(c) || ah_is_digit(c) || (c != '\0' && strchr("'()+_,-./:=?", c));
}

const char *ah_multipart_check_boundary(ah_str boundary)
{
    if (boundary.len == 0)
        return "it is empty";
    if (boundary.len > AH_MULTIPART_BOUNDARY_MAX)
        return "it has more than 70 characters";
    for (size_t i = 0; i < boundary.len; i++)
        if (!may_be_in_boundary(boundary.ptr[i]) && boundary.ptr[i] != ' ')
            return "it has a character that is not allowed";
    if (boundary.ptr[boundary.len - 1] == ' ')
        return "it ends with a space";
    return NULL;
}

void ah_multipart_write_type(ah_buf *out, ah_str subtype, ah_str boundary)
{
    ah_str quote = ah_field_name_is_valid(boundary) ? AH_STR("") : AH_STR("\"");

    ah_buf_append(out, AH_STR("multipart/"));
    ah_buf_append(out, subtype);
    ah_buf_append(out, AH_STR("; boundary="));
    ah_buf_append(out, quote);
    ah_buf_append(out, boundary);
    ah_buf_append(out, quote);
}

/* ---- Parts ---- */

const char *ah_multipart_check_part(const ah_multipart_part *part)
{
    if (part->filename.ptr && !part->name.ptr)
        return "it has a file name but no name";
    if (part->content_type.ptr && !ah_field_value_is_valid(part->content_type))
        return "its content type has a control character";
    for (const ahttp_pair *field = part->fields; field && field->name; field++) {
        if (!ah_field_name_is_valid(ah_str_from(field->name)))
            return "the name of a header of it is not a token";
        if (!field->value || !ah_field_value_is_valid(ah_str_from(field->value)))
            return "the value of a header of it has a control character";
    }
    return NULL;
}

/* Texts of a head go either into a buffer, or, where that is NULL, only into the sum. */
typedef struct head_writer {
    ah_buf *out;
    size_t len;
} head_writer;

static void put(head_writer *writer, ah_str text)
{
    if (writer->out)
        ah_buf_append(writer->out, text);
    writer->len += text.len;
}

static ah_str escape_of(char c)
{
    switch (c) {
    case '"': return AH_STR("%22");
    case '\r': return AH_STR("%0D");
    case '\n': return AH_STR("%0A");
    default: return AH_STR("");
    }
}

static void put_quoted(head_writer *writer, ah_str text)
{
    size_t start = 0;

    put(writer, AH_STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        ah_str escape = escape_of(text.ptr[i]);
        if (escape.len == 0)
            continue;
        put(writer, ah_str_slice(text, start, i - start));
        put(writer, escape);
        start = i + 1;
    }
    put(writer, ah_str_slice(text, start, text.len));
    put(writer, AH_STR("\""));
}

static void put_field(head_writer *writer, ah_str name, ah_str value)
{
    put(writer, name);
    put(writer, AH_STR(": "));
    put(writer, value);
    put(writer, AH_STR("\r\n"));
}

static void put_head(head_writer *writer, ah_str boundary, const ah_multipart_part *part)
{
    put(writer, AH_STR("--"));
    put(writer, boundary);
    put(writer, AH_STR("\r\n"));
    if (part->name.ptr) {
        put(writer, AH_STR("Content-Disposition: form-data; name="));
        put_quoted(writer, part->name);
        if (part->filename.ptr) {
            put(writer, AH_STR("; filename="));
            put_quoted(writer, part->filename);
        }
        put(writer, AH_STR("\r\n"));
    }
    if (part->content_type.ptr)
        put_field(writer, AH_STR("Content-Type"), part->content_type);
    for (const ahttp_pair *field = part->fields; field && field->name; field++)
        put_field(writer, ah_str_from(field->name), ah_str_from(field->value));
    put(writer, AH_STR("\r\n"));
}

static void put_end(head_writer *writer, ah_str boundary)
{
    put(writer, AH_STR("--"));
    put(writer, boundary);
    put(writer, AH_STR("--\r\n"));
}

void ah_multipart_write_head(ah_buf *out, ah_str boundary, const ah_multipart_part *part)
{
    put_head(&(head_writer){.out = out}, boundary, part);
}

void ah_multipart_write_end(ah_buf *out, ah_str boundary)
{
    put_end(&(head_writer){.out = out}, boundary);
}

/* ---- Length ---- */

int64_t ah_multipart_length(ah_str boundary, size_t count, const ah_multipart_part parts[])
{
    head_writer writer = {.out = NULL};
    uint64_t bodies = 0;

    put_end(&writer, boundary);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size < 0 || bodies > INT64_MAX)
            return -1;
        bodies += (uint64_t)parts[i].size;
        put_head(&writer, boundary, &parts[i]);
        put(&writer, AH_MULTIPART_PART_END);
    }
    if (bodies > INT64_MAX || writer.len > INT64_MAX - bodies)
        return -1;
    return (int64_t)(bodies + writer.len);
}
