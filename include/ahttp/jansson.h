/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_JANSSON_H
#define AHTTP_JANSSON_H
/* JSON by Jansson, for programs that use that library; ahttp.h does not include this.

       json_t *value = ahttp_await(ahttp_response_json(response, ahttp_jansson_parse,
                                                       ahttp_jansson_free, false));
       ahttp_session_new(.json_dump = ahttp_jansson_dump)  and then  .json_value = value  */
#include <ahttp/response.h>
#include <jansson.h>
#include <stdio.h>
AHTTP_BEGIN

/* A json_t *, the caller's. */
static inline void *ahttp_jansson_parse(const char *text, size_t len, char *why, size_t size)
{
    json_error_t error;
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY, &error);

    if (!value)
        snprintf(why, size, "line %d, column %d: %s", error.line, error.column, error.text);
    return value;
}

static inline void ahttp_jansson_free(void *value)
{
    json_decref((json_t *)value);
}

/* Jansson's allocator must be malloc, as it is by default. */
static inline char *ahttp_jansson_dump(const void *value, void *ctx)
{
    (void)ctx;
    return json_dumps((const json_t *)value, JSON_COMPACT | JSON_ENCODE_ANY);
}

AHTTP_END
#endif
