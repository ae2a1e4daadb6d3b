/* SPDX-License-Identifier: MIT */
/* WWW-Authenticate fields: each line of the data is one.  What can be answered, is. */
#include "fuzz.h"
#include "http/challenge.h"
#include "http/digest.h"

static void check_params(const ahttp_pair *params)
{
    for (const ahttp_pair *param = params; param->name; param++) {
        must(*param->name != '\0' && param->value);
        for (const char *c = param->name; *c; c++)
            must(*c == ah_lower(*c));
    }
}

static void check_digest(const ahttp_headers *fields, ah_str name, ah_str body)
{
    ah_digest_request request = {
        .user = AH_STR("user \"\\"),
        .password = AH_STR("password"),
        .method = AH_STR("GET"),
        .target = AH_STR("/"),
        .body = &body,
        .cnonce = AH_STR("c"),
    };
    ah_digest *digest;
    ah_buf out = {0};

    must(ah_digest_take(fields, name, &digest) == 0);
    if (!digest)
        return;
    must(ah_digest_answer(digest, &request, &out) == 0);
    must(ah_digest_note_info(digest, body) == 0);
    must(ah_digest_answer(digest, &request, &out) == 0);
    must(ah_str_starts_with(ah_buf_str(&out), AH_STR("Digest username=\"")));
    ah_digest_free(digest);
    ah_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_str name = AH_STR("WWW-Authenticate");
    ah_arena arena = {0};
    ahttp_headers fields;
    const ah_challenge *challenges;
    ah_str line = {NULL, 0};
    size_t count;

    if (ah_str_find(text, '\0') < text.len)
        return 0; /* which no field value has */
    ah_headers_init(&fields, &arena);
    while (ah_str_split(&text, '\n', &line))
        must(ah_headers_add(&fields, name, line));
    must(ah_challenges_read(&fields, name, &arena, &challenges, &count));
    must(count <= size);
    for (size_t i = 0; i < count; i++) {
        must(ah_field_name_is_valid(challenges[i].scheme));
        check_params(challenges[i].params);
    }
    check_digest(&fields, name, line);
    ah_arena_release(&arena);
    return 0;
}
