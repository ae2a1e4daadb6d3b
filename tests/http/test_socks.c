/* SPDX-License-Identifier: MIT */
/* Talks with a SOCKS proxy, byte for byte. */
#include "support/check.h"

#include "http/socks.h"
#include <stdio.h>

#define BYTES(...)                                                                                 \
    {                                                                                              \
        (const unsigned char[]){__VA_ARGS__}, sizeof((const unsigned char[]){__VA_ARGS__})         \
    }
#define NAME(text) .host = {text, sizeof text - 1}

typedef struct bytes {
    const unsigned char *data;
    size_t len;
} bytes;

typedef struct turn {
    bytes sent, answer;
} turn;

typedef struct talk {
    const char *what;
    ah_socks_request request;
    turn turns[4];
    const char *reason; /* of its failure; NULL: it ends well */
    int reply;
    bool is_unreachable;
} talk;

#define V4(...)    BYTES(4, 1, 0x1f, 0x90, __VA_ARGS__)
#define V5_NAME    BYTES(5, 1, 0, 3, 4, 'h', 'o', 's', 't', 0x1f, 0x90)
#define V5_REQUEST .kind = AH_PROXY_SOCKS5H, NAME("host"), .port = 8080
#define NO_LOGIN                                                                                   \
    {                                                                                              \
        BYTES(5, 1, 0), BYTES(5, 0)                                                                \
    }

static const talk talks[] = {
    {"an address by SOCKS4",
     {.kind = AH_PROXY_SOCKS4, .ip = {127, 0, 0, 1}, .ip_len = 4, .port = 8080},
     {{V4(127, 0, 0, 1, 0), BYTES(0, 90, 9, 9, 9, 9, 9, 9)}},
     NULL,
     0,
     false},
    {"a user by SOCKS4",
     {.kind = AH_PROXY_SOCKS4, .user = {"me", 2}, .ip = {1, 2, 3, 4}, .ip_len = 4, .port = 8080},
     {{V4(1, 2, 3, 4, 'm', 'e', 0), BYTES(0, 90, 0, 0, 0, 0, 0, 0)}},
     NULL,
     0,
     false},
    {"a name by SOCKS4A",
     {.kind = AH_PROXY_SOCKS4A, NAME("host"), .port = 8080},
     {{V4(0, 0, 0, 1, 0, 'h', 'o', 's', 't', 0), BYTES(0, 90, 0, 0, 0, 0, 0, 0)}},
     NULL,
     0,
     false},
    {"an address by SOCKS4A",
     {.kind = AH_PROXY_SOCKS4A, .ip = {1, 2, 3, 4}, .ip_len = 4, .port = 8080},
     {{V4(1, 2, 3, 4, 0), BYTES(0, 90, 0, 0, 0, 0, 0, 0)}},
     NULL,
     0,
     false},
    {"IPv6 by SOCKS4", {.kind = AH_PROXY_SOCKS4, .ip_len = 16}, {{{0}, {0}}}, "no IPv6", 0, false},
    {"SOCKS4 refuses",
     {.kind = AH_PROXY_SOCKS4A, NAME("h"), .port = 8080},
     {{V4(0, 0, 0, 1, 0, 'h', 0), BYTES(0, 91, 0, 0, 0, 0, 0, 0)}},
     "refuses",
     91,
     true},
    {"SOCKS4 without identd",
     {.kind = AH_PROXY_SOCKS4A, NAME("h"), .port = 8080},
     {{V4(0, 0, 0, 1, 0, 'h', 0), BYTES(0, 92, 0, 0, 0, 0, 0, 0)}},
     "cannot reach an identd",
     92,
     false},
    {"SOCKS4 with another user",
     {.kind = AH_PROXY_SOCKS4A, NAME("h"), .port = 8080},
     {{V4(0, 0, 0, 1, 0, 'h', 0), BYTES(0, 93, 0, 0, 0, 0, 0, 0)}},
     "another user",
     93,
     false},
    {"an HTTP server for SOCKS4",
     {.kind = AH_PROXY_SOCKS4A, NAME("h"), .port = 8080},
     {{V4(0, 0, 0, 1, 0, 'h', 0), BYTES('H', 'T', 'T', 'P', '/', '1', '.', '1')}},
     "answers as no SOCKS proxy",
     0,
     false},

    {"a name by SOCKS5",
     {V5_REQUEST},
     {NO_LOGIN, {V5_NAME, BYTES(5, 0, 0, 1, 1, 2, 3, 4, 5, 6)}},
     NULL,
     0,
     false},
    {"IPv4 by SOCKS5",
     {.kind = AH_PROXY_SOCKS5, .ip = {1, 2, 3, 4}, .ip_len = 4, .port = 8080},
     {NO_LOGIN, {BYTES(5, 1, 0, 1, 1, 2, 3, 4, 0x1f, 0x90), BYTES(5, 0, 0, 1, 1, 2, 3, 4, 5, 6)}},
     NULL,
     0,
     false},
    {"IPv6 by SOCKS5",
     {.kind = AH_PROXY_SOCKS5, .ip = {0x20, 1, [15] = 1}, .ip_len = 16, .port = 443},
     {NO_LOGIN,
      {BYTES(5, 1, 0, 4, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xbb),
       BYTES(5, 0, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 2)}},
     NULL,
     0,
     false},
    {"an answer with a name by SOCKS5",
     {V5_REQUEST},
     {NO_LOGIN, {V5_NAME, BYTES(5, 0, 0, 3, 2, 'g', 'w', 1, 2)}},
     NULL,
     0,
     false},
    {"an answer with an empty name by SOCKS5",
     {V5_REQUEST},
     {NO_LOGIN, {V5_NAME, BYTES(5, 0, 0, 3, 0, 1, 2)}},
     NULL,
     0,
     false},
    {"a password by SOCKS5",
     {V5_REQUEST, .user = {"me", 2}, .password = {"pw!", 3}},
     {{BYTES(5, 2, 0, 2), BYTES(5, 2)},
      {BYTES(1, 2, 'm', 'e', 3, 'p', 'w', '!'), BYTES(1, 0)},
      {V5_NAME, BYTES(5, 0, 0, 1, 1, 2, 3, 4, 5, 6)}},
     NULL,
     0,
     false},
    {"a password that is not asked for",
     {V5_REQUEST, .user = {"me", 2}, .password = {"pw", 2}},
     {{BYTES(5, 2, 0, 2), BYTES(5, 0)}, {V5_NAME, BYTES(5, 0, 0, 1, 1, 2, 3, 4, 5, 6)}},
     NULL,
     0,
     false},
    {"an empty password",
     {V5_REQUEST, .user = {"me", 2}},
     {{BYTES(5, 2, 0, 2), BYTES(5, 2)},
      {BYTES(1, 2, 'm', 'e', 0), BYTES(5, 0)},
      {V5_NAME, BYTES(5, 0, 0, 1, 1, 2, 3, 4, 5, 6)}},
     NULL,
     0,
     false},
    {"a wrong password",
     {V5_REQUEST, .user = {"me", 2}, .password = {"x", 1}},
     {{BYTES(5, 2, 0, 2), BYTES(5, 2)}, {BYTES(1, 2, 'm', 'e', 1, 'x'), BYTES(1, 1)}},
     "does not accept the user and password",
     1,
     false},
    {"nobody where a user is wanted",
     {V5_REQUEST},
     {{BYTES(5, 1, 0), BYTES(5, 0xff)}},
     "no user is given",
     0xff,
     false},
    {"a user where GSSAPI is wanted",
     {V5_REQUEST, .user = {"me", 2}},
     {{BYTES(5, 2, 0, 2), BYTES(5, 0xff)}},
     "by other means",
     0xff,
     false},
    {"a method that was not offered",
     {V5_REQUEST},
     {{BYTES(5, 1, 0), BYTES(5, 2)}},
     "answers as no SOCKS proxy",
     0,
     false},
    {"SOCKS4 for SOCKS5",
     {V5_REQUEST},
     {{BYTES(5, 1, 0), BYTES(0, 91)}},
     "answers as no SOCKS proxy",
     0,
     false},
    {"another version in the answer",
     {V5_REQUEST},
     {NO_LOGIN, {V5_NAME, BYTES(4, 0)}},
     "answers as no SOCKS proxy",
     0,
     false},
    {"an address of an unknown kind",
     {V5_REQUEST},
     {NO_LOGIN, {V5_NAME, BYTES(5, 0, 0, 2, 0)}},
     "answers as no SOCKS proxy",
     0,
     false},
};

static void give(const talk *it, ah_socks *socks, ah_socks_result *result, bytes answer,
                 size_t most)
{
    for (size_t at = 0; at < answer.len;) {
        size_t count = ah_socks_wants(socks) < most ? ah_socks_wants(socks) : most;
        if (*result != AH_SOCKS_MORE || count == 0)
            fail_msg("%s: reads no further at %zu of %zu", it->what, at, answer.len);
        if (count > answer.len - at)
            count = answer.len - at;
        *result = ah_socks_feed(socks, ah_str_make((const char *)answer.data + at, count));
        at += count;
    }
}

static void hold(const talk *it, size_t most)
{
    ah_socks socks;
    ah_socks_result result = ah_socks_begin(&socks, &it->request);

    for (const turn *at = it->turns; at->sent.data; at++) {
        ah_str sent = ah_socks_to_send(&socks);
        if (!ah_str_equal(sent, ah_str_make((const char *)at->sent.data, at->sent.len)))
            fail_msg("%s: turn %zu sends other bytes", it->what, (size_t)(at - it->turns));
        ah_socks_has_sent(&socks);
        give(it, &socks, &result, at->answer, most);
    }
    if (it->reason && (result != AH_SOCKS_FAILED || !strstr(socks.reason, it->reason)))
        fail_msg("%s: %s", it->what, socks.reason ? socks.reason : "did not fail");
    if (!it->reason && result != AH_SOCKS_DONE)
        fail_msg("%s: %s", it->what, socks.reason ? socks.reason : "did not end");
    assert_int_equal(socks.reply, it->reply);
    assert_int_equal(socks.is_unreachable, it->is_unreachable);
}

static void proxies_are_talked_to_as_their_protocol_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        hold(&talks[i], SIZE_MAX);
}

static void answers_may_come_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(talks); i++)
        for (size_t most = 1; most < 6; most++)
            hold(&talks[i], most);
}

static void each_refusal_of_socks5_has_its_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        [1] = "general failure", [2] = "rules",        [3] = "network",        [4] = "host is not",
        [5] = "refused",         [6] = "TTL",          [7] = "how to connect", [8] = "of this kind",
        [9] = "has no name",     [255] = "has no name"};

    for (size_t reply = 1; reply < COUNT_OF(words); reply++) {
        ah_socks socks;
        const ah_socks_request request = {V5_REQUEST};
        char answer[] = {5, (char)reply};

        ah_socks_begin(&socks, &request);
        ah_socks_feed(&socks, ah_str_make("\5\0", 2));

        assert_int_equal(ah_socks_feed(&socks, ah_str_make(answer, 2)), AH_SOCKS_FAILED);
        assert_int_equal(socks.reply, reply);
        assert_int_equal(socks.is_unreachable, reply != 2 && reply != 7);
        if (words[reply])
            assert_non_null(strstr(socks.reason, words[reply]));
    }
}

static void a_name_has_at_most_255_bytes(void **state)
{
    (void)state;
    char name[256];
    ah_socks socks;

    memset(name, 'x', sizeof name);
    ah_socks_request request = {.kind = AH_PROXY_SOCKS5H, .host = {name, 256}};
    assert_int_equal(ah_socks_begin(&socks, &request), AH_SOCKS_FAILED);
    assert_non_null(strstr(socks.reason, "255 bytes"));

    request.kind = AH_PROXY_SOCKS4A;
    request.host.len = 255;
    request.user = request.host;
    assert_int_equal(ah_socks_begin(&socks, &request), AH_SOCKS_MORE);
    assert_int_equal(ah_socks_to_send(&socks).len, 8 + 256 + 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxies_are_talked_to_as_their_protocol_says),
        cmocka_unit_test(answers_may_come_cut_anywhere),
        cmocka_unit_test(each_refusal_of_socks5_has_its_words),
        cmocka_unit_test(a_name_has_at_most_255_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
