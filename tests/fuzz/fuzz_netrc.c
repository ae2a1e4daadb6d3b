/* SPDX-License-Identifier: MIT */
/* A file .netrc, and the host that stands in the first line of the data. */
#include "fuzz.h"
#include "http/netrc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_buf out = {0};
    ah_str host;

    if (!ah_str_split(&text, '\n', &host))
        return 0;
    if (ah_netrc_find(text, host, &out))
        must(ah_str_find(ah_buf_str(&out), ':') < out.len && out.len <= size);
    else
        must(out.len == 0);
    must(!ah_buf_failed(&out));
    ah_buf_release(&out);
    return 0;
}
