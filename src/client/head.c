/* SPDX-License-Identifier: MIT */
/* What a response's head says about its body.  Each field is read when somebody asks for the
   first time; what was read lives in the response's arena. */
#include "client/response.h"
#include "cookies/set_cookie.h"
#include "http/disposition.h"

/* Getters have const responses, for which reading a field changes nothing that shows. */
static ahttp_response *own(const ahttp_response *response)
{
    return (ahttp_response *)(uintptr_t)response;
}

static ah_str value_of(const ahttp_response *response, ah_str name)
{
    const ah_field *field = ah_headers_find(&response->exchange.response.fields, name);

    return field ? field->value : ah_str_make(NULL, 0);
}

/* ---- Content-Type ---- */

const ah_content_type *ah_response_type(ahttp_response *response)
{
    ah_head_facts *facts = ah_facts_of(response);
    ah_content_type *type;

    if (facts->type)
        return facts->type;
    type = ah_arena_alloc(&response->arena, sizeof *type);
    if (type &&
        ah_content_type_read(type, &response->arena, value_of(response, AH_STR("Content-Type"))))
        facts->type = type;
    return facts->type;
}

const char *ahttp_response_content_type(const ahttp_response *response)
{
    const ah_content_type *type = ah_response_type(own(response));

    return type ? type->essence.ptr : "application/octet-stream";
}

const char *ahttp_response_charset(const ahttp_response *response)
{
    const ah_content_type *type = ah_response_type(own(response));

    return type ? type->charset.ptr : NULL;
}

/* ---- Content-Disposition ---- */

const ahttp_disposition *ahttp_response_disposition(const ahttp_response *response)
{
    ah_head_facts *facts = ah_facts_of(response);
    ah_arena *arena = &own(response)->arena;
    ah_str text = value_of(response, AH_STR("Content-Disposition"));
    ah_disposition read;

    if (facts->disposition || !text.ptr || !ah_disposition_read(&read, arena, text))
        return facts->disposition;
    ahttp_disposition *disposition = ah_arena_alloc(arena, sizeof *disposition);
    if (disposition)
        *disposition = (ahttp_disposition){read.type.ptr, read.filename.ptr, read.params};
    facts->disposition = disposition;
    return disposition;
}

const char *ahttp_response_file_name(const ahttp_response *response)
{
    ah_head_facts *facts = ah_facts_of(response);
    ah_arena *arena = &own(response)->arena;
    ah_str text = value_of(response, AH_STR("Content-Disposition"));
    ah_disposition disposition;
    ah_str safe = {0};

    if (facts->knows_file_name || !text.ptr)
        return facts->file_name;
    if (!ah_disposition_read(&disposition, arena, text) ||
        (disposition.filename.ptr && !ah_file_name_make_safe(disposition.filename, arena, &safe)))
        return NULL;
    facts->file_name = safe.ptr;
    facts->knows_file_name = true;
    return facts->file_name;
}

/* ---- Link ---- */

static const ah_web_link *read_links(const ahttp_response *response, size_t *count)
{
    ah_head_facts *facts = ah_facts_of(response);

    if (!facts->knows_links)
        facts->knows_links =
            ah_links_read(&response->exchange.response.fields, &own(response)->arena, &facts->links,
                          &facts->link_count);
    *count = facts->knows_links ? facts->link_count : 0;
    return facts->links;
}

const char *ahttp_response_link(const ahttp_response *response, const char *relation)
{
    size_t count;
    const ah_web_link *links = read_links(response, &count);

    for (size_t i = 0; i < count; i++)
        if (ah_web_link_is(&links[i], ah_str_from(relation)))
            return links[i].target.ptr;
    return NULL;
}

/* False when out of memory. */
static bool resolve(const ahttp_response *response, const ah_web_link *link, ahttp_link *to)
{
    ah_url url;
    const char *why = ah_url_join(&url, &own(response)->arena, &response->url, link->target);

    *to = (ahttp_link){.url = why ? NULL : url.safe.ptr,
                       .target = link->target.ptr,
                       .relation = link->rel.ptr,
                       .params = link->params};
    return why != AH_URL_NO_MEMORY;
}

static const ahttp_link *resolve_all(const ahttp_response *response, const ah_web_link *links,
                                     size_t count)
{
    ahttp_link *all = ah_arena_alloc(&own(response)->arena, count * sizeof *all);

    for (size_t i = 0; all && i < count; i++)
        if (!resolve(response, &links[i], &all[i]))
            return NULL;
    return all;
}

const ahttp_link *ahttp_response_link_at(const ahttp_response *response, size_t index)
{
    ah_head_facts *facts = ah_facts_of(response);
    size_t count;
    const ah_web_link *links = read_links(response, &count);

    if (index >= count)
        return NULL;
    if (!facts->public_links)
        facts->public_links = resolve_all(response, links, count);
    return facts->public_links ? &facts->public_links[index] : NULL;
}

/* ---- Challenges ---- */

const char *ahttp_response_challenge(const ahttp_response *response, const char *scheme,
                                     const char *parameter)
{
    ah_head_facts *facts = ah_facts_of(response);
    const ah_response_head *head = &response->exchange.response;
    ah_str name = head->status == 407 ? AH_STR("Proxy-Authenticate") : AH_STR("WWW-Authenticate");

    if (!facts->knows_challenges)
        facts->knows_challenges = ah_challenges_read(&head->fields, name, &own(response)->arena,
                                                     &facts->challenges, &facts->challenge_count);
    if (!facts->knows_challenges)
        return NULL;
    return ah_challenge_find(facts->challenges, facts->challenge_count, scheme, parameter);
}

/* ---- Set-Cookie ---- */

/* False when out of memory. */
static bool read_cookies(ahttp_response *response)
{
    const ahttp_headers *fields = &response->exchange.response.fields;
    int64_t now = ah_loop_wall_seconds(response->session->guest.loop);
    ah_head_facts *facts = ah_facts_of(response);
    ahttp_cookie *cookies = ah_arena_alloc(&response->arena, (fields->count + 1) * sizeof *cookies);
    ah_set_cookie said;

    if (!cookies)
        return false;
    facts->cookie_count = 0;
    for (const ah_field *each = ah_headers_find(fields, AH_STR("Set-Cookie")); each;
         each = ah_headers_find_next(fields, each)) {
        if (ah_set_cookie_read(&said, each->value))
            continue;
        if (!ah_set_cookie_show(&said, &response->arena, now, &cookies[facts->cookie_count]))
            return false;
        facts->cookie_count++;
    }
    facts->cookies = cookies;
    return true;
}

const ahttp_cookie *ahttp_response_cookies(const ahttp_response *response, size_t *count)
{
    ah_head_facts *facts = ah_facts_of(response);

    if (!facts->knows_cookies)
        facts->knows_cookies = read_cookies(own(response));
    *count = facts->knows_cookies ? facts->cookie_count : 0;
    return facts->knows_cookies ? facts->cookies : NULL;
}

const char *ahttp_response_cookie(const ahttp_response *response, const char *name)
{
    size_t count;
    const ahttp_cookie *cookies = ahttp_response_cookies(response, &count);

    while (count-- > 0)
        if (strcmp(cookies[count].name, name) == 0)
            return cookies[count].value;
    return NULL;
}
