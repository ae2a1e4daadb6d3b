/* SPDX-License-Identifier: MIT */
/* Content-Type, and looking up the charset in it. */
#include "fuzz.h"
#include "http/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_arena arena = {0};
    ah_content_type type;

    must(ah_content_type_read(&type, &arena, ah_str_make((const char *)data, size)));
    must(type.type.len > 0 && type.subtype.len > 0);
    must(type.essence.len == type.type.len + 1 + type.subtype.len);
    must(type.essence.ptr[type.essence.len] == '\0' && !has_control(type.essence));
    for (size_t i = 0; i < type.essence.len; i++)
        must(type.essence.ptr[i] == ah_lower(type.essence.ptr[i]));
    must(ah_content_type_is(&type, type.essence));
    ah_str charset = ah_charset_said_by(&type);
    must(!charset.ptr || ah_charset_is_known(charset));
    ah_arena_release(&arena);
    return 0;
}
