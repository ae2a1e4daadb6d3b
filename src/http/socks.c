/* SPDX-License-Identifier: MIT */
#include "http/socks.h"

enum { CONNECT = 1, IPV4 = 1, NAME = 3, IPV6 = 4, NO_LOGIN = 0, BY_PASSWORD = 2 };

/* ---- Bytes ---- */

static void put(ah_socks *socks, unsigned byte)
{
    socks->out[socks->out_len++] = (unsigned char)byte;
}

static void put_bytes(ah_socks *socks, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(socks->out + socks->out_len, bytes, len);
    socks->out_len += len;
}

static void put_counted(ah_socks *socks, ah_str text)
{
    put(socks, (unsigned)text.len);
    put_bytes(socks, text.ptr, text.len);
}

static void put_port(ah_socks *socks, uint16_t port)
{
    put(socks, port >> 8);
    put(socks, port & 0xff);
}

static void expect(ah_socks *socks, unsigned step, size_t bytes)
{
    socks->step = step;
    socks->in_len = 0;
    socks->in_wanted = bytes;
}

static ah_socks_result fail(ah_socks *socks, int reply, const char *reason)
{
    socks->reply = reply;
    socks->reason = reason;
    return AH_SOCKS_FAILED;
}

static ah_socks_result fail_oddly(ah_socks *socks)
{
    return fail(socks, 0, "it answers as no SOCKS proxy of this version does");
}

/* ---- SOCKS4 ---- */

/* An address of 0.0.0.x announces a name. */
static ah_socks_result begin_v4(ah_socks *socks)
{
    static const unsigned char name_follows[4] = {0, 0, 0, 1};
    const ah_socks_request *request = &socks->request;

    if (request->ip_len == 16)
        return fail(socks, 0, "SOCKS4 knows no IPv6 addresses");
    put(socks, 4);
    put(socks, CONNECT);
    put_port(socks, request->port);
    put_bytes(socks, request->ip_len ? request->ip : name_follows, 4);
    put_bytes(socks, request->user.ptr, request->user.len);
    put(socks, 0);
    if (request->ip_len == 0) {
        put_bytes(socks, request->host.ptr, request->host.len);
        put(socks, 0);
    }
    expect(socks, AH_SOCKS_REPLY, 8);
    return AH_SOCKS_MORE;
}

static ah_socks_result reply_v4(ah_socks *socks)
{
    if (socks->in[0] != 0)
        return fail_oddly(socks);
    switch (socks->in[1]) {
    case 90: return AH_SOCKS_DONE;
    case 91:
        socks->is_unreachable = true;
        return fail(socks, 91, "it refuses, or the host cannot be reached from it");
    case 92: return fail(socks, 92, "it cannot reach an identd on this machine");
    case 93: return fail(socks, 93, "the identd on this machine knows another user");
    default: return fail_oddly(socks);
    }
}

/* ---- SOCKS5 ---- */

static bool has_login(const ah_socks *socks)
{
    return socks->request.user.len > 0;
}

static ah_socks_result begin_v5(ah_socks *socks)
{
    put(socks, 5);
    put(socks, has_login(socks) ? 2 : 1);
    put(socks, NO_LOGIN);
    if (has_login(socks))
        put(socks, BY_PASSWORD);
    expect(socks, AH_SOCKS_METHOD, 2);
    return AH_SOCKS_MORE;
}

/* RFC 1928 §4.  Of the answer comes first what says whether it is a refusal, which some send
   without the rest, and then what tells how long that is. */
static ah_socks_result ask(ah_socks *socks)
{
    const ah_socks_request *request = &socks->request;

    put(socks, 5);
    put(socks, CONNECT);
    put(socks, 0);
    if (request->ip_len == 0) {
        put(socks, NAME);
        put_counted(socks, request->host);
    } else {
        put(socks, request->ip_len == 4 ? IPV4 : IPV6);
        put_bytes(socks, request->ip, request->ip_len);
    }
    put_port(socks, request->port);
    expect(socks, AH_SOCKS_REPLY, 2);
    return AH_SOCKS_MORE;
}

static ah_socks_result take_method(ah_socks *socks)
{
    unsigned method = socks->in[1];

    if (socks->in[0] != 5)
        return fail_oddly(socks);
    if (method == NO_LOGIN)
        return ask(socks);
    if (method == BY_PASSWORD && has_login(socks)) {
        put(socks, 1);
        put_counted(socks, socks->request.user);
        put_counted(socks, socks->request.password);
        expect(socks, AH_SOCKS_LOGIN, 2);
        return AH_SOCKS_MORE;
    }
    if (method != 0xff)
        return fail_oddly(socks);
    return fail(socks, 0xff,
                has_login(socks) ? "it wants to know us by other means than user and password"
                                 : "it wants to know who we are, and no user is given");
}

/* The version in front is 1 by RFC 1929 §2; some say 5. */
static ah_socks_result take_login(ah_socks *socks)
{
    if (socks->in[1] != 0)
        return fail(socks, socks->in[1], "it does not accept the user and password");
    return ask(socks);
}

/* RFC 1928 §6. */
static ah_socks_result refuse_v5(ah_socks *socks, unsigned reply)
{
    static const char *const reasons[] = {
        [1] = "general failure of the proxy",
        [2] = "its rules do not allow this connection",
        [3] = "the network is not reachable from it",
        [4] = "the host is not reachable from it",
        [5] = "the host refused the connection",
        [6] = "the host is too many hops away (TTL expired)",
        [7] = "it does not know how to connect",
        [8] = "it does not know addresses of this kind",
    };

    socks->is_unreachable = reply != 2 && reply != 7;
    if (reply >= sizeof reasons / sizeof *reasons)
        return fail(socks, (int)reply, "it gives a reason that has no name");
    return fail(socks, (int)reply, reasons[reply]);
}

/* The address behind it says what the proxy connected from, which concerns nobody. */
static ah_socks_result reply_v5(ah_socks *socks)
{
    const unsigned char *in = socks->in;
    size_t total;

    if (in[0] != 5)
        return fail_oddly(socks);
    if (in[1] != 0)
        return refuse_v5(socks, in[1]);
    if (socks->in_len < 5) {
        socks->in_wanted = 5;
        return AH_SOCKS_MORE;
    }
    switch (in[3]) {
    case IPV4: total = 4 + 4 + 2; break;
    case IPV6: total = 4 + 16 + 2; break;
    case NAME: total = 5 + (size_t)in[4] + 2; break;
    default: return fail_oddly(socks);
    }
    socks->in_wanted = total;
    return socks->in_len == total ? AH_SOCKS_DONE : AH_SOCKS_MORE;
}

/* ---- Both ---- */

static bool is_v4(const ah_socks *socks)
{
    return socks->request.kind == AH_PROXY_SOCKS4 || socks->request.kind == AH_PROXY_SOCKS4A;
}

ah_socks_result ah_socks_begin(ah_socks *socks, const ah_socks_request *request)
{
    *socks = (ah_socks){.request = *request};
    if (request->ip_len == 0 && request->host.len > 255)
        return fail(socks, 0, "the name is longer than the 255 bytes that SOCKS has room for");
    return is_v4(socks) ? begin_v4(socks) : begin_v5(socks);
}

ah_socks_result ah_socks_feed(ah_socks *socks, ah_str bytes)
{
    memcpy(socks->in + socks->in_len, bytes.ptr, bytes.len);
    socks->in_len += bytes.len;
    if (socks->in_len < socks->in_wanted)
        return AH_SOCKS_MORE;
    switch (socks->step) {
    case AH_SOCKS_METHOD: return take_method(socks);
    case AH_SOCKS_LOGIN: return take_login(socks);
    default: return is_v4(socks) ? reply_v4(socks) : reply_v5(socks);
    }
}
