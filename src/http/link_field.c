/* SPDX-License-Identifier: MIT */
#include "http/link_field.h"

typedef struct raw_link {
    ah_str target;
    ah_str params; /* starts behind '>', ends nowhere in particular */
} raw_link;

/* Moves *text behind the ',' that ends the member at its front. */
static void skip_member(ah_str *text)
{
    ah_param param;

    while (ah_param_next(text, ',', &param))
        ;
    *text = ah_str_slice(*text, 1, text->len);
}

/* The next link in *text, advancing it to the next member; what is no link is passed over. */
static bool next_link(ah_str *text, raw_link *link)
{
    for (*text = ah_str_trim(*text); text->len > 0; *text = ah_str_trim(*text)) {
        size_t end = ah_str_find(*text, '>');
        bool is_link = *text->ptr == '<' && end < text->len;
        if (is_link) {
            link->target = ah_str_trim(ah_str_slice(*text, 1, end - 1));
            *text = ah_str_slice(*text, end + 1, text->len);
            link->params = *text;
        }
        skip_member(text);
        if (is_link)
            return true;
    }
    return false;
}

static bool decode_extended(ahttp_pair *params, ah_arena *arena)
{
    for (; params->name; params++) {
        char *plain = NULL;
        if (ah_str_ends_with(ah_str_from(params->name), AH_STR("*")) &&
            !ah_param_decode_extended(ah_str_from(params->value), arena, &plain))
            return false;
        if (plain)
            params->value = plain;
    }
    return true;
}

static bool read_link(ah_web_link *link, const raw_link *raw, ah_arena *arena)
{
    ah_str text = raw->params;
    ahttp_pair *params = ah_params_read(&text, ',', arena);

    link->params = params;
    link->target = ah_str_make(ah_arena_copy(arena, raw->target), raw->target.len);
    if (!params || !link->target.ptr || !decode_extended(params, arena))
        return false;
    const char *rel = ah_params_find(params, "rel");
    link->rel = ah_str_from(rel ? rel : "");
    return true;
}

static size_t count_links(const ahttp_headers *fields)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Link"));
    raw_link raw;
    size_t count = 0;

    for (; field; field = ah_headers_find_next(fields, field)) {
        ah_str text = field->value;
        while (next_link(&text, &raw))
            count++;
    }
    return count;
}

bool ah_links_read(const ahttp_headers *fields, ah_arena *arena, const ah_web_link **links,
                   size_t *count)
{
    const ah_field *field = ah_headers_find(fields, AH_STR("Link"));
    raw_link raw;
    size_t room = count_links(fields);
    size_t made = 0;

    *links = NULL;
    *count = 0;
    ah_web_link *list = room > 0 ? ah_arena_alloc(arena, room * sizeof *list) : NULL;
    if (room > 0 && !list)
        return false;
    for (; field && list; field = ah_headers_find_next(fields, field)) {
        ah_str text = field->value;
        while (made < room && next_link(&text, &raw))
            if (!read_link(&list[made++], &raw, arena))
                return false;
    }
    *links = list;
    *count = made;
    return true;
}

bool ah_web_link_is(const ah_web_link *link, ah_str relation)
{
    ah_str words = link->rel;
    ah_str word;

    while (ah_str_split(&words, ' ', &word))
        if (word.len > 0 && ah_str_equal_nocase(ah_str_trim(word), relation))
            return true;
    return false;
}
