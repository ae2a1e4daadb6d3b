/* SPDX-License-Identifier: MIT */
/* The fields are found where they came; then all is copied to the arena at once, and their
   views are moved there. */
#include "http/h1_plain.h"
#include "base/mem.h"

/* How many of eight bytes come before the first control character.  Each line sets the top bit of
   the first byte that is one: below 0x20, or 0x7F. */
static size_t printable_of(const char *eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;

    memcpy(&word, eight, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    uint64_t rubout = word ^ ones * 0x7F;
    uint64_t hits = (word - ones * 0x20) & ~word;
    hits |= (rubout - ones) & ~rubout;
    hits &= ones << 7;
    return hits ? (size_t)__builtin_ctzll(hits) / 8 : sizeof word;
}

static bool is_printable(char c)
{
    return (unsigned char)c >= 0x20 && c != 0x7F;
}

/* The CR that ends the line, with its LF behind it; NULL: something else is in the way. */
static const char *find_line_end(const char *at, const char *end)
{
    size_t count = sizeof(uint64_t);

    while (end - at >= 8 && count == sizeof(uint64_t))
        at += count = printable_of(at);
    while (at < end && is_printable(*at))
        at++;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? at : NULL;
}

/* "HTTP/1.1 200 OK": what follows its line, or NULL. */
static const char *read_status_line(ah_response_head *head, const char *at, const char *end,
                                    size_t max_line)
{
    const size_t least = sizeof "HTTP/1.1 200" - 1;

    if ((size_t)(end - at) < least || memcmp(at, "HTTP/1.", 7) != 0 || at[8] != ' ')
        return NULL;
    if ((at[7] != '0' && at[7] != '1') || at[9] < '1' || at[9] > '9' || !ah_is_digit(at[10]) ||
        !ah_is_digit(at[11]))
        return NULL;
    const char *line_end = find_line_end(at + least, end);
    if (!line_end || (size_t)(line_end - at) > max_line)
        return NULL;
    if (line_end > at + least && at[least] != ' ')
        return NULL;
    head->minor_version = at[7] - '0';
    head->status = (at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0');
    head->reason = (size_t)(line_end - at) > least + 1
                       ? ah_str_make(at + least + 1, (size_t)(line_end - at) - least - 1)
                       : AH_STR("");
    return line_end + 2;
}

/* One field; what follows its line, or NULL. */
static const char *read_field(ahttp_headers *fields, const char *at, const char *end,
                              size_t max_field)
{
    const char *colon = at;

    while (colon < end && ah_token_chars[(unsigned char)*colon])
        colon++;
    if (colon == at || colon == end || *colon != ':')
        return NULL;
    const char *value = colon + 1;
    while (value < end && *value == ' ')
        value++;
    const char *line_end = find_line_end(value, end);
    if (!line_end || (size_t)(colon - at) + (size_t)(line_end - value) > max_field)
        return NULL;
    const char *value_end = line_end;
    while (value_end > value && value_end[-1] == ' ')
        value_end--;
    if (!ah_headers_add_borrowed(fields, ah_str_make(at, (size_t)(colon - at)),
                                 ah_str_make(value, (size_t)(value_end - value))))
        return NULL;
    return line_end + 2;
}

/* The fields, up to the empty line; what follows that, or NULL. */
static const char *read_fields(ahttp_headers *fields, const char *at, const char *end,
                               const ah_response_rules *rules)
{
    while (at && (end - at < 2 || at[0] != '\r' || at[1] != '\n')) {
        if (fields->count == rules->max_fields)
            return NULL;
        at = read_field(fields, at, end, rules->max_field);
    }
    return at ? at + 2 : NULL;
}

static ah_str moved(ah_str view, const char *from, char *to)
{
    char *place = to + (view.ptr - from);

    place[view.len] = '\0';
    return ah_str_make(place, view.len);
}

static bool move_to_arena(ah_response_head *head, const char *from, size_t len)
{
    ahttp_headers *fields = &head->fields;
    char *to = ah_arena_copy(fields->arena, ah_str_make(from, len));

    if (!to)
        return false;
    if (head->reason.len > 0)
        head->reason = moved(head->reason, from, to);
    for (size_t i = 0; i < fields->count; i++) {
        ah_field *field = &fields->fields[i];
        field->name = moved(field->name, from, to);
        field->value = moved(field->value, from, to);
    }
    return true;
}

/* Two readers of one head must not come to different ends: a plain head is framed by one
   number, or by "chunked" alone, or not at all. */
static bool is_framed_plainly(const ahttp_headers *fields, ah_framing framing)
{
    const ah_field *coding;

    switch (framing) {
    case AH_FRAMING_LENGTH: return true;
    case AH_FRAMING_CHUNKED:
        coding = ah_headers_find(fields, AH_STR("Transfer-Encoding"));
        return !ah_headers_find_next(fields, coding) &&
               ah_str_equal_nocase(coding->value, AH_STR("chunked"));
    case AH_FRAMING_NONE:
    case AH_FRAMING_UNTIL_CLOSE:
        return !ah_headers_has(fields, AH_STR("Content-Length")) &&
               !ah_headers_has(fields, AH_STR("Transfer-Encoding"));
    default: return false;
    }
}

size_t ah_h1_read_plain(ah_response_head *head, ah_str input, const ah_response_rules *rules,
                        ah_str request_method, ah_body_length *body)
{
    const char *start = input.ptr;
    const char *end = start + (input.len < rules->max_head ? input.len : rules->max_head);
    const char *at = read_status_line(head, start, end, rules->max_line);

    if (at)
        at = read_fields(&head->fields, at, end, rules);
    if (at && move_to_arena(head, start, (size_t)(at - start))) {
        *body = ah_response_body_length(request_method, head);
        if (AH_LIKELY(is_framed_plainly(&head->fields, body->framing)))
            return (size_t)(at - start);
    }
    ah_headers_clear(&head->fields);
    return 0;
}
