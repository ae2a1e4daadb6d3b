/* SPDX-License-Identifier: MIT */
/* Which cookies a request sends: those of its host's list, and of the lists of the domains above
   it, merged. */
#include "cookies/jar_store.h"

enum { MOST_LABELS = 128 };

/* What is left of one domain's list, from its first cookie on that belongs to the request. */
typedef struct cursor {
    const ah_jar_domain *domain;
    ah_link *at;
} cursor;

typedef struct search {
    ah_cookie_request request;
    cursor cursors[MOST_LABELS];
    size_t count;
} search;

static bool belongs(const search *s, const ah_jar_cookie *cookie)
{
    return (!cookie->secure || s->request.is_secure) &&
           ah_cookie_path_holds(cookie->path, s->request.path) &&
           (!cookie->host_only || ah_str_equal(cookie->domain->node.key, s->request.host));
}

static void skip_others(const search *s, cursor *c)
{
    while (c->at != &c->domain->cookies.head && !belongs(s, ah_jar_in_domain(c->at)))
        c->at = c->at->next;
}

/* The host, and what follows each of its dots. */
static void begin_search(search *s, const ah_jar *jar)
{
    ah_str name = s->request.host;

    while (name.len > 0 && s->count < MOST_LABELS) {
        const ah_jar_domain *domain = ah_jar_find_domain(jar, name);
        if (domain) {
            cursor *c = &s->cursors[s->count];
            *c = (cursor){domain, domain->cookies.head.next};
            skip_others(s, c);
            s->count += c->at != &domain->cookies.head;
        }
        if (s->request.is_ip)
            break;
        name = ah_str_slice(name, ah_str_find(name, '.') + 1, SIZE_MAX);
    }
}

static bool goes_before(const ah_jar_cookie *a, const ah_jar_cookie *b)
{
    return a->path.len != b->path.len ? a->path.len > b->path.len : a->number < b->number;
}

/* NULL when there are no more. */
static ah_jar_cookie *next_found(search *s)
{
    cursor *best = NULL;

    for (size_t i = 0; i < s->count; i++) {
        cursor *c = &s->cursors[i];
        if (c->at != &c->domain->cookies.head &&
            (!best || goes_before(ah_jar_in_domain(c->at), ah_jar_in_domain(best->at))))
            best = c;
    }
    if (!best)
        return NULL;
    ah_jar_cookie *cookie = ah_jar_in_domain(best->at);
    best->at = best->at->next;
    skip_others(s, best);
    return cookie;
}

void ah_jar_find(ah_jar *jar, const ah_url *url, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    search s;
    ah_jar_cookie *cookie;
    bool goes_on = true;

    ah_jar_sweep(jar, now);
    s.request = ah_cookie_request_of(url);
    s.count = 0;
    s.request.is_secure = ah_jar_is_secure(jar, url);
    begin_search(&s, jar);
    while (goes_on && (cookie = next_found(&s))) {
        ahttp_cookie shown = ah_jar_show(cookie);
        ah_jar_note_use(jar, cookie);
        goes_on = fn(&shown, ctx);
    }
}
