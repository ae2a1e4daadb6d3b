/* SPDX-License-Identifier: MIT */
#include "dns/address.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>

/* The longest literal: IPv6 with an embedded IPv4, "%" and the name of an interface. */
enum { LITERAL_SIZE = INET6_ADDRSTRLEN + 1 + IF_NAMESIZE, HOST_LIMIT = LITERAL_SIZE - 1 };

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

static void format_v6(const struct sockaddr_in6 *v6, char text[AH_ADDRESS_TEXT])
{
    char ip[INET6_ADDRSTRLEN];
    char zone[1 + IF_NAMESIZE] = "";

    inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
    if (v6->sin6_scope_id != 0) {
        zone[0] = '%';
        if (!if_indextoname(v6->sin6_scope_id, zone + 1))
            snprintf(zone + 1, sizeof zone - 1, "%u", (unsigned)v6->sin6_scope_id);
    }
    snprintf(text, AH_ADDRESS_TEXT, "%s%s", ip, zone);
}

void ah_address_format_host(const ah_address *address, char text[AH_ADDRESS_TEXT])
{
    if (address->any.sa_family == AF_INET6)
        format_v6(&address->v6, text);
    else
        inet_ntop(AF_INET, &address->v4.sin_addr, text, AH_ADDRESS_TEXT);
}

void ah_address_format(const ah_address *address, char text[AH_ADDRESS_TEXT])
{
    bool is_v6 = address->any.sa_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? address->v6.sin6_port : address->v4.sin_port);
    char host[AH_ADDRESS_TEXT];

    ah_address_format_host(address, host);
    snprintf(text, AH_ADDRESS_TEXT, is_v6 ? "[%.*s]:%u" : "%.*s:%u", HOST_LIMIT, host, port);
}
