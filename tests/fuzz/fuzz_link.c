/* SPDX-License-Identifier: MIT */
/* Link fields: each line of the data is one. */
#include "fuzz.h"
#include "http/link_field.h"

static void check_link(const ah_web_link *link)
{
    must(link->target.ptr && link->target.ptr[link->target.len] == '\0');
    must(ah_str_find(link->target, '>') == link->target.len);
    for (const ahttp_pair *param = link->params; param->name; param++) {
        must(*param->name != '\0' && param->value);
        for (const char *c = param->name; *c; c++)
            must(*c == ah_lower(*c));
    }
    const char *rel = ah_params_find(link->params, "rel");
    must(ah_str_equal(link->rel, ah_str_from(rel)));
    ah_web_link_is(link, AH_STR("next"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_arena arena = {0};
    ahttp_headers fields;
    const ah_web_link *links;
    ah_str line;
    size_t count;

    if (ah_str_find(text, '\0') < text.len)
        return 0; /* which no field value has */
    ah_headers_init(&fields, &arena);
    while (ah_str_split(&text, '\n', &line))
        must(ah_headers_add(&fields, AH_STR("Link"), line));
    must(ah_links_read(&fields, &arena, &links, &count));
    must(2 * count <= size);
    for (size_t i = 0; i < count; i++)
        check_link(&links[i]);
    ah_arena_release(&arena);
    return 0;
}
