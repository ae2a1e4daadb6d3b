/* SPDX-License-Identifier: MIT */
#include "dns/allowed.h"
#include <arpa/inet.h>

/* The first `bits` bits of an address. */
typedef struct prefix {
    unsigned char bytes[8];
    unsigned bits;
} prefix;

/* RFC 6890 and what its registry gained since, but for blocks that are reachable globally. */
static const prefix not_public_v4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared by carriers */
    {{127}, 8},           /* this machine */
    {{169, 254}, 16},     /* this link */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocols */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* relays of 6to4, withdrawn */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* for many, reserved, for all */
};

/* All that is public lies in 2000::/3 (RFC 4291 §2.4); there of it is not: */
static const prefix not_public_v6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocols, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool starts_with(const unsigned char *bytes, const prefix *start)
{
    unsigned whole = start->bits / 8;
    unsigned char mask = (unsigned char)(0xff00 >> start->bits % 8);

    if (memcmp(bytes, start->bytes, whole) != 0)
        return false;
    return ((bytes[whole] ^ start->bytes[whole]) & mask) == 0;
}

static bool is_public_v4(const unsigned char bytes[4])
{
    for (size_t i = 0; i < sizeof not_public_v4 / sizeof *not_public_v4; i++)
        if (starts_with(bytes, &not_public_v4[i]))
            return false;
    return true;
}

/* Where an IPv4 address is part of it, that counts. */
static bool is_public_v6(const unsigned char bytes[16])
{
    static const prefix unicast = {{0x20}, 3}, six_to_four = {{0x20, 0x02}, 16};
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const unsigned char translated[12] = {0x00, 0x64, 0xff, 0x9b}; /* RFC 6052 §2.1 */

    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, translated, 12) == 0)
        return is_public_v4(bytes + 12);
    if (starts_with(bytes, &six_to_four))
        return is_public_v4(bytes + 2);
    for (size_t i = 0; i < sizeof not_public_v6 / sizeof *not_public_v6; i++)
        if (starts_with(bytes, &not_public_v6[i]))
            return false;
    return starts_with(bytes, &unicast);
}

bool ahttp_address_is_public(const char *address, void *unused)
{
    ah_address parsed;

    (void)unused;
    if (!ah_address_parse(ah_str_from(address), 0, &parsed))
        return false;
    if (parsed.any.sa_family == AF_INET6)
        return is_public_v6((const unsigned char *)&parsed.v6.sin6_addr);
    return is_public_v4((const unsigned char *)&parsed.v4.sin_addr);
}

size_t ah_addresses_allowed(const ah_address *addresses, size_t count, ahttp_address_fn *allow,
                            void *ctx, ah_address *allowed)
{
    char text[AH_ADDRESS_TEXT];
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        ah_address_format_host(&addresses[i], text);
        if (allow(text, ctx))
            allowed[left++] = addresses[i];
    }
    return left;
}
