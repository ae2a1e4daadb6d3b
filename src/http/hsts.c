/* SPDX-License-Identifier: MIT */
#include "http/hsts.h"
#include "base/mem.h"
#include "http/params.h"
#include "http/url_host.h"
#include <time.h>

enum { MOST_HOSTS = 10000, MOST_HOST_BYTES = 253 };

/* A hundred years: more than anybody needs, and nothing overflows. */
#define MOST_AGE (INT64_C(100) * 365 * 24 * 60 * 60)

typedef struct entry {
    ah_map_node node;
    ah_link link;
    int64_t expires;
    bool include_subdomains;
    char host[];
} entry;

/* ---- The field ---- */

static bool read_age(ah_str text, int64_t *age)
{
    uint64_t number = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!ah_is_digit(text.ptr[i]))
            return false;
        number = number > (uint64_t)MOST_AGE ? number : number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    *age = number > (uint64_t)MOST_AGE ? MOST_AGE : (int64_t)number;
    return true;
}

bool ah_hsts_policy_read(ah_str value, ah_hsts_policy *policy)
{
    bool has_age = false;
    ah_param param;

    *policy = (ah_hsts_policy){0};
    while (ah_param_next(&value, '\0', &param)) {
        if (ah_str_equal_nocase(param.name, AH_STR("max-age"))) {
            if (has_age || !read_age(param.value, &policy->max_age))
                return false;
            has_age = true;
        } else if (ah_str_equal_nocase(param.name, AH_STR("includeSubDomains"))) {
            if (policy->include_subdomains || param.value.len > 0)
                return false;
            policy->include_subdomains = true;
        }
    }
    return has_age;
}

/* ---- The list ---- */

void ah_hsts_init(ah_hsts *list)
{
    *list = (ah_hsts){.hosts = {0}};
    ah_list_init(&list->entries);
}

static entry *find(const ah_hsts *list, ah_str host)
{
    ah_map_node *node = ah_map_find(&list->hosts, host);

    return node ? AH_CONTAINER(node, entry, node) : NULL;
}

static void remove_entry(ah_hsts *list, entry *old)
{
    ah_map_remove(&list->hosts, &old->node);
    ah_link_remove(&old->link);
    ah_free(old);
}

void ah_hsts_release(ah_hsts *list)
{
    ah_link *link;

    while ((link = ah_list_first(&list->entries)))
        remove_entry(list, AH_CONTAINER(link, entry, link));
    ah_map_release(&list->hosts);
}

void ah_hsts_forget(ah_hsts *list, ah_str host)
{
    entry *old = find(list, host);

    if (old)
        remove_entry(list, old);
}

static bool put(ah_hsts *list, ah_str host, bool include_subdomains, int64_t expires)
{
    entry *known = find(list, host);

    if (!known) {
        known = ah_alloc_zeroed(sizeof *known + host.len + 1);
        if (!known)
            return false;
        memcpy(known->host, host.ptr, host.len);
        if (!ah_map_add(&list->hosts, &known->node, ah_str_make(known->host, host.len))) {
            ah_free(known);
            return false;
        }
    }
    ah_link_remove(&known->link);
    ah_list_append(&list->entries, &known->link);
    known->expires = expires;
    known->include_subdomains = include_subdomains;
    if (list->hosts.count > MOST_HOSTS)
        remove_entry(list, AH_CONTAINER(ah_list_first(&list->entries), entry, link));
    return true;
}

bool ah_hsts_note(ah_hsts *list, ah_str host, ah_hsts_policy policy, int64_t now)
{
    if (policy.max_age > 0 && host.len <= MOST_HOST_BYTES)
        return put(list, host, policy.include_subdomains, now + policy.max_age);
    ah_hsts_forget(list, host);
    return true;
}

bool ah_hsts_has(ah_hsts *list, ah_str host, int64_t now)
{
    for (ah_str name = host; name.len > 0 && list->hosts.count > 0;
         name = ah_str_slice(name, ah_str_find(name, '.') + 1, SIZE_MAX)) {
        entry *known = find(list, name);
        if (known && known->expires <= now)
            remove_entry(list, known);
        else if (known && (name.len == host.len || known->include_subdomains))
            return true;
    }
    return false;
}

/* ---- As text ---- */

void ah_hsts_write(ah_hsts *list, ah_buf *out, int64_t now)
{
    ah_buf_append(out, AH_STR("# Hosts to be visited by https only (RFC 6797)\n"));
    AH_LIST_FOR_EACH(link, &list->entries)
    {
        const entry *known = AH_CONTAINER(link, entry, link);
        time_t expires = (time_t)known->expires;
        struct tm utc;
        if (known->expires > now && gmtime_r(&expires, &utc))
            ah_buf_append_format(out, "%s%s \"%d%02d%02d %02d:%02d:%02d\"\n",
                                 known->include_subdomains ? "." : "", known->host,
                                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                 utc.tm_min, utc.tm_sec);
    }
}

/* The digits at start, len of them; -1 when they are none. */
static int number_at(ah_str text, size_t start, size_t len)
{
    uint64_t number;

    return ah_str_to_u64(ah_str_slice(text, start, len), &number) ? (int)number : -1;
}

/* False when it is no date. */
static bool read_expiry(ah_str text, int64_t *expires)
{
    static const char shape[] = "\"........ ..:..:..\"";
    struct tm utc = {.tm_year = number_at(text, 1, 4) - 1900,
                     .tm_mon = number_at(text, 5, 2) - 1,
                     .tm_mday = number_at(text, 7, 2),
                     .tm_hour = number_at(text, 10, 2),
                     .tm_min = number_at(text, 13, 2),
                     .tm_sec = number_at(text, 16, 2)};

    if (ah_str_equal(text, AH_STR("\"unlimited\""))) {
        *expires = INT64_MAX;
        return true;
    }
    if (text.len != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (shape[i] == '.' ? !ah_is_digit(text.ptr[i]) : text.ptr[i] != shape[i])
            return false;
    *expires = (int64_t)timegm(&utc);
    return true;
}

static bool read_line(ah_hsts *list, ah_str line, int64_t now)
{
    size_t blank = ah_str_find(line, ' ');
    ah_str host = ah_str_slice(line, 0, blank);
    bool include_subdomains = host.len > 0 && *host.ptr == '.';
    char lower[MOST_HOST_BYTES];
    int64_t expires;

    host = ah_str_slice(host, include_subdomains, SIZE_MAX);
    if (host.len == 0 || host.len > MOST_HOST_BYTES || *host.ptr == '#' ||
        !read_expiry(ah_str_trim(ah_str_slice(line, blank, SIZE_MAX)), &expires) || expires <= now)
        return true;
    for (size_t i = 0; i < host.len; i++)
        lower[i] = ah_lower(host.ptr[i]);
    if (*lower == '.' || ah_host_check_name(ah_str_make(lower, host.len)))
        return true;
    if (expires > now + MOST_AGE)
        expires = now + MOST_AGE;
    return put(list, ah_str_make(lower, host.len), include_subdomains, expires);
}

bool ah_hsts_read(ah_hsts *list, ah_str text, int64_t now)
{
    ah_str line;

    while (ah_str_split(&text, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (!read_line(list, line, now))
            return false;
    }
    return true;
}
