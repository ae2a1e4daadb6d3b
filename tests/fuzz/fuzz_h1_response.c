/* SPDX-License-Identifier: MIT */
/* Responses: one method, rules, and pieces of any size; the same comes out however the bytes
   are cut. */
#include "fuzz.h"
#include "support/response_log.h"

static const char *const methods[] = {"GET", "HEAD", "CONNECT", "POST"};

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
        input.rules = (ah_response_rules){
            .max_line = 20, .max_field = 30, .max_fields = 4, .max_head = 100, .max_interim = 2};
    response_log(&whole, &input, bytes.len, bytes.len);
    response_log(&pieces, &input, first, step);
    must(ah_str_equal(ah_buf_str(&whole), ah_buf_str(&pieces)));
    ah_buf_release(&whole);
    ah_buf_release(&pieces);
    return 0;
}
