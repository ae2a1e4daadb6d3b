/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/utf8.h"

static void characters_of_every_length_are_valid(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "plain ASCII, longer than eight bytes\x7f",
        "\xc2\x80 \xdf\xbf",                 /* U+0080, U+07FF */
        "\xe0\xa0\x80 \xed\x9f\xbf",         /* U+0800, U+D7FF */
        "\xee\x80\x80 \xef\xbf\xbf",         /* U+E000, U+FFFF */
        "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", /* U+10000, U+10FFFF */
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_true(ah_utf8_is_valid(ah_str_from(texts[i])));
    assert_true(ah_utf8_is_valid(AH_STR("a\0b")));
}

typedef struct bad_row {
    const char *text;
    size_t good; /* bytes before the mistake */
    size_t bad;
} bad_row;

static void mistakes_are_found_where_they_are(void **state)
{
    (void)state;
    static const bad_row rows[] = {
        {"\x80", 0, 1},
        {"abcdefghij\xff", 10, 1},
        {"\xc0\xaf", 0, 1}, /* overlong */
        {"\xc1\xbf", 0, 1},
        {"\xe0\x9f\xbf", 0, 1},
        {"\xf0\x8f\xbf\xbf", 0, 1},
        {"\xed\xa0\x80", 0, 1},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 1}, /* U+110000 */
        {"\xf5\x80\x80\x80", 0, 1},
        {"\xc3(", 0, 1},
        {"x\xe2\x82(", 1, 2},
        {"x\xf0\x9f\x98(", 1, 3},
        {"\xe2\x82\xac\xe2\x82", 3, 2}, /* cut */
        {"\xf0", 0, 1},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_str text = ah_str_from(rows[i].text);
        assert_int_equal(ah_utf8_span(text), rows[i].good);
        assert_int_equal(ah_utf8_bad_span(ah_str_slice(text, rows[i].good, text.len)), rows[i].bad);
    }
    assert_int_equal(ah_utf8_bad_span(AH_STR("")), 0);
}

static void each_mistake_is_replaced_once(void **state)
{
    (void)state;
    ah_buf out = {0};

    /* The example of the Unicode Standard, table 3-11. */
    ah_utf8_append_replaced(&out, AH_STR("\xf0\x80\x80\x41"));
    ah_utf8_append_replaced(&out, AH_STR("|\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"));
    ah_utf8_append_replaced(&out, AH_STR("|fine|\xc3"));

    assert_str(ah_buf_str(&out), AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT
               "A|" AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT
               "A|fine|" AH_UTF8_REPLACEMENT);
    ah_buf_release(&out);
}

static void every_code_point_is_told_right(void **state)
{
    (void)state;

    for (uint32_t c = 0x80; c < 0x120000; c++) {
        char text[4];
        size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        uint32_t rest = c;
        for (size_t i = len; i-- > 1; rest >>= 6)
            text[i] = (char)(0x80 | (rest & 0x3F));
        text[0] = (char)((0xF00 >> len & 0xFF) | rest);
        bool is_valid = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
        if (ah_utf8_is_valid(ah_str_make(text, len)) != is_valid)
            fail_msg("U+%04X is told wrong", c);
    }
}

static void latin1_becomes_utf8(void **state)
{
    (void)state;
    char room[8] = "";

    *ah_utf8_write_latin1(room, AH_STR("a\xe4\xff\x80")) = '\0';

    assert_string_equal(room, "a\xc3\xa4\xc3\xbf\xc2\x80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_every_length_are_valid),
        cmocka_unit_test(mistakes_are_found_where_they_are),
        cmocka_unit_test(each_mistake_is_replaced_once),
        cmocka_unit_test(every_code_point_is_told_right),
        cmocka_unit_test(latin1_becomes_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
