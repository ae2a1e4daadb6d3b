/* SPDX-License-Identifier: MIT */
/* What the options say of proxies, in the library's words. */
#include "proxy.h"
#include <stdlib.h>
#include <string.h>

/* CONNECT says Host, Proxy-Authorization, User-Agent, Proxy-Connection, and what is given. */
static void set_fields(const transfer *transfer, proxy_words *words)
{
    const list *given = &transfer->settings->proxy_headers;
    const char *agent = transfer->settings->user_agent;
    text fields = {0};

    if (!fields_custom_in(given, "User-Agent") && !(agent && !*agent))
        text_add_format(&fields, "User-Agent: %s\r\n", agent ? agent : fields_agent());
    if (!fields_custom_in(given, "Proxy-Connection"))
        text_add_str(&fields, "Proxy-Connection: Keep-Alive\r\n");
    for (size_t i = 0; i < given->count; i++)
        if (!starts_nocase(given->items[i], "Host:"))
            fields_write_line(&fields, given->items[i]);
    words->fields = text_take(&fields);
    words->proxy.fields_text = words->fields;
}

static char *write_url(const url *proxy, const char *scheme)
{
    text out = {0};

    text_add_format(&out, "%s://", scheme);
    url_write_host(&out, proxy, false);
    text_add_format(&out, ":%d", proxy->port);
    return text_take(&out);
}

/* ---- Tunnels ---- */

static tunnel *tunnel_to(run *run, const char *host)
{
    for (tunnel *each = run->tunnels; each; each = each->next)
        if (strcmp(each->host, host) == 0)
            return each;
    tunnel *made = must_alloc(sizeof *made);
    *made = (tunnel){.next = run->tunnels, .run = run, .host = copy_text(host)};
    run->tunnels = made;
    return made;
}

void proxy_tunnels_free(tunnel *tunnels)
{
    while (tunnels) {
        tunnel *next = tunnels->next;
        free(tunnels->host);
        free(tunnels);
        tunnels = next;
    }
}

/* A tunnel may serve several transfers, so the library shows its heads to whom they have in
   common; here they are for the first transfer that waits for one to that host. */
static void on_wire(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    const tunnel *tunnel = ctx;
    const run *run = tunnel->run;

    for (size_t i = 0; i < run->active_count; i++)
        if (run->active[i]->tunnel == tunnel) {
            head_take_tunnel(run->active[i], part == AHTTP_WIRE_CONNECT, bytes.data, bytes.len);
            return;
        }
}

static void await_tunnel(transfer *transfer)
{
    const way *way = &transfer->way;
    text host = {0};

    if (way->connect_host) {
        text_add_format(&host, "%s:%d", way->connect_host, way->connect_port);
    } else {
        url_write_host(&host, &transfer->url, false);
        text_add_format(&host, ":%d", transfer->url.port);
    }
    transfer->tunnel = tunnel_to(transfer->run, text_str(&host));
    text_free(&host);
}

void proxy_words_set(proxy_words *words, transfer *transfer)
{
    const way *way = &transfer->way;
    const login *login = &transfer->proxy_login;

    *words = (proxy_words){0};
    if (!way->has_proxy)
        return;
    words->url = write_url(&way->proxy, way_scheme(way));
    words->proxy.url = words->url;
    words->proxy.tunnel = way->is_tunnel;
    if (way->has_preproxy) {
        words->via_url = write_url(&way->preproxy, way->preproxy.scheme);
        words->via.url = words->via_url;
        words->proxy.via = &words->via;
    }
    if (way->is_plain)
        return;
    if (login->user)
        words->auth = format_text("%s:%s", login->user, login->password);
    words->proxy.auth = words->auth;
    words->proxy.no_basic = login->wanted == AUTH_DIGEST;
    words->proxy.lenient = true;
    words->proxy.http_1_0 = way->kind == PROXY_HTTP10;
    if (!way->is_tunnel)
        return;
    set_fields(transfer, words);
    await_tunnel(transfer);
    words->proxy.on_wire = on_wire;
    words->proxy.on_wire_ctx = transfer->tunnel;
}

void proxy_words_free(proxy_words *words)
{
    free(words->fields);
    free(words->url);
    free(words->via_url);
    free(words->auth);
}
