/* SPDX-License-Identifier: MIT */
/* One block holds a proxy: the struct, its key, its name, its login.  The key is what has a
   fixed size, and then the texts, each with a NUL behind it; none has one inside. */
#include "pool/proxy.h"
#include "base/mem.h"
#include "http/base64.h"
#include "http/challenge.h"

/* ---- Keys ---- */

typedef struct fixed_part {
    ah_proxy *via;
    ahttp_tls *tls;
    uint16_t port;
    ahttp_wire_fn *on_wire;
    void *on_wire_ctx;
    ahttp_authorize_fn *authorize;
    void *authorize_ctx;
    unsigned char kind, has_login, is_ipv6, tunnels, no_basic, http_1_0, lenient;
} fixed_part;

static void append_text(ah_buf *key, ah_str text)
{
    ah_buf_append(key, text);
    ah_buf_append_char(key, '\0');
}

static void make_key(ah_buf *key, const ah_proxy_spec *spec)
{
    const ah_proxy_url *url = &spec->url;
    fixed_part fixed;

    memset(&fixed, 0, sizeof fixed); /* padding, too */
    fixed.via = spec->via;
    fixed.tls = spec->tls;
    fixed.port = url->port;
    fixed.kind = (unsigned char)url->kind;
    fixed.has_login = url->has_login;
    fixed.is_ipv6 = url->is_ipv6;
    fixed.tunnels = spec->tunnels;
    fixed.no_basic = spec->no_basic;
    fixed.http_1_0 = spec->http_1_0;
    fixed.lenient = spec->lenient;
    fixed.on_wire = spec->on_wire;
    fixed.on_wire_ctx = spec->on_wire_ctx;
    fixed.authorize = spec->authorize;
    fixed.authorize_ctx = spec->authorize_ctx;
    ah_buf_append(key, ah_str_make((const char *)&fixed, sizeof fixed));
    append_text(key, url->host);
    append_text(key, url->user);
    append_text(key, url->password);
    append_text(key, spec->fields_text);
    append_text(key, spec->authorization);
}

static void take_text(ah_str *text, const char **at)
{
    text->ptr = *at;
    *at += text->len + 1;
}

/* The same spec with the texts of that key. */
static ah_proxy_spec spec_in(const ah_proxy_spec *spec, const char *key)
{
    const char *at = key + sizeof(fixed_part);
    ah_proxy_spec own = *spec;

    take_text(&own.url.host, &at);
    take_text(&own.url.user, &at);
    take_text(&own.url.password, &at);
    take_text(&own.fields_text, &at);
    take_text(&own.authorization, &at);
    return own;
}

/* ---- Making ---- */

static void append_name(ah_buf *out, const ah_proxy_url *url)
{
    const char *format = url->is_ipv6 ? "%s://[%.*s]:%u" : "%s://%.*s:%u";

    ah_buf_append_format(out, format, ah_proxy_kind_name(url->kind), (int)url->host.len,
                         url->host.ptr, url->port);
    ah_buf_append_char(out, '\0');
}

/* RFC 7617 §2. */
static void append_basic(ah_buf *out, const ah_proxy_spec *spec)
{
    const ah_proxy_url *url = &spec->url;
    ah_buf login = {0};

    if (!url->has_login || spec->no_basic || ah_proxy_kind_is_socks(url->kind))
        return;
    ah_buf_append(&login, url->user);
    ah_buf_append_char(&login, ':');
    ah_buf_append(&login, url->password);
    ah_buf_append(out, AH_STR("Basic "));
    ah_base64_encode(out, ah_buf_str(&login));
    out->failed |= ah_buf_failed(&login);
    ah_buf_release(&login);
}

/* texts begins with the key. */
static ah_proxy *make(const ah_proxy_spec *spec, ah_buf *texts)
{
    size_t name_at = texts->len;

    append_name(texts, &spec->url);
    size_t basic_at = texts->len;
    append_basic(texts, spec);
    size_t basic_len = texts->len - basic_at;
    if (!ah_buf_terminate(texts))
        return NULL;
    ah_proxy *proxy = ah_alloc_zeroed(sizeof *proxy + texts->len + 1);
    if (!proxy)
        return NULL;
    char *own = memcpy(proxy + 1, texts->data, texts->len + 1);
    proxy->refs = 1;
    proxy->spec = spec_in(spec, own);
    proxy->name = own + name_at;
    proxy->basic = ah_str_make(own + basic_at, basic_len);
    return proxy;
}

static ah_proxy *add(ah_proxies *proxies, const ah_proxy_spec *spec, ah_buf *key)
{
    size_t key_len = key->len;
    ah_proxy *proxy = make(spec, key);

    if (!proxy)
        return NULL;
    if (!ah_map_add(&proxies->map, &proxy->node, ah_str_make((char *)(proxy + 1), key_len))) {
        ah_free(proxy);
        return NULL;
    }
    proxy->home = proxies;
    if (spec->via)
        ah_proxy_ref(spec->via);
    if (spec->tls)
        ahttp_tls_ref(spec->tls);
    return proxy;
}

ah_proxy *ah_proxies_get(ah_proxies *proxies, const ah_proxy_spec *spec)
{
    ah_buf key = {0};
    ah_proxy *proxy = NULL;

    make_key(&key, spec);
    if (!ah_buf_failed(&key)) {
        ah_map_node *node = ah_map_find(&proxies->map, ah_buf_str(&key));
        proxy = node ? ah_proxy_ref(AH_CONTAINER(node, ah_proxy, node)) : add(proxies, spec, &key);
    }
    ah_buf_release(&key);
    return proxy;
}

/* ---- Life ---- */

void ah_proxies_release(ah_proxies *proxies)
{
    ah_map_release(&proxies->map);
}

ah_proxy *ah_proxy_ref(ah_proxy *proxy)
{
    proxy->refs++;
    return proxy;
}

void ah_proxy_unref(ah_proxy *proxy)
{
    while (proxy && --proxy->refs == 0) {
        ah_proxy *via = proxy->spec.via;
        ah_map_remove(&proxy->home->map, &proxy->node);
        ahttp_tls_unref(proxy->spec.tls);
        ah_digest_free(proxy->digest);
        ah_free(proxy);
        proxy = via;
    }
}

/* ---- Who we are to it ---- */

static int answer_digest(ah_proxy *proxy, ah_str method, ah_str target, const ah_str *body,
                         ah_buf *out)
{
    const ah_digest_request request = {.user = proxy->spec.url.user,
                                       .password = proxy->spec.url.password,
                                       .method = method,
                                       .target = target,
                                       .body = body};

    return ah_digest_answer(proxy->digest, &request, out);
}

int ah_proxy_authorize(ah_proxy *proxy, ah_proxy_login *login, ah_str method, ah_str target,
                       const ah_str *body, ah_buf *out)
{
    if (proxy->spec.authorization.len > 0) {
        ah_buf_append(out, proxy->spec.authorization);
    } else if (proxy->digest) {
        return answer_digest(proxy, method, target, body, out);
    } else if (proxy->basic.len > 0) {
        login->tried_basic = true;
        ah_buf_append(out, proxy->basic);
    }
    return 0;
}

static bool offers_basic(const ahttp_headers *fields)
{
    ah_arena arena = {0};
    const ah_challenge *challenges;
    size_t count;
    bool found = false;

    if (ah_challenges_read(fields, AH_STR("Proxy-Authenticate"), &arena, &challenges, &count))
        for (size_t i = 0; i < count; i++)
            found |= ah_str_equal_nocase(challenges[i].scheme, AH_STR("Basic"));
    ah_arena_release(&arena);
    return found;
}

/* RFC 7616 §3.3: that an answer is refused is worth another one only when its nonce was too old,
   or came from an earlier attempt. */
static bool take_digest(ah_proxy *proxy, ah_proxy_login *login, ah_digest *digest)
{
    bool is_stale = ah_digest_is_stale(digest);

    if (login->tried_digest && (!is_stale || login->was_stale)) {
        ah_digest_free(digest);
        return false;
    }
    login->was_stale = login->tried_digest;
    login->tried_digest = true;
    ah_digest_free(proxy->digest);
    proxy->digest = digest;
    return true;
}

int ah_proxy_challenged(ah_proxy *proxy, ah_proxy_login *login, const ahttp_headers *fields)
{
    ah_digest *digest = NULL;

    if (!proxy->spec.url.has_login || proxy->spec.authorization.len > 0)
        return 0;
    int code = ah_digest_take(fields, AH_STR("Proxy-Authenticate"), &digest);
    if (code == AHTTP_E_NO_MEMORY)
        return code;
    if (digest)
        return take_digest(proxy, login, digest);
    if (proxy->basic.len == 0 || login->tried_basic || !offers_basic(fields))
        return 0;
    ah_digest_free(proxy->digest); /* it wants no Digest any more */
    proxy->digest = NULL;
    return 1;
}

void ah_proxy_let_in(ah_proxy *proxy, const ahttp_headers *fields)
{
    const ah_field *info = ah_headers_find(fields, AH_STR("Proxy-Authentication-Info"));

    if (info && proxy->digest)
        ah_digest_note_info(proxy->digest, info->value);
}

size_t ah_proxy_count(const ah_proxy *proxy)
{
    size_t count = 0;

    for (; proxy; proxy = proxy->spec.via)
        count++;
    return count;
}
