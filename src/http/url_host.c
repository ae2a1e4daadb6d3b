/* SPDX-License-Identifier: MIT */
#include "http/url_host.h"
#include <arpa/inet.h>

/* Row by row from space, "@" and "`"; the lower half of ASCII and what is beyond it is NUL. */
const char ah_host_chars[256] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0!\"\0$\0&'()*+,-.\0"
                                "0123456789\0;\0=\0\0"
                                "\0abcdefghijklmnopqrstuvwxyz\0\0\0\0_"
                                "`abcdefghijklmnopqrstuvwxyz{\0}~\0";

static const char *why_not(char c)
{
    if (c == '%')
        return "the host has a %XX escape: write the character itself";
    if ((unsigned char)c >= 0x80)
        return "the host has characters beyond ASCII";
    if (c <= ' ' || c == 0x7f)
        return "the host has a space or control character";
    return "the host has a character that no host name may have";
}

/* As a resolver in the manner of inet_aton would see it: decimal, octal or hexadecimal. */
static bool is_number(ah_str label)
{
    bool is_hex = ah_str_starts_with_nocase(label, AH_STR("0x"));

    for (size_t i = is_hex ? 2 : 0; i < label.len; i++)
        if (is_hex ? ah_hex_value(label.ptr[i]) < 0 : !ah_is_digit(label.ptr[i]))
            return false;
    return label.len > 0;
}

/* All labels are numbers: inet_aton may take it for an address.  Other names may end in one. */
static bool is_numeric(ah_str name)
{
    if (name.ptr[name.len - 1] == '.')
        name.len--;
    for (size_t start = 0; start <= name.len;) {
        ah_str rest = ah_str_slice(name, start, SIZE_MAX);
        ah_str label = ah_str_slice(rest, 0, ah_str_find(rest, '.'));
        if (!is_number(label))
            return false;
        start += label.len + 1;
    }
    return true;
}

/* Decimal numbers without extra zeros, which some read as octal. */
static bool is_dotted_quad(ah_str name)
{
    const char *at = name.ptr;
    const char *end = at + name.len;

    for (int dots = 0; at < end && ah_is_digit(*at); dots++) {
        unsigned number = (unsigned)(*at++ - '0');
        while (number > 0 && number <= 255 && at < end && ah_is_digit(*at))
            number = number * 10 + (unsigned)(*at++ - '0');
        if (number > 255)
            return false;
        if (at == end)
            return dots == 3;
        if (*at++ != '.')
            return false;
    }
    return false;
}

const char *ah_host_check_characters(ah_str name)
{
    if (name.len == 0)
        return "the host is missing";
    for (size_t i = 0; i < name.len; i++)
        if (!ah_host_chars[(unsigned char)name.ptr[i]])
            return why_not(name.ptr[i]);
    return NULL;
}

const char *ah_host_check_digits(ah_str name)
{
    if (!is_dotted_quad(name) && is_numeric(name))
        return "the host is a number but no IPv4 address like 192.0.2.1";
    return NULL;
}

const char *ah_host_check_name(ah_str name)
{
    const char *why = ah_host_check_characters(name);

    return why ? why : ah_host_check_number(name);
}

const char *ah_host_read_ipv6(ah_str text, unsigned char address[16])
{
    static const char no_address[] = "the host in brackets is not an IPv6 address";
    char terminated[INET6_ADDRSTRLEN];

    if (text.len >= sizeof terminated || ah_str_find(text, '\0') < text.len)
        return no_address;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return inet_pton(AF_INET6, terminated, address) == 1 ? NULL : no_address;
}

typedef struct zero_run {
    int start;
    int len;
} zero_run;

/* The first of the longest runs of zeros; one zero alone is none (RFC 5952 §4.2). */
static zero_run longest_zeros(const unsigned groups[8])
{
    zero_run best = {8, 1};
    zero_run run = {0, 0};

    for (int i = 0; i < 8; i++) {
        if (groups[i] != 0) {
            run = (zero_run){i + 1, 0};
        } else if (++run.len > best.len) {
            best = run;
        }
    }
    return best;
}

static char *write_hex(char *at, unsigned group)
{
    int shift = 12;

    while (shift > 0 && group >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[group >> shift & 15];
    return at;
}

char *ah_host_write_ipv6(char *at, const unsigned char address[16])
{
    unsigned groups[8];

    for (size_t i = 0; i < 8; i++)
        groups[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
    zero_run zeros = longest_zeros(groups);
    for (int i = 0; i < 8; i++) {
        if (i == zeros.start) {
            *at++ = ':';
            *at++ = ':';
            i += zeros.len - 1;
            continue;
        }
        if (i > 0 && i != zeros.start + zeros.len)
            *at++ = ':';
        at = write_hex(at, groups[i]);
    }
    return at;
}

const char *ah_host_check_zone(ah_str zone)
{
    bool is_valid = zone.len > 0;

    for (size_t i = 0; i < zone.len; i++) {
        char c = zone.ptr[i];
        if (!ah_is_alpha(c) && !ah_is_digit(c) && (c == '\0' || !strchr("-._~", c)))
            is_valid = false;
    }
    return is_valid ? NULL : "the zone id of the IPv6 address is not the name of an interface";
}
