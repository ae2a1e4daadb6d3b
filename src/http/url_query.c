/* SPDX-License-Identifier: MIT */
/* What is added to a URL that was read. */
#include "http/form.h"
#include "http/url.h"
#include "http/url_escape.h"

/* What has to stand between the target and one more parameter. */
static ah_str separator_behind(ah_str target)
{
    char last = target.ptr[target.len - 1];

    if (ah_str_find(target, '?') == target.len)
        return AH_STR("?");
    return last == '?' || last == '&' ? AH_STR("") : AH_STR("&");
}

/* Makes room for `more` bytes of a query; where they go, or NULL when out of memory. */
static char *lengthen(ah_url *url, ah_arena *arena, size_t more)
{
    ah_str separator = separator_behind(url->target);
    size_t target = url->safe.len - url->target.len;
    size_t len = url->safe.len + separator.len + more;
    char *safe = ah_arena_alloc(arena, len + 1);

    if (!safe)
        return NULL;
    char *end = ah_url_put(ah_url_put(safe, url->safe), separator);
    url->safe = ah_str_make(safe, len);
    url->target = ah_str_make(safe + target, len - target);
    return end;
}

bool ah_url_add_params(ah_url *url, ah_arena *arena, const ahttp_pair *params)
{
    if (!params || !params->name)
        return true;
    char *room = lengthen(url, arena, ah_form_size(params));
    if (room)
        *ah_form_write(room, params) = '\0';
    return room != NULL;
}

bool ah_url_add_query(ah_url *url, ah_arena *arena, ah_str query)
{
    size_t escapes = ah_url_count_escapes(query);

    if (query.len == 0)
        return true;
    char *room = lengthen(url, arena, query.len + 2 * escapes);
    if (room)
        *ah_url_put_escaped(room, query, escapes) = '\0';
    return room != NULL;
}

bool ah_url_use_tls(ah_url *url, ah_arena *arena)
{
    size_t len = sizeof "https://@#" + url->userinfo.len + url->authority.len + url->target.len +
                 url->fragment.len;
    char *text = ah_arena_alloc(arena, len);
    char *end = text;

    if (!text)
        return false;
    end = ah_url_put(end, AH_STR("https://"));
    if (url->userinfo.ptr)
        end = ah_url_put(ah_url_put(end, url->userinfo), AH_STR("@"));
    end = ah_url_put(ah_url_put(end, url->authority), url->target);
    if (url->fragment.ptr)
        end = ah_url_put(ah_url_put(end, AH_STR("#")), url->fragment);
    return !ah_url_parse(url, arena, ah_str_make(text, (size_t)(end - text)));
}
