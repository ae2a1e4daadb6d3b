/* SPDX-License-Identifier: MIT */
#include "http/no_proxy.h"
#include "http/url_host.h"

/* An address, for comparing; len 0: it is none. */
typedef struct address {
    unsigned char bytes[16];
    size_t len; /* 4 or 16 */
} address;

static ah_str skip(ah_str text, size_t count)
{
    return ah_str_slice(text, count, SIZE_MAX);
}

/* ---- Addresses ---- */

static bool read_ipv4(ah_str text, unsigned char bytes[4])
{
    ah_str rest = text;
    ah_str part;
    uint64_t number;
    int count = 0;

    while (ah_str_split(&rest, '.', &part)) {
        if (count == 4 || part.len > 3 || !ah_str_to_u64(part, &number) || number > 255)
            return false;
        bytes[count++] = (unsigned char)number;
    }
    return count == 4;
}

/* "::ffff:192.0.2.1" is the same host as 192.0.2.1 (RFC 4291 §2.5.5.2). */
static void unmap(address *it)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};

    if (memcmp(it->bytes, prefix, sizeof prefix) != 0)
        return;
    memmove(it->bytes, it->bytes + sizeof prefix, 4);
    it->len = 4;
}

static address read_address(ah_str text)
{
    address it = {.len = 0};

    text = ah_str_slice(text, 0, ah_str_find(text, '%')); /* a zone is this machine's affair */
    if (read_ipv4(text, it.bytes)) {
        it.len = 4;
    } else if (!ah_host_read_ipv6(text, it.bytes)) {
        it.len = 16;
        unmap(&it);
    }
    return it;
}

static bool has_prefix(const address *host, const address *net, size_t bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;

    if (memcmp(host->bytes, net->bytes, whole) != 0)
        return false;
    return rest == 0 || (host->bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

static bool net_covers(ah_str member, const address *host)
{
    size_t slash = ah_str_find(member, '/');
    address net = read_address(ah_str_slice(member, 0, slash));
    uint64_t bits = net.len * 8;

    if (net.len == 0 || net.len != host->len)
        return false;
    if (slash < member.len &&
        (!ah_str_to_u64(skip(member, slash + 1), &bits) || bits > net.len * 8))
        return false;
    return has_prefix(host, &net, (size_t)bits);
}

/* ---- Names ---- */

static ah_str without_final_dot(ah_str name)
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    return name;
}

static bool domain_covers(ah_str member, ah_str host)
{
    if (ah_str_starts_with(member, AH_STR("*.")))
        member = skip(member, 1);
    while (member.len > 0 && member.ptr[0] == '.')
        member = skip(member, 1);
    member = without_final_dot(member);
    host = without_final_dot(host);
    if (member.len == 0 || member.len > host.len)
        return false;
    size_t start = host.len - member.len;
    return ah_str_equal_nocase(skip(host, start), member) &&
           (start == 0 || host.ptr[start - 1] == '.');
}

/* ---- Members ---- */

static bool is_number(ah_str text, uint16_t expected)
{
    uint64_t number;

    return ah_str_to_u64(text, &number) && number == expected;
}

/* Takes the brackets off, and a port behind them. */
static bool fits_bracketed(ah_str *member, uint16_t port)
{
    size_t close = ah_str_find(*member, ']');
    ah_str behind = skip(*member, close + 1);

    *member = ah_str_slice(*member, 1, close - 1);
    return behind.len == 0 || (behind.ptr[0] == ':' && is_number(skip(behind, 1), port));
}

/* Takes a port off the end.  False when there is one, and it is not this. */
static bool fits_port(ah_str *member, uint16_t port)
{
    size_t colon = ah_str_find_last(*member, ':');

    if (member->len > 0 && member->ptr[0] == '[')
        return fits_bracketed(member, port);
    if (colon == member->len || ah_str_find(*member, ':') != colon)
        return true; /* none, or IPv6 */
    ah_str text = skip(*member, colon + 1);
    member->len = colon;
    return is_number(text, port);
}

static bool member_covers(ah_str member, ah_str host, const address *ip, uint16_t port)
{
    if (!fits_port(&member, port))
        return false;
    if (ah_str_equal(member, AH_STR("*")))
        return true;
    return ip->len > 0 ? net_covers(member, ip) : domain_covers(member, host);
}

static ah_str next_member(ah_str *rest)
{
    size_t start = 0;
    size_t end;

    while (start < rest->len && ah_str_has(AH_STR(", \t\r\n"), rest->ptr[start]))
        start++;
    for (end = start; end < rest->len && !ah_str_has(AH_STR(", \t\r\n"), rest->ptr[end]);)
        end++;
    ah_str member = ah_str_slice(*rest, start, end - start);
    *rest = skip(*rest, end);
    return member;
}

bool ah_no_proxy_covers(ah_str list, ah_str host, uint16_t port)
{
    address ip = read_address(host);

    for (;;) {
        ah_str member = next_member(&list);
        if (member.len == 0)
            return false;
        if (member_covers(member, host, &ip, port))
            return true;
    }
}
