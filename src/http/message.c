/* SPDX-License-Identifier: MIT */
#include "http/message.h"

const ah_response_rules ah_default_response_rules = {
    .max_line = 8190, .max_field = 8190, .max_fields = 128, .max_head = 65536, .max_interim = 16};

static void fill(size_t *limit, size_t when_zero)
{
    if (*limit == 0)
        *limit = when_zero;
}

void ah_response_rules_complete(ah_response_rules *rules)
{
    /* Offsets into a head have 32 bits. */
    const size_t most_head = UINT32_MAX / 2;

    fill(&rules->max_line, ah_default_response_rules.max_line);
    fill(&rules->max_field, ah_default_response_rules.max_field);
    fill(&rules->max_fields, ah_default_response_rules.max_fields);
    fill(&rules->max_head, ah_default_response_rules.max_head);
    fill(&rules->max_interim, ah_default_response_rules.max_interim);
    if (rules->max_head > most_head)
        rules->max_head = most_head;
}
