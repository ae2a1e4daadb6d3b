/* SPDX-License-Identifier: MIT */
/* Content-Disposition, and making safe the name in it and the data themselves. */
#include "base/utf8.h"
#include "fuzz.h"
#include "http/disposition.h"

static void check_name(ah_str name, ah_arena *arena)
{
    ah_str safe;
    ah_str again;

    must(ah_file_name_make_safe(name, arena, &safe));
    must(safe.ptr ? safe.len > 0 && safe.len <= 255 && strlen(safe.ptr) == safe.len
                  : safe.len == 0);
    must(ah_utf8_is_valid(safe) && !has_control(safe));
    must(ah_str_find(safe, '/') == safe.len && ah_str_find(safe, '\\') == safe.len);
    must(safe.len == 0 || safe.ptr[0] != '.');
    must(ah_file_name_make_safe(safe, arena, &again));
    must(ah_str_equal(safe, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_arena arena = {0};
    ah_disposition disposition;

    must(ah_disposition_read(&disposition, &arena, text));
    must(disposition.type.ptr && disposition.params);
    must(ah_utf8_is_valid(disposition.filename));
    check_name(disposition.filename, &arena);
    check_name(text, &arena);
    ah_arena_release(&arena);
    return 0;
}
