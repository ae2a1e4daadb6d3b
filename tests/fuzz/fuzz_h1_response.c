/* SPDX-License-Identifier: MIT */
/* Responses: one method, rules, and pieces of any size; the same comes out however the bytes
   are cut.  Of two mistakes, either may be the one that is told. */
#include "fuzz.h"
#include "support/response_log.h"

static const char *const methods[] = {"GET", "HEAD", "CONNECT", "POST"};

/* Without what comes behind "failed". */
static ah_str without_reason(const ah_buf *log)
{
    const char *failed = memmem(log->data, log->len, "failed ", 7);

    return failed ? ah_str_make(log->data, (size_t)(failed - log->data) + 7) : ah_buf_str(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str bytes = ah_str_make((const char *)data, size);
    unsigned choice = take_byte(&bytes);
    size_t first = 1 + take_byte(&bytes) % 64;
    size_t step = 1 + take_byte(&bytes) % 16;
    response_input input = {.method = methods[choice % 4],
                            .rules = {.lenient = choice & 4},
                            .bytes = bytes,
                            .ends = choice & 8};
    ah_buf whole = {0};
    ah_buf pieces = {0};

    if (choice & 16)
        input.rules = (ah_response_rules){.max_line = 20,
                                          .max_field = 30,
                                          .max_fields = 4,
                                          .max_head = 100,
                                          .max_interim = 2,
                                          .lenient = choice & 4};
    response_log(&whole, &input, bytes.len, bytes.len);
    response_log(&pieces, &input, first, step);
    must(ah_str_equal(without_reason(&whole), without_reason(&pieces)));
    ah_buf_release(&whole);
    ah_buf_release(&pieces);
    return 0;
}
