/* SPDX-License-Identifier: MIT */
#include "pool/passing.h"
#include "base/mem.h"
#include "dns/allowed.h"
#include "http/pairs.h"

static void settle(ah_passing *passing, ah_transport *transport, ahttp_error *error)
{
    passing->stage = AH_PASSING_NOT;
    passing->done(passing->ctx, transport, error);
}

/* ---- By CONNECT, with a function that says who we are ---- */

/* As many as for a request (ahttp/auth.h). */
enum { MOST_ROUNDS = 10 };

static void told(void *ctx, const ahttp_pair *fields, ahttp_error *error)
{
    ah_passing *passing = ctx;

    passing->asking = NULL;
    ah_buf_clear(&passing->given);
    ah_pairs_write(&passing->given, fields);
    passing->has_given = true;
    if (!error && ah_buf_failed(&passing->given))
        error = ah_error_no_memory();
    ah_http_tunnel_go_on(passing->http, fields != NULL, error);
}

static int ask_program(ah_passing *passing, const ahttp_headers *answer)
{
    passing->asking =
        ah_proxy_ask(passing->setup->loop, passing->proxy, ah_buf_str(&passing->target), answer,
                     passing->rounds++, told, passing);
    return passing->asking ? AH_HTTP_TUNNEL_WAIT : AHTTP_E_NO_MEMORY;
}

static int add_given(ah_passing *passing, ah_buf *out)
{
    if (!passing->has_given)
        return ask_program(passing, NULL);
    passing->has_given = false;
    ah_buf_append(out, ah_buf_str(&passing->given));
    return 0;
}

/* ---- By CONNECT ---- */

static int authorize(void *ctx, ah_str target, ah_buf *out)
{
    ah_passing *passing = ctx;
    ah_buf value = {0};

    if (passing->proxy->spec.authorize)
        return add_given(passing, out);
    int code = ah_proxy_authorize(passing->proxy, &passing->login, AH_STR("CONNECT"), target, NULL,
                                  &value);
    if (value.len > 0) {
        ah_buf_append(out, AH_STR("Proxy-Authorization: "));
        ah_buf_append(out, ah_buf_str(&value));
        ah_buf_append(out, AH_STR("\r\n"));
    }
    out->failed |= ah_buf_failed(&value);
    ah_buf_release(&value);
    return code;
}

static int challenged(void *ctx, const ahttp_headers *fields)
{
    ah_passing *passing = ctx;

    if (passing->proxy->spec.authorize)
        return passing->rounds < MOST_ROUNDS ? ask_program(passing, fields) : 0;
    return ah_proxy_challenged(passing->proxy, &passing->login, fields);
}

static void let_in(void *ctx, const ahttp_headers *fields)
{
    ah_passing *passing = ctx;

    ah_proxy_let_in(passing->proxy, fields);
}

static void http_done(void *ctx, ah_transport *transport, ahttp_error *error)
{
    settle(ctx, transport, error);
}

static bool ask_by_http(ah_passing *passing, ah_transport *transport)
{
    const ah_http_tunnel_request request = {.target = passing->target.data,
                                            .what = passing->what.data,
                                            .fields_text = passing->proxy->spec.fields_text,
                                            .http_1_0 = passing->proxy->spec.http_1_0,
                                            .lenient = passing->proxy->spec.lenient,
                                            .on_wire = passing->proxy->spec.on_wire,
                                            .on_wire_ctx = passing->proxy->spec.on_wire_ctx,
                                            .authorize = authorize,
                                            .challenged = challenged,
                                            .opened = let_in,
                                            .ctx = passing};

    passing->stage = AH_PASSING_BY_HTTP;
    passing->http =
        ah_http_tunnel_open(passing->setup->loop, transport, &request, http_done, passing);
    return passing->http != NULL;
}

/* ---- By SOCKS ---- */

static void socks_done(void *ctx, ah_transport *transport, ahttp_error *error, bool try_next)
{
    ah_passing *passing = ctx;

    if (error && try_next && passing->next + 1 < passing->count) {
        passing->next++;
        ah_error_free(error);
        error = NULL;
    }
    settle(passing, transport, error);
}

static void put_address(ah_socks_request *request, const ah_address *address)
{
    bool is_v4 = address->any.sa_family == AF_INET;

    request->ip_len = is_v4 ? 4 : 16;
    if (is_v4)
        memcpy(request->ip, &address->v4.sin_addr, 4);
    else
        memcpy(request->ip, &address->v6.sin6_addr, 16);
}

static bool ask_by_socks(ah_passing *passing, ah_transport *transport)
{
    const ah_proxy_url *url = &passing->proxy->spec.url;
    const ah_place *behind = &passing->behind;
    ah_socks_request request = {.kind = url->kind,
                                .user = url->user,
                                .password = url->password,
                                .host = behind->host,
                                .port = behind->port};
    ah_address literal;

    if (passing->next < passing->count)
        put_address(&request, &passing->addresses[passing->next]);
    else if (ah_address_parse(behind->host, behind->port, &literal))
        put_address(&request, &literal);
    passing->stage = AH_PASSING_BY_SOCKS;
    passing->socks = ah_socks_tunnel_open(passing->setup->loop, transport, &request,
                                          passing->what.data, socks_done, passing);
    return passing->socks != NULL;
}

/* ---- SOCKS proxies that want an address ---- */

/* Keeps those that the program allows. */
static ahttp_error *keep_addresses(ah_passing *passing, const ah_address *addresses, size_t count)
{
    const ah_opening_setup *setup = passing->setup;

    passing->addresses = ah_realloc_array(NULL, count, sizeof *addresses);
    if (!passing->addresses)
        return ah_error_no_memory();
    passing->next = 0;
    passing->count = count;
    if (setup->allow_address)
        passing->count = ah_addresses_allowed(addresses, count, setup->allow_address,
                                              setup->allow_address_ctx, passing->addresses);
    else
        memcpy(passing->addresses, addresses, count * sizeof *addresses);
    if (passing->count > 0)
        return NULL;
    return ah_error_new(AHTTP_E_ADDRESS_REFUSED, "%s: allow_address allows none of its addresses",
                        passing->what.data);
}

static void located(ah_lookup *lookup, const ah_address *addresses, size_t count,
                    ahttp_error *error)
{
    ah_passing *passing = AH_CONTAINER(lookup, ah_passing, lookup);
    ah_transport *transport = passing->transport;

    passing->transport = NULL;
    if (!error)
        error = keep_addresses(passing, addresses, count);
    if (error) {
        ah_transport_close(transport);
        settle(passing, NULL, ah_error_in_phase(error, AHTTP_PHASE_DNS));
        return;
    }
    if (!ask_by_socks(passing, transport))
        settle(passing, NULL, ah_error_no_memory());
}

/* By addresses of IPv4 only, where the proxy knows no others. */
static void locate(ah_passing *passing, ah_transport *transport)
{
    const ah_opening_setup *setup = passing->setup;
    const ah_place *behind = &passing->behind;
    ahttp_family family =
        passing->proxy->spec.url.kind == AH_PROXY_SOCKS4 ? AHTTP_FAMILY_IPV4 : setup->family;

    passing->stage = AH_PASSING_LOCATING;
    passing->transport = transport;
    passing->lookup = (ah_lookup){.query = NULL};
    if (!ah_overrides_lookup(setup->hosts, &passing->lookup, setup->loop, behind->host,
                             behind->port, family, located))
        ah_resolver_lookup(setup->resolver, &passing->lookup, behind->host, behind->port, family,
                           located);
}

static bool wants_address(const ah_passing *passing)
{
    ah_proxy_kind kind = passing->proxy->spec.url.kind;

    return (kind == AH_PROXY_SOCKS4 || kind == AH_PROXY_SOCKS5) && passing->count == 0;
}

/* ---- Both ---- */

/* A zone means something on this machine only. */
static void write_texts(ah_passing *passing)
{
    const ah_place *behind = &passing->behind;
    size_t len = ah_str_find(behind->host, '%');

    ah_buf_append_format(&passing->target, behind->is_ipv6 ? "[%.*s]:%u" : "%.*s:%u", (int)len,
                         behind->host.ptr, behind->port);
    ah_buf_append_format(&passing->what, "ask proxy %s for %s", passing->proxy->name, behind->name);
}

void ah_passing_init(ah_passing *passing, const ah_opening_setup *setup, ah_proxy *proxy,
                     ah_place behind)
{
    passing->setup = setup;
    passing->proxy = proxy;
    passing->behind = behind;
}

bool ah_passing_start(ah_passing *passing, ah_transport *transport, ah_passing_fn *done, void *ctx)
{
    passing->done = done;
    passing->ctx = ctx;
    if (passing->what.len == 0)
        write_texts(passing);
    if (!ah_buf_terminate(&passing->target) || !ah_buf_terminate(&passing->what)) {
        ah_transport_close(transport);
        return false;
    }
    if (wants_address(passing))
        locate(passing, transport);
    else if (ah_proxy_kind_is_socks(passing->proxy->spec.url.kind))
        return ask_by_socks(passing, transport);
    else
        return ask_by_http(passing, transport);
    return true;
}

void ah_passing_cancel(ah_passing *passing, ahttp_error **refusal)
{
    *refusal = NULL;
    switch (passing->stage) {
    case AH_PASSING_NOT: break;
    case AH_PASSING_LOCATING:
        ah_lookup_cancel(&passing->lookup);
        ah_transport_close(passing->transport);
        break;
    case AH_PASSING_BY_SOCKS: ah_socks_tunnel_cancel(passing->socks); break;
    case AH_PASSING_BY_HTTP:
        if (passing->asking)
            ah_proxy_asking_cancel(passing->asking);
        passing->asking = NULL;
        *refusal = ah_http_tunnel_refusal(passing->http);
        ah_http_tunnel_cancel(passing->http);
        break;
    }
    passing->stage = AH_PASSING_NOT;
}

void ah_passing_release(ah_passing *passing)
{
    ah_free(passing->addresses);
    ah_buf_release(&passing->target);
    ah_buf_release(&passing->what);
    ah_buf_release(&passing->given);
}
