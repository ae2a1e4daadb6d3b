/* SPDX-License-Identifier: MIT */
#include "http/h1_writer.h"

/* What a head needs besides the texts of its maker: names, digits, blanks and line ends. */
enum { MOST_OVERHEAD = 128 };

static bool is_written_by_us(ah_str name)
{
    switch (name.len) {
    case 4: return ah_str_equal_nocase(name, AH_STR("Host"));
    case 14: return ah_str_equal_nocase(name, AH_STR("Content-Length"));
    case 17: return ah_str_equal_nocase(name, AH_STR("Transfer-Encoding"));
    default: return false;
    }
}

void ah_h1_write_fields(ah_buf *out, const ahttp_headers *fields)
{
    for (size_t i = 0; fields && i < fields->count; i++) {
        const ah_field *field = &fields->fields[i];
        if (is_written_by_us(field->name))
            continue;
        ah_buf_append(out, field->name);
        ah_buf_append(out, AH_STR(": "));
        ah_buf_append(out, field->value);
        ah_buf_append(out, AH_STR("\r\n"));
    }
}

/* RFC 9110 §8.6: where the method gives a body a meaning, its absence is said. */
static inline bool expects_body(ah_str method)
{
    return ah_str_equal(method, AH_STR("POST")) || ah_str_equal(method, AH_STR("PUT")) ||
           ah_str_equal(method, AH_STR("PATCH"));
}

static void write_framing(ah_buf *out, const ah_request_head *head)
{
    if (head->body_length < 0) {
        ah_buf_append(out, AH_STR("Transfer-Encoding: chunked\r\n"));
    } else if (head->body_length > 0 || head->has_body || expects_body(head->method)) {
        ah_buf_append(out, AH_STR("Content-Length: "));
        ah_buf_append_u64(out, (uint64_t)head->body_length);
        ah_buf_append(out, AH_STR("\r\n"));
    }
}

static bool says(const ahttp_headers *fields, ah_str option)
{
    return fields && ah_headers_list_has(fields, AH_STR("Connection"), option);
}

/* HTTP/1.1 goes on by default, HTTP/1.0 ends (RFC 9112 §9.3). */
static void write_persistence(ah_buf *out, const ah_request_head *head)
{
    if (head->wants_close && !says(head->fields, AH_STR("close")))
        ah_buf_append(out, AH_STR("Connection: close\r\n"));
    else if (head->http_1_0 && !head->wants_close && !says(head->fields, AH_STR("keep-alive")))
        ah_buf_append(out, AH_STR("Connection: keep-alive\r\n"));
}

static char *put(char *at, ah_str text)
{
    memcpy(at, text.ptr, text.len);
    return at + text.len;
}

/* RFC 9112 §3.2.2, and §3.2.4: the whole of the server is a URL without a path. */
AH_APART static char *put_absolute_target(char *at, const ah_request_head *head)
{
    bool is_star = ah_str_equal(head->target, AH_STR("*"));

    if (is_star || head->target.ptr[0] == '/')
        at = put(at, head->target_prefix);
    return is_star ? at : put(at, head->target);
}

static char *put_target(char *at, const ah_request_head *head)
{
    return AH_UNLIKELY(head->target_prefix.len > 0) ? put_absolute_target(at, head)
                                                    : put(at, head->target);
}

void ah_h1_write_target(ah_buf *out, const ah_request_head *head)
{
    char *room = ah_buf_reserve(out, head->target_prefix.len + head->target.len);

    if (room)
        out->len += (size_t)(put_target(room, head) - room);
}

/* Request line, Host, and the fields that are rendered already. */
static char *put_start(char *at, const ah_request_head *head)
{
    at = put(at, head->method);
    *at++ = ' ';
    at = put_target(at, head);
    at = AH_UNLIKELY(head->http_1_0) ? put(at, AH_STR(" HTTP/1.0\r\n"))
                                     : put(at, AH_STR(" HTTP/1.1\r\n"));
    if (AH_LIKELY(!head->is_exact)) {
        at = put(at, AH_STR("Host: "));
        at = put(at, head->authority);
        at = put(at, AH_STR("\r\n"));
    }
    return head->fields_text.ptr ? put(at, head->fields_text) : at;
}

/* Whether more follows than the empty line. */
static bool has_rest(const ah_request_head *head)
{
    if (AH_UNLIKELY(head->has_body || head->wants_close || head->is_exact || head->http_1_0))
        return !head->is_exact;
    return !head->fields_text.ptr || head->body_length != 0 || expects_body(head->method);
}

AH_APART static void write_rest(ah_buf *out, const ah_request_head *head)
{
    if (!head->fields_text.ptr)
        ah_h1_write_fields(out, head->fields);
    write_framing(out, head);
    write_persistence(out, head);
    ah_buf_append(out, AH_STR("\r\n"));
}

void ah_h1_write_head(ah_buf *out, const ah_request_head *head)
{
    char *room =
        ah_buf_reserve(out, head->method.len + head->target_prefix.len + head->target.len +
                                head->authority.len + head->fields_text.len + MOST_OVERHEAD);

    if (!room)
        return;
    char *end = put_start(room, head);
    bool goes_on = has_rest(head);
    if (AH_LIKELY(!goes_on))
        end = put(end, AH_STR("\r\n"));
    out->len += (size_t)(end - room);
    if (goes_on)
        write_rest(out, head);
}

void ah_h1_write_chunk_start(ah_buf *out, size_t size)
{
    char digits[sizeof size * 2];
    size_t start = sizeof digits;

    do {
        digits[--start] = "0123456789abcdef"[size & 15];
        size >>= 4;
    } while (size > 0);
    ah_buf_append(out, ah_str_make(digits + start, sizeof digits - start));
    ah_buf_append(out, AH_STR("\r\n"));
}
