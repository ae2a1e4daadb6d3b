/* SPDX-License-Identifier: MIT */
/* Lists of NO_PROXY: whatever stands in them, reading ends; "*" and the host itself in front of
   them decide alone. */
#include "fuzz.h"
#include "http/no_proxy.h"

static bool with(const char *member, ah_str list, ah_str host, uint16_t port)
{
    ah_buf text = {0};

    ah_buf_append_format(&text, "%s,", member);
    ah_buf_append(&text, list);
    bool covers = ah_no_proxy_covers(ah_buf_str(&text), host, port);
    ah_buf_release(&text);
    return covers;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_str list = ah_str_slice(text, ah_str_find(text, '\n') + 1, SIZE_MAX);
    ah_str host = ah_str_slice(text, 0, ah_str_find(text, '\n'));

    bool covers = ah_no_proxy_covers(list, host, 80);
    must(with("*", list, host, 80));
    must(with("unrelated.invalid:81", list, host, 80) == covers);
    return 0;
}
