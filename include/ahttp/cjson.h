/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_CJSON_H
#define AHTTP_CJSON_H
/* JSON by cJSON, 1.7.13 or later, for programs that use that library; ahttp.h does not include
   this.

       cJSON *value = ahttp_await(ahttp_response_json(response, ahttp_cjson_parse,
                                                      ahttp_cjson_free, false));
       ahttp_session_new(.json_dump = ahttp_cjson_dump)  and then  .json_value = value  */
#include <ahttp/response.h>
#include <stdio.h>
#if defined(__has_include) && __has_include(<cjson/cJSON.h>)
#include <cjson/cJSON.h>
#else
#include <cJSON.h>
#endif
AHTTP_BEGIN

static inline void ahttp_cjson_free(void *value)
{
    cJSON_Delete((cJSON *)value);
}

/* A cJSON *, the caller's. */
static inline void *ahttp_cjson_parse(const char *text, size_t len, char *why, size_t size)
{
    const char *end = text;
    cJSON *value = cJSON_ParseWithLengthOpts(text, len + 1, &end, 1);

    if (value && end == text + len)
        return value;
    cJSON_Delete(value);
    snprintf(why, size, "byte %lu is not what JSON allows there", (unsigned long)(end - text));
    return NULL;
}

/* cJSON's allocator must be malloc, as it is by default. */
static inline char *ahttp_cjson_dump(const void *value, void *ctx)
{
    (void)ctx;
    return cJSON_PrintUnformatted((const cJSON *)value);
}

AHTTP_END
#endif
