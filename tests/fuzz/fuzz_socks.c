/* SPDX-License-Identifier: MIT */
/* SOCKS: however a proxy answers, the talk ends within the longest message, and the same way
   wherever its answers are cut. */
#include "fuzz.h"
#include "http/socks.h"

static ah_socks_result hold(ah_socks *socks, const ah_socks_request *request, ah_str answers,
                            size_t most)
{
    ah_socks_result result = ah_socks_begin(socks, request);

    while (result == AH_SOCKS_MORE) {
        must(ah_socks_to_send(socks).len <= AH_SOCKS_MOST);
        ah_socks_has_sent(socks);
        size_t count = ah_socks_wants(socks);
        must(count > 0);
        if (count > most)
            count = most;
        if (count > answers.len)
            return AH_SOCKS_MORE;
        result = ah_socks_feed(socks, ah_str_slice(answers, 0, count));
        answers = ah_str_slice(answers, count, SIZE_MAX);
    }
    must((result == AH_SOCKS_FAILED) == (socks->reason != NULL));
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str text = ah_str_make((const char *)data, size);
    ah_socks_request request = {.port = 80, .host = AH_STR("host.example")};
    ah_socks socks, again;

    request.kind = (ah_proxy_kind)(AH_PROXY_SOCKS4 + take_byte(&text) % 4);
    unsigned choice = take_byte(&text);
    request.ip_len = choice % 3 == 1 ? 4 : choice % 3 == 2 ? 16 : 0;
    if (choice & 8)
        request.user = AH_STR("user");
    if (choice & 16)
        request.password = AH_STR("password");
    ah_socks_result whole = hold(&socks, &request, text, SIZE_MAX);
    if (whole != AH_SOCKS_MORE)
        must(hold(&again, &request, text, 1) == whole && again.reply == socks.reply);
    return 0;
}
