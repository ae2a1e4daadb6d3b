/* SPDX-License-Identifier: MIT */
/* What the options say of proxies, in the library's words. */
#include "proxy.h"
#include <stdlib.h>
#include <string.h>

static void add_header(proxy_words *words, size_t at, const char *line)
{
    const char *value = line + strcspn(line, ":;");
    char *name = copy_bytes(line, (size_t)(value - line));

    list_add_taken(&words->names, name);
    value += *value != '\0';
    while (is_space(*value))
        value++;
    words->headers[at] = (ahttp_pair){name, value};
}

/* CONNECT says Host, Proxy-Authorization, User-Agent, Proxy-Connection, and what is given. */
static void set_headers(const transfer *transfer, proxy_words *words)
{
    const list *given = &transfer->settings->proxy_headers;
    const char *agent = transfer->settings->user_agent;
    size_t count = 0;

    words->headers = must_alloc((given->count + 3) * sizeof *words->headers);
    if (!fields_custom_in(given, "User-Agent"))
        words->headers[count++] = (ahttp_pair){"User-Agent", !agent   ? fields_agent()
                                                             : *agent ? agent
                                                                      : NULL};
    if (!fields_custom_in(given, "Proxy-Connection"))
        words->headers[count++] = (ahttp_pair){"Proxy-Connection", "Keep-Alive"};
    for (size_t i = 0; i < given->count; i++)
        add_header(words, count++, given->items[i]);
    words->proxy.headers = words->headers;
}

static char *write_url(const url *proxy, const char *scheme)
{
    text out = {0};

    text_add_format(&out, "%s://", scheme);
    url_write_host(&out, proxy, false);
    text_add_format(&out, ":%d", proxy->port);
    return text_take(&out);
}

/* A tunnel may serve several transfers, one of which asked for it.  Only where there is just one
   is it known which. */
static void on_wire(ahttp_wire_part part, ahttp_bytes bytes, void *ctx)
{
    const run *run = ctx;

    if (run->active_count == 1)
        answer_tunnel(run->active[0], part == AHTTP_WIRE_CONNECT, bytes.data, bytes.len);
}

void proxy_words_set(proxy_words *words, const transfer *transfer)
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
    set_headers(transfer, words);
    words->proxy.on_wire = on_wire;
    words->proxy.on_wire_ctx = transfer->run;
}

void proxy_words_free(proxy_words *words)
{
    list_free(&words->names);
    free(words->headers);
    free(words->url);
    free(words->via_url);
    free(words->auth);
}
