/* SPDX-License-Identifier: MIT */
#include "http/idn.h"
#include "http/url_browser.h"
#include "http/url_host.h"

/* ---- Addresses ---- */

static const char *append_ipv6(ah_buf *out, ah_str text)
{
    unsigned char address[16];
    char written[AH_HOST_IPV6_MAX];

    if (text.ptr[text.len - 1] != ']')
        return "the bracket round the IPv6 address is not closed";
    const char *why = ah_host_read_ipv6(ah_str_slice(text, 1, text.len - 2), address);
    if (why)
        return why;
    char *end = ah_host_write_ipv6(written, address);
    ah_buf_append_char(out, '[');
    ah_buf_append(out, ah_str_make(written, (size_t)(end - written)));
    ah_buf_append_char(out, ']');
    return NULL;
}

/* Decimal, octal behind "0", hexadecimal behind "0x"; what is too large is UINT64_C(1) << 32. */
static bool read_number(ah_str text, uint64_t *number)
{
    uint64_t base = 10;

    *number = 0;
    if (text.len == 0)
        return false;
    if (ah_str_starts_with_nocase(text, AH_STR("0x"))) {
        base = 16;
        text = ah_str_slice(text, 2, SIZE_MAX);
    } else if (text.len > 1 && text.ptr[0] == '0') {
        base = 8;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = ah_hex_value(text.ptr[i]);
        if (digit < 0 || (uint64_t)digit >= base)
            return false;
        *number = *number * base + (uint64_t)digit;
        if (*number >> 32)
            *number = UINT64_C(1) << 32;
    }
    return true;
}

static bool is_decimal(ah_str text)
{
    size_t i = 0;

    while (i < text.len && ah_is_digit(text.ptr[i]))
        i++;
    return i == text.len && i > 0;
}

/* "The ends in a number checker": such a name must be an address. */
static bool ends_in_number(ah_str name)
{
    size_t dot = ah_str_find_last(name, '.');
    uint64_t number;
    ah_str last = dot < name.len ? ah_str_slice(name, dot + 1, SIZE_MAX) : name;

    return is_decimal(last) || read_number(last, &number);
}

/* One to four numbers; the last fills what the others leave.  name has no dot at its end. */
static bool read_ipv4(ah_str name, uint32_t *address)
{
    uint64_t number = 0;
    uint64_t whole = 0;
    unsigned bits = 32; /* that are left */
    ah_str label;

    for (int i = 0; ah_str_split(&name, '.', &label); i++) {
        if (!read_number(label, &number))
            return false;
        if (name.ptr) {
            if (number > 255 || i == 3)
                return false;
            bits -= 8;
            whole |= number << bits;
        }
    }
    *address = (uint32_t)(whole | number);
    return number >> bits == 0;
}

static const char *append_name(ah_buf *out, ah_str name)
{
    bool has_dot = name.len > 1 && name.ptr[name.len - 1] == '.';
    ah_str without_dot = ah_str_make(name.ptr, name.len - has_dot);
    uint32_t address;

    if (!ends_in_number(without_dot)) {
        ah_buf_append(out, name);
        return NULL;
    }
    if (!read_ipv4(without_dot, &address))
        return "the host ends in a number but is no IPv4 address";
    ah_buf_append_format(out, "%u.%u.%u.%u", (unsigned)(address >> 24),
                         (unsigned)(address >> 16 & 255), (unsigned)(address >> 8 & 255),
                         (unsigned)(address & 255));
    return NULL;
}

/* ---- Names ---- */

static bool is_international(ah_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] >= 0x80)
            return true;
    return false;
}

const char *ah_url_append_browser_host(ah_buf *out, ah_arena *arena, ah_str text)
{
    ah_buf decoded = {0};
    const char *why = NULL;

    if (text.len > 0 && text.ptr[0] == '[')
        return append_ipv6(out, text);
    ah_url_percent_decode(&decoded, text);
    ah_str name = ah_buf_str(&decoded);
    if (ah_buf_failed(&decoded))
        why = AH_URL_NO_MEMORY;
    else if (is_international(name))
        why = ah_idn_to_ascii(arena, name, &name);
    if (!why)
        why = ah_host_check_characters(name);
    if (!why)
        why = append_name(out, name);
    ah_buf_release(&decoded);
    return why;
}
