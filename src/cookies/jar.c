/* SPDX-License-Identifier: MIT */
#include "cookies/jar.h"
#include "base/mem.h"
#include "cookies/jar_store.h"

enum { MOST_COOKIES = 3000, MOST_PER_DOMAIN = 180 };

const char AH_JAR_NO_MEMORY[] = "out of memory";

/* ---- Life ---- */

void ah_jar_init(ah_jar *jar, const ah_jar_rules *rules)
{
    *jar = (ah_jar){.rules = *rules, .next_expiry = INT64_MAX};
    if (jar->rules.max_cookies == 0)
        jar->rules.max_cookies = MOST_COOKIES;
    if (jar->rules.max_per_domain == 0)
        jar->rules.max_per_domain = MOST_PER_DOMAIN;
    ah_list_init(&jar->cookies);
    ah_list_init(&jar->by_use);
}

void ah_jar_release(ah_jar *jar)
{
    ah_jar_remove(jar, 0, NULL, NULL);
    ah_map_release(&jar->domains);
}

static void remove_domain_if_empty(ah_jar *jar, ah_jar_domain *domain)
{
    if (domain->count > 0)
        return;
    ah_map_remove(&jar->domains, &domain->node);
    ah_free(domain);
}

static void remove_cookie(ah_jar *jar, ah_jar_cookie *cookie)
{
    ah_jar_domain *domain = cookie->domain;

    ah_link_remove(&cookie->in_domain);
    ah_link_remove(&cookie->in_jar);
    ah_link_remove(&cookie->by_use);
    jar->count--;
    jar->secure_count -= cookie->secure;
    ah_free(cookie);
    domain->count--;
    remove_domain_if_empty(jar, domain);
}

void ah_jar_sweep(ah_jar *jar, int64_t now)
{
    ah_link *next;

    if (now < jar->next_expiry)
        return;
    jar->next_expiry = INT64_MAX;
    for (ah_link *link = jar->cookies.head.next; link != &jar->cookies.head; link = next) {
        ah_jar_cookie *cookie = ah_jar_in_jar(link);
        next = link->next;
        if (cookie->expires <= now)
            remove_cookie(jar, cookie);
        else if (cookie->expires < jar->next_expiry)
            jar->next_expiry = cookie->expires;
    }
}

/* ---- Putting in ---- */

ah_jar_domain *ah_jar_find_domain(const ah_jar *jar, ah_str name)
{
    ah_map_node *node = ah_map_find(&jar->domains, name);

    return node ? AH_CONTAINER(node, ah_jar_domain, node) : NULL;
}

static ah_jar_domain *need_domain(ah_jar *jar, ah_str name)
{
    ah_jar_domain *domain = ah_jar_find_domain(jar, name);

    if (domain)
        return domain;
    domain = ah_alloc(sizeof *domain + name.len + 1);
    if (!domain)
        return NULL;
    memcpy(domain->name, name.ptr, name.len);
    domain->name[name.len] = '\0';
    domain->count = 0;
    ah_list_init(&domain->cookies);
    if (ah_map_add(&jar->domains, &domain->node, ah_str_make(domain->name, name.len)))
        return domain;
    ah_free(domain);
    return NULL;
}

static char *write_text(char *to, ah_str text, ah_str *view)
{
    if (text.len > 0)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    *view = ah_str_make(to, text.len);
    return to + text.len + 1;
}

static ah_jar_cookie *new_cookie(const ah_cookie_draft *wanted)
{
    size_t size = wanted->name.len + wanted->value.len + wanted->path.len + 3;
    ah_jar_cookie *cookie = ah_alloc_zeroed(sizeof *cookie + size);

    if (!cookie)
        return NULL;
    char *at = write_text(cookie->texts, wanted->name, &cookie->name);
    at = write_text(at, wanted->value, &cookie->value);
    write_text(at, wanted->path, &cookie->path);
    cookie->expires = wanted->expires;
    cookie->same_site = wanted->same_site;
    cookie->host_only = wanted->host_only;
    cookie->secure = wanted->secure;
    cookie->http_only = wanted->http_only;
    return cookie;
}

/* The one that wanted takes the place of, or NULL (rfc6265bis §5.7 step 24). */
static ah_jar_cookie *find_same(const ah_jar_domain *domain, const ah_cookie_draft *wanted)
{
    if (!domain)
        return NULL;
    AH_LIST_FOR_EACH(link, &domain->cookies)
    {
        ah_jar_cookie *cookie = ah_jar_in_domain(link);
        if (ah_str_equal(cookie->name, wanted->name) && ah_str_equal(cookie->path, wanted->path) &&
            cookie->host_only == wanted->host_only)
            return cookie;
    }
    return NULL;
}

static void link_new(ah_jar *jar, ah_jar_domain *domain, ah_jar_cookie *cookie)
{
    ah_link *where = domain->cookies.head.next;

    while (where != &domain->cookies.head && ah_jar_in_domain(where)->path.len >= cookie->path.len)
        where = where->next;
    ah_link_insert_before(where, &cookie->in_domain);
    ah_list_append(&jar->cookies, &cookie->in_jar);
    cookie->number = ++jar->last_number;
}

/* Replacing a cookie does not change its age (RFC 6265 §5.3 step 11.3). */
static void link_instead(ah_jar_cookie *old, ah_jar_cookie *cookie)
{
    ah_link_insert_before(&old->in_domain, &cookie->in_domain);
    ah_link_insert_before(&old->in_jar, &cookie->in_jar);
    cookie->number = old->number;
}

void ah_jar_note_use(ah_jar *jar, ah_jar_cookie *cookie)
{
    ah_link_remove(&cookie->by_use);
    ah_list_append(&jar->by_use, &cookie->by_use);
    cookie->used = ++jar->last_number;
}

/* What goes first: the one not used for longest of those that are not secure, else of all. */
static ah_jar_cookie *least_useful(const ah_jar_domain *domain)
{
    ah_jar_cookie *least = NULL;

    AH_LIST_FOR_EACH(link, &domain->cookies)
    {
        ah_jar_cookie *cookie = ah_jar_in_domain(link);
        if (!least || cookie->secure < least->secure ||
            (cookie->secure == least->secure && cookie->used < least->used))
            least = cookie;
    }
    return least;
}

/* RFC 6265 §5.3 at its end; what has expired is gone by now. */
static void remove_excess(ah_jar *jar, ah_jar_domain *domain)
{
    if (domain->count > jar->rules.max_per_domain)
        remove_cookie(jar, least_useful(domain));
    if (jar->count > jar->rules.max_cookies)
        remove_cookie(jar, AH_CONTAINER(ah_list_first(&jar->by_use), ah_jar_cookie, by_use));
}

static const char *put(ah_jar *jar, const ah_cookie_draft *wanted)
{
    ah_jar_domain *domain = need_domain(jar, wanted->domain);
    ah_jar_cookie *cookie = domain ? new_cookie(wanted) : NULL;

    if (!cookie) {
        if (domain)
            remove_domain_if_empty(jar, domain);
        return AH_JAR_NO_MEMORY;
    }
    ah_jar_cookie *old = find_same(domain, wanted);
    cookie->domain = domain;
    if (old)
        link_instead(old, cookie);
    else
        link_new(jar, domain, cookie);
    ah_jar_note_use(jar, cookie);
    domain->count++;
    jar->count++;
    jar->secure_count += cookie->secure;
    if (cookie->expires < jar->next_expiry)
        jar->next_expiry = cookie->expires;
    if (old)
        remove_cookie(jar, old);
    remove_excess(jar, domain);
    return NULL;
}

const char *ah_jar_put(ah_jar *jar, const ah_cookie_draft *wanted, int64_t now)
{
    ah_jar_sweep(jar, now);
    if (wanted->expires > now)
        return put(jar, wanted);
    ah_jar_cookie *old = find_same(ah_jar_find_domain(jar, wanted->domain), wanted);
    if (old)
        remove_cookie(jar, old);
    return NULL;
}

/* ---- Looking, and taking out ---- */

ahttp_cookie ah_jar_show(const ah_jar_cookie *cookie)
{
    return (ahttp_cookie){.size = sizeof(ahttp_cookie),
                          .name = cookie->name.ptr,
                          .value = cookie->value.ptr,
                          .domain = cookie->domain->name,
                          .path = cookie->path.ptr,
                          .expires = cookie->expires == INT64_MAX ? 0 : cookie->expires,
                          .same_site = cookie->same_site,
                          .host_only = cookie->host_only,
                          .secure = cookie->secure,
                          .http_only = cookie->http_only};
}

void ah_jar_each(ah_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    ah_jar_sweep(jar, now);
    AH_LIST_FOR_EACH(link, &jar->cookies)
    {
        ahttp_cookie shown = ah_jar_show(ah_jar_in_jar(link));
        if (!fn(&shown, ctx))
            return;
    }
}

size_t ah_jar_remove(ah_jar *jar, int64_t now, ahttp_cookie_fn *fn, void *ctx)
{
    size_t before;
    ah_link *next;

    ah_jar_sweep(jar, now);
    before = jar->count;
    for (ah_link *link = jar->cookies.head.next; link != &jar->cookies.head; link = next) {
        ahttp_cookie shown = ah_jar_show(ah_jar_in_jar(link));
        next = link->next;
        if (!fn || fn(&shown, ctx))
            remove_cookie(jar, ah_jar_in_jar(link));
    }
    return before - jar->count;
}
