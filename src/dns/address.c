/* SPDX-License-Identifier: MIT */
#include "dns/address.h"
#include <arpa/inet.h>
#include <net/if.h>

/* The longest literal: IPv6 with an embedded IPv4, "%" and the name of an interface. */
enum { LITERAL_SIZE = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE };
_Static_assert(AH_ADDRESS_TEXT > LITERAL_SIZE + 8, "brackets, colon, port and NUL must fit");

static bool parse_v4(const char *text, ah_address *address)
{
    address->v4.sin_family = AF_INET;
    return inet_pton(AF_INET, text, &address->v4.sin_addr) == 1;
}

/* 0 when there is no such interface. */
static uint32_t parse_zone(const char *zone)
{
    uint64_t number;

    if (ah_str_to_u64(ah_str_from(zone), &number))
        return number <= UINT32_MAX ? (uint32_t)number : 0;
    return if_nametoindex(zone);
}

static bool parse_v6(char *text, ah_address *address)
{
    char *percent = strchr(text, '%');

    address->v6.sin6_family = AF_INET6;
    if (percent) {
        *percent = '\0';
        address->v6.sin6_scope_id = parse_zone(percent + 1);
        if (address->v6.sin6_scope_id == 0)
            return false;
    }
    return inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1;
}

bool ah_address_parse(ah_str text, uint16_t port, ah_address *address)
{
    char copy[LITERAL_SIZE];

    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    memset(address, 0, sizeof *address);
    if (!(strchr(copy, ':') ? parse_v6(copy, address) : parse_v4(copy, address)))
        return false;
    ah_address_set_port(address, port);
    return true;
}

/* Decimal, octal or hexadecimal, or empty. */
static bool is_number(ah_str label)
{
    bool is_hex = ah_str_starts_with_nocase(label, AH_STR("0x"));

    for (size_t i = is_hex ? 2 : 0; i < label.len; i++)
        if (is_hex ? ah_hex_value(label.ptr[i]) < 0 : !ah_is_digit(label.ptr[i]))
            return false;
    return true;
}

bool ah_address_looks_numeric(ah_str text)
{
    ah_str label;
    bool has_label = false;

    while (ah_str_split(&text, '.', &label)) {
        if (!is_number(label))
            return false;
        has_label = has_label || label.len > 0;
    }
    return has_label;
}

socklen_t ah_address_len(const ah_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

void ah_address_set_port(ah_address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

/* Where it ends. */
static char *put_number(char *end, unsigned number)
{
    char digits[10];
    size_t start = sizeof digits;

    do
        digits[--start] = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(end, digits + start, sizeof digits - start);
    return end + sizeof digits - start;
}

static char *put_v4(char *end, const struct sockaddr_in *v4)
{
    const unsigned char *bytes = (const unsigned char *)&v4->sin_addr;

    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *end++ = '.';
        end = put_number(end, bytes[i]);
    }
    return end;
}

static char *put_v6(char *end, const struct sockaddr_in6 *v6)
{
    inet_ntop(AF_INET6, &v6->sin6_addr, end, INET6_ADDRSTRLEN);
    end += strlen(end);
    if (v6->sin6_scope_id == 0)
        return end;
    *end++ = '%';
    if (!if_indextoname(v6->sin6_scope_id, end))
        return put_number(end, v6->sin6_scope_id);
    return end + strlen(end);
}

void ah_address_format_host(const ah_address *address, char text[AH_ADDRESS_TEXT])
{
    bool is_v6 = address->any.sa_family == AF_INET6;

    *(is_v6 ? put_v6(text, &address->v6) : put_v4(text, &address->v4)) = '\0';
}

/* Each connection has two of these: no printf. */
void ah_address_format(const ah_address *address, char text[AH_ADDRESS_TEXT])
{
    bool is_v6 = address->any.sa_family == AF_INET6;
    char *end = text;

    if (is_v6) {
        *end++ = '[';
        end = put_v6(end, &address->v6);
        *end++ = ']';
    } else {
        end = put_v4(end, &address->v4);
    }
    *end++ = ':';
    *put_number(end, ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port)) = '\0';
}
