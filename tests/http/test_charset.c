/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/utf8.h"
#include "http/charset.h"
#include "support/failing_alloc.h"

static void assert_converted(const char *charset, ah_str bytes, ah_charset_mode mode,
                             const char *expected)
{
    ah_buf out = {0};
    ahttp_error *error = ah_charset_to_utf8(&out, ah_str_from(charset), bytes, mode);

    if (error)
        fail_msg("%s: %s", charset, error->message);
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void assert_refused(const char *charset, ah_str bytes, int code, const char *message)
{
    ah_buf out = {0};
    ahttp_error *error = ah_charset_to_utf8(&out, ah_str_from(charset), bytes, AH_CHARSET_STRICT);

    assert_non_null(error);
    assert_int_equal(error->code, code);
    assert_string_equal(error->message, message);
    ah_error_free(error);
    ah_buf_release(&out);
}

/* ---- Which charset ---- */

static void the_field_names_the_charset_if_it_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *charset; /* NULL: ask the resolver */
    } rows[] = {
        {"text/html; charset=ISO-8859-1", "iso-8859-1"},
        {"text/html; charset=\"UTF8\"", "utf8"},
        {"text/html; charset=nonsense", NULL},
        {"text/html; charset=UTF-8//IGNORE", NULL},
        {"text/html", NULL},
        {NULL, NULL},
        {"application/json", "utf-8"},
        {"application/json; charset=nonsense", "utf-8"},
        {"application/json; charset=utf-16", "utf-16"},
        {"application/rdap+json", "utf-8"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_arena arena = {0};
        ah_content_type type;
        assert_true(ah_content_type_read(&type, &arena, ah_str_from(rows[i].field)));
        ah_str charset = ah_charset_said_by(&type);
        assert_str(charset, rows[i].charset ? rows[i].charset : "");
        assert_int_equal(charset.ptr != NULL, rows[i].charset != NULL);
        ah_arena_release(&arena);
    }
}

static void names_are_known_or_not(void **state)
{
    (void)state;
    static const char *const known[] = {
        "utf-8",     "UTF8",        "us-ascii", "Latin-1", "iso-8859-15", "windows-1252", "cp1251",
        "shift_jis", "x-sjis",      "euc-jp",   "gb2312",  "gbk",         "gb18030",      "big5",
        "euc-kr",    "iso-2022-jp", "koi8-r",   "utf-16",  "utf-16le",    "utf-32be"};
    static const char *const unknown[] = {
        "",       "x",
        "utf-8/", "utf-8//TRANSLIT",
        "utf-8,", "../../tmp/x",
        "a b",    "a-name-longer-than-any-charset-has-ever-had-and-more-of-it-until-it-is-64"};

    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (!ah_charset_is_known(ah_str_from(known[i])))
            fail_msg("%s is not known", known[i]);
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        if (ah_charset_is_known(ah_str_from(unknown[i])))
            fail_msg("\"%s\" is known", unknown[i]);
}

/* ---- Converting ---- */

static void utf8_is_checked_and_copied(void **state)
{
    (void)state;

    assert_converted("utf-8", AH_STR(""), AH_CHARSET_STRICT, "");
    assert_converted("UTF-8", AH_STR("\xe2\x82\xac 5"), AH_CHARSET_STRICT, "\xe2\x82\xac 5");
    assert_refused("utf-8", AH_STR("h\xe9llo"), AHTTP_E_CHARSET,
                   "decode text: byte 1 is not valid utf-8");
    assert_converted("utf8", AH_STR("h\xe9llo \xe2\x82"), AH_CHARSET_REPLACE,
                     "h" AH_UTF8_REPLACEMENT "llo " AH_UTF8_REPLACEMENT);
}

static void other_charsets_are_converted(void **state)
{
    (void)state;

    assert_converted("iso-8859-1", AH_STR("h\xe9llo"), AH_CHARSET_STRICT, "h\xc3\xa9llo");
    assert_converted("latin-1", AH_STR("\xff"), AH_CHARSET_STRICT, "\xc3\xbf");
    assert_converted("windows-1252", AH_STR("\x80"), AH_CHARSET_STRICT, "\xe2\x82\xac");
    assert_converted("koi8-r", AH_STR("\xc1"), AH_CHARSET_STRICT, "\xd0\xb0");
    assert_converted("shift_jis", AH_STR("\x83\x65"), AH_CHARSET_STRICT, "\xe3\x83\x86");
    assert_converted("iso-2022-jp", AH_STR("\x1b$B$\"\x1b(B"), AH_CHARSET_STRICT, "\xe3\x81\x82");
    assert_converted("utf-16le", AH_STR("a\0\xac\x20"), AH_CHARSET_STRICT, "a\xe2\x82\xac");
    assert_converted("utf-16be", AH_STR("\xd8\x3d\xde\x00"), AH_CHARSET_STRICT, "\xf0\x9f\x98\x80");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;

    assert_converted("utf-8", AH_STR("\xef\xbb\xbfx"), AH_CHARSET_STRICT, "x");
    assert_converted("utf-8", AH_STR("\xef\xbb\xbf"), AH_CHARSET_STRICT, "");
    assert_converted("utf-8", AH_STR("x\xef\xbb\xbf"), AH_CHARSET_STRICT, "x\xef\xbb\xbf");
    assert_converted("utf-16", AH_STR("\xff\xfex\0"), AH_CHARSET_STRICT, "x");
    assert_converted("utf-16", AH_STR("\xfe\xff\0x"), AH_CHARSET_STRICT, "x");
    assert_converted("utf-16le", AH_STR("\xff\xfex\0"), AH_CHARSET_STRICT, "x");
}

static void text_goes_behind_what_is_there(void **state)
{
    (void)state;
    ah_buf out = {0};
    ah_buf_append(&out, AH_STR("before "));

    assert_null(ah_charset_to_utf8(&out, AH_STR("utf-8"),
                                   AH_STR("\xef\xbb\xbf"
                                          "a"),
                                   AH_CHARSET_STRICT));
    assert_null(ah_charset_to_utf8(&out, AH_STR("utf-16le"),
                                   AH_STR("\xff\xfe"
                                          "b\0"),
                                   AH_CHARSET_STRICT));

    assert_str(ah_buf_str(&out), "before ab");
    ah_buf_release(&out);
}

static void bytes_that_are_no_characters_are_errors_or_replaced(void **state)
{
    (void)state;

    assert_refused("us-ascii", AH_STR("abc\x80"), AHTTP_E_CHARSET,
                   "decode text: byte 3 is not valid us-ascii");
    assert_converted("us-ascii", AH_STR("a\x80\x81z"), AH_CHARSET_REPLACE,
                     "a" AH_UTF8_REPLACEMENT AH_UTF8_REPLACEMENT "z");
    assert_refused("utf-16le", AH_STR("a\0b"), AHTTP_E_CHARSET,
                   "decode text: byte 2 is not valid utf-16le");
    assert_converted("utf-16le", AH_STR("a\0b"), AH_CHARSET_REPLACE, "a" AH_UTF8_REPLACEMENT);
    assert_converted("utf-16le", AH_STR("\0\xdcz\0"), AH_CHARSET_REPLACE, AH_UTF8_REPLACEMENT "z");
    assert_converted("utf-32le", AH_STR("\xff\xff\xff\x7fz\0\0\0"), AH_CHARSET_REPLACE,
                     AH_UTF8_REPLACEMENT "z");
    assert_converted("shift_jis", AH_STR("a\x83"), AH_CHARSET_REPLACE, "a" AH_UTF8_REPLACEMENT);
}

static void an_unknown_charset_is_an_error(void **state)
{
    (void)state;

    assert_refused("nonsense", AH_STR("x"), AHTTP_E_UNSUPPORTED,
                   "decode text: the charset \"nonsense\" is not known");
    assert_refused("", AH_STR(""), AHTTP_E_UNSUPPORTED,
                   "decode text: the charset \"\" is not known");
}

static void long_texts_are_converted_whole(void **state)
{
    (void)state;
    ah_buf latin1 = {0};
    ah_buf out = {0};
    for (int i = 0; i < 300000; i++)
        ah_buf_append_char(&latin1, (char)(i % 255 + 1));

    assert_null(
        ah_charset_to_utf8(&out, AH_STR("iso-8859-1"), ah_buf_str(&latin1), AH_CHARSET_STRICT));

    char *expected = ah_alloc(2 * latin1.len);
    size_t len = (size_t)(ah_utf8_write_latin1(expected, ah_buf_str(&latin1)) - expected);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, expected, len);
    ah_free(expected);
    ah_buf_release(&latin1);
    ah_buf_release(&out);
}

/* Whatever the bytes are, in every kind of charset: it ends, and gives UTF-8. */
static void replacing_never_fails(void **state)
{
    (void)state;
    static const char *const charsets[] = {"utf-8",     "iso-8859-1", "us-ascii",    "utf-16",
                                           "utf-32",    "utf-7",      "iso-2022-jp", "iso-2022-kr",
                                           "shift_jis", "gb18030",    "hz",          "big5-hkscs",
                                           "euc-tw",    "ibm037",     "tcvn",        "ucs-2"};
    char bytes[2000];
    unsigned random = 1;

    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1103515245 + 12345;
        bytes[i] = (char)(random >> 16);
    }
    for (size_t i = 0; i < COUNT_OF(charsets); i++)
        for (size_t len = 0; len < sizeof bytes; len += 97) {
            ah_buf out = {0};
            if (!ah_charset_is_known(ah_str_from(charsets[i])))
                continue;
            assert_null(ah_charset_to_utf8(&out, ah_str_from(charsets[i]),
                                           ah_str_make(bytes + sizeof bytes - len, len),
                                           AH_CHARSET_REPLACE));
            assert_true(ah_utf8_is_valid(ah_buf_str(&out)));
            ah_buf_release(&out);
        }
}

static void convert_in_scarcity(void *ctx)
{
    static const char *const charsets[] = {"utf-8", "us-ascii", "iso-8859-1"};

    for (size_t i = 0; i < COUNT_OF(charsets); i++) {
        ah_buf out = {0};
        ahttp_error *error =
            ah_charset_to_utf8(&out, ah_str_from(charsets[i]), ah_buf_str(ctx), AH_CHARSET_REPLACE);
        if (error)
            assert_int_equal(error->code, AHTTP_E_NO_MEMORY);
        ah_error_free(error);
        ah_buf_release(&out);
    }
}

static void running_out_of_memory_is_an_error_like_others(void **state)
{
    (void)state;
    ah_buf bytes = {0};
    for (int i = 0; i < 50000; i++)
        ah_buf_append(&bytes, AH_STR("a\x80"));

    for_each_allocation(convert_in_scarcity, &bytes);

    ah_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_field_names_the_charset_if_it_is_known),
        cmocka_unit_test(names_are_known_or_not),
        cmocka_unit_test(utf8_is_checked_and_copied),
        cmocka_unit_test(other_charsets_are_converted),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(text_goes_behind_what_is_there),
        cmocka_unit_test(bytes_that_are_no_characters_are_errors_or_replaced),
        cmocka_unit_test(an_unknown_charset_is_an_error),
        cmocka_unit_test(long_texts_are_converted_whole),
        cmocka_unit_test(replacing_never_fails),
        cmocka_unit_test(running_out_of_memory_is_an_error_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
