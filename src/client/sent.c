/* SPDX-License-Identifier: MIT */
/* What was sent, as the response shows it: made when somebody asks, in the response's arena. */
#include "client/response.h"
#include "http/h1_writer.h"

/* Getters have const responses, for which remembering an answer changes nothing that shows. */
static ahttp_response *own(const ahttp_response *response)
{
    return (ahttp_response *)(uintptr_t)response;
}

const char *ahttp_response_real_url(const ahttp_response *response)
{
    ah_head_facts *facts = ah_facts_of(response);
    ah_arena *arena = &own(response)->arena;
    const ah_url *url = &response->url;

    if (!url->fragment.ptr)
        return url->safe.ptr;
    if (!facts->real_url) {
        char *text = ah_arena_copy(arena, url->safe);
        if (text)
            text = ah_arena_append(arena, ah_str_make(text, url->safe.len), AH_STR("#"));
        if (text)
            text = ah_arena_append(arena, ah_str_make(text, url->safe.len + 1), url->fragment);
        facts->real_url = text;
    }
    return facts->real_url;
}

static bool add_line(ahttp_headers *fields, ah_str line)
{
    size_t colon = ah_str_find(line, ':');

    return ah_headers_add(fields, ah_str_slice(line, 0, colon),
                          ah_str_trim(ah_str_slice(line, colon + 1, line.len)));
}

bool ah_sent_fields_read(ahttp_headers *fields, const ah_request_head *request)
{
    ah_buf head = {0};
    ah_str line;

    ah_h1_write_head(&head, request);
    bool failed = ah_buf_failed(&head);
    ah_str rest = ah_buf_str(&head);
    ah_str_split(&rest, '\n', &line);
    while (!failed && ah_str_split(&rest, '\n', &line) && line.len > 1)
        failed = !add_line(fields, ah_str_slice(line, 0, line.len - 1));
    ah_buf_release(&head);
    return !failed;
}

const ahttp_headers *ahttp_response_request_headers(const ahttp_response *response)
{
    ah_head_facts *facts = ah_facts_of(response);
    ah_arena *arena = &own(response)->arena;

    if (facts->sent)
        return facts->sent;
    ahttp_headers *fields = ah_arena_alloc(arena, sizeof *fields);
    if (!fields)
        return NULL;
    ah_headers_init(fields, arena);
    if (ah_sent_fields_read(fields, &response->exchange.request))
        facts->sent = fields;
    return facts->sent;
}
