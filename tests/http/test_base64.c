/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/base64.h"
#include "support/failing_alloc.h"

static void assert_encoded(ah_str bytes, const char *expected)
{
    ah_buf out = {0};

    ah_base64_encode(&out, bytes);

    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

/* RFC 4648 §10. */
static void the_vectors_of_the_rfc_come_out(void **state)
{
    (void)state;

    assert_encoded(AH_STR(""), "");
    assert_encoded(AH_STR("f"), "Zg==");
    assert_encoded(AH_STR("fo"), "Zm8=");
    assert_encoded(AH_STR("foo"), "Zm9v");
    assert_encoded(AH_STR("foob"), "Zm9vYg==");
    assert_encoded(AH_STR("fooba"), "Zm9vYmE=");
    assert_encoded(AH_STR("foobar"), "Zm9vYmFy");
}

static void all_characters_of_the_alphabet_can_come_out(void **state)
{
    (void)state;

    assert_encoded(AH_STR("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51"
                          "\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a"
                          "\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"),
                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    assert_encoded(AH_STR("\xff\xff\xff\xff"), "/////w==");
    assert_encoded(AH_STR("\0\0"), "AAA=");
}

static void encoding_appends(void **state)
{
    (void)state;
    ah_buf out = {0};
    ah_buf_append(&out, AH_STR("Basic "));

    ah_base64_encode(&out, AH_STR("Aladdin:open sesame"));

    assert_str(ah_buf_str(&out), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    ah_buf_release(&out);
}

static void running_out_of_memory_shows_in_the_buffer(void **state)
{
    (void)state;
    ah_buf out = {0};
    counting_alloc_install();
    counting_alloc_fail_nth(1);

    ah_base64_encode(&out, AH_STR("abc"));

    assert_true(ah_buf_failed(&out));
    ah_buf_clear(&out);
    ah_base64_encode(&out, ah_str_make("", SIZE_MAX));
    assert_true(ah_buf_failed(&out));
    ah_buf_release(&out);
    counting_alloc_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc_come_out),
        cmocka_unit_test(all_characters_of_the_alphabet_can_come_out),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(running_out_of_memory_shows_in_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
