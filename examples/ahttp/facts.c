/* SPDX-License-Identifier: MIT */
#include "facts.h"
#include <stdlib.h>

void facts_release(facts *facts)
{
    char **texts[] = {&facts->url,          &facts->effective,   &facts->method,
                      &facts->scheme,       &facts->referer,     &facts->redirect_url,
                      &facts->content_type, &facts->file_name,   &facts->remote_ip,
                      &facts->local_ip,     &facts->certificates};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(*texts[i]);
    text_free(&facts->message);
    list_free(&facts->fields);
    list_free(&facts->all_fields);
}

const char *facts_field(const facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->fields.count; i++) {
        const char *value = value_of_field(facts->fields.items[i], name);
        if (value)
            return value;
    }
    return NULL;
}
