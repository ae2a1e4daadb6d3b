/* SPDX-License-Identifier: MIT */
#include "client/proxy.h"
#include "client/exact_fields.h"
#include "client/session.h"
#include "http/h1_writer.h"
#include "http/pairs.h"
#include "http/url.h"

/* While one is being read. */
typedef struct reading {
    ahttp_session *session;
    const char *name;
    ah_arena arena;
    ah_buf fields_text;
} reading;

/* ---- Its parts ---- */

static const char *take_auth(ah_proxy_url *url, const char *auth)
{
    ah_str text = ah_str_from(auth);
    size_t colon = ah_str_find(text, ':');

    if (!auth)
        return NULL;
    url->has_login = true;
    url->user = ah_str_slice(text, 0, colon);
    url->password = ah_str_slice(text, colon + 1, SIZE_MAX);
    return ah_proxy_login_check(url->kind, url->user, url->password);
}

static const char *read_url(reading *it, ah_proxy_url *url, ah_str text, const char *auth)
{
    const char *why = ah_proxy_url_parse(url, &it->arena, text);

    if (!why)
        why = take_auth(url, auth);
    if (!why && url->host.len > AH_PROXY_MOST_HOST)
        why = "its host is longer than 255 bytes";
    return why;
}

/* A function knows who we are, or a login does. */
static const char *check_authorize(const ah_proxy_url *url, const ahttp_proxy *given)
{
    if (!given->authorize)
        return NULL;
    if (ah_proxy_kind_is_socks(url->kind))
        return "SOCKS has no use for authorize";
    return url->has_login ? "a user is given, and authorize as well" : NULL;
}

static bool belongs_to_connect(ah_str name)
{
    return ah_str_equal_nocase(name, AH_STR("Host")) ||
           ah_str_equal_nocase(name, AH_STR("Content-Length")) ||
           ah_str_equal_nocase(name, AH_STR("Transfer-Encoding"));
}

static const char *check_headers(ah_proxy_kind kind, const ahttp_pair *headers)
{
    const char *name;
    const char *why = ah_pairs_check(headers, &name);

    if (headers && ah_proxy_kind_is_socks(kind))
        return "SOCKS has no headers";

    for (; !why && headers && headers->name; headers++)
        if (belongs_to_connect(ah_str_from(headers->name)))
            why = "its headers have one that follows from the request: Host, Content-Length or "
                  "Transfer-Encoding";
    return why;
}

/* Into the lines of CONNECT, but for Proxy-Authorization. */
static const char *take_headers(reading *it, ah_proxy_spec *spec, const ahttp_pair *headers)
{
    const ah_field *agent = ah_headers_find(&it->session->fields, AH_STR("User-Agent"));
    ahttp_headers fields;
    bool added = true;

    if (ah_proxy_kind_is_socks(spec->url.kind))
        return NULL;
    ah_headers_init(&fields, &it->arena);
    if (agent && !ah_pairs_have(headers, AH_STR("User-Agent")))
        added = ah_headers_add_borrowed(&fields, agent->name, agent->value);
    for (; headers && headers->name; headers++) {
        ah_str name = ah_str_from(headers->name);
        if (headers->value && ah_str_equal_nocase(name, AH_STR("Proxy-Authorization")))
            spec->authorization = ah_str_from(headers->value);
        else if (headers->value)
            added = added && ah_headers_add(&fields, name, ah_str_from(headers->value));
    }
    ah_h1_write_fields(&it->fields_text, &fields);
    spec->fields_text = ah_buf_str(&it->fields_text);
    return added && !ah_buf_failed(&it->fields_text) ? NULL : AH_URL_NO_MEMORY;
}

/* Either lines that are given just as they are to be, or pairs. */
static const char *take_fields(reading *it, ah_proxy_spec *spec, const ahttp_proxy *given)
{
    if (!given->fields_text) {
        const char *why = check_headers(spec->url.kind, given->headers);
        return why ? why : take_headers(it, spec, given->headers);
    }
    if (given->headers)
        return "headers and fields_text are both given";
    spec->fields_text = ah_str_from(given->fields_text);
    return ah_proxy_kind_is_socks(spec->url.kind) ? "SOCKS has no headers"
                                                  : ah_exact_lines_check(spec->fields_text);
}

/* ---- All together ---- */

static ahttp_error *read_one(reading *it, const ahttp_proxy *given, ah_proxy *via, ah_proxy **proxy)
{
    ah_str text = ah_str_from(given->url);
    ah_proxy_spec spec = {.via = via,
                          .tunnels = given->tunnel,
                          .no_basic = given->no_basic,
                          .http_1_0 = given->http_1_0,
                          .lenient = given->lenient,
                          .on_wire = given->on_wire,
                          .on_wire_ctx = given->on_wire_ctx,
                          .authorize = given->authorize,
                          .authorize_ctx = given->authorize_ctx};
    const char *why = read_url(it, &spec.url, text, given->auth);

    if (!why)
        why = check_authorize(&spec.url, given);
    if (!why)
        why = take_fields(it, &spec, given);
    if (!why && spec.authorize && spec.authorization.len > 0)
        why = "a Proxy-Authorization is given, and authorize as well";
    if (why)
        return ah_url_error(AHTTP_E_ARGUMENT, it->name, text, why);
    if (spec.url.kind == AH_PROXY_HTTPS)
        spec.tls = given->tls ? given->tls : it->session->proxies.tls;
    *proxy = ah_proxies_get(ah_connector_proxies(it->session->connector), &spec);
    return *proxy ? NULL : ah_error_no_memory();
}

static ahttp_error *read_chain(ahttp_session *session, const ahttp_proxy *given, const char *name,
                               int most, ah_proxy **proxy)
{
    reading it = {.session = session, .name = name};
    ah_proxy *via = NULL;
    ahttp_error *error = NULL;

    if (given->via && most == 1)
        return ah_error_new(AHTTP_E_ARGUMENT, "%s: more than %d proxies lead one to another", name,
                            AHTTP_MOST_PROXIES);
    if (given->via)
        error = read_chain(session, given->via, name, most - 1, &via);
    if (!error)
        error = read_one(&it, given, via, proxy);
    ah_proxy_unref(via);
    ah_buf_release(&it.fields_text);
    ah_arena_release(&it.arena);
    return error;
}

ahttp_error *ah_proxy_from_options(ahttp_session *session, const ahttp_proxy *given,
                                   const char *name, ah_proxy **proxy)
{
    *proxy = NULL;
    if (given->url)
        return read_chain(session, given, name, AHTTP_MOST_PROXIES, proxy);
    if (given->auth || given->headers || given->via || given->tls || given->tunnel ||
        given->no_basic || given->authorize)
        return ah_error_new(AHTTP_E_ARGUMENT, "%s: it has no url", name);
    return NULL;
}
