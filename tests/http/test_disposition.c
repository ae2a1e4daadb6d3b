/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/buf.h"
#include "http/disposition.h"
#include "support/failing_alloc.h"

typedef struct row {
    const char *text;
    const char *type;
    const char *filename; /* NULL: none */
} row;

static void types_and_file_names_are_read(void **state)
{
    (void)state;
    static const row rows[] = {
        {"inline", "inline", NULL},
        {"Attachment; filename=a.txt", "attachment", "a.txt"},
        {"attachment; FileName=\"a b.txt\"", "attachment", "a b.txt"},
        {"attachment; filename=\"a\\\"b\\\\c\"", "attachment", "a\"b\\c"},
        {"attachment; filename=\"a;b=c\"; x=y", "attachment", "a;b=c"},
        {"attachment; filename=a,b.txt", "attachment", "a,b.txt"},
        {"attachment; filename=a b.txt ; size=1", "attachment", "a b.txt"},
        {"attachment; filename=", "attachment", NULL},
        {"attachment; filename=\"\"", "attachment", NULL},
        {"attachment; filename=first; filename=second", "attachment", "first"},
        {"attachment; filename=%41.txt", "attachment", "%41.txt"},
        {"filename=a.txt", "", "a.txt"},
        {"", "", NULL},
        {"; filename=a", "", "a"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_arena arena = {0};
        ah_disposition disposition;
        assert_true(ah_disposition_read(&disposition, &arena, ah_str_from(rows[i].text)));
        assert_string_equal(disposition.type.ptr, rows[i].type);
        if (rows[i].filename)
            assert_string_equal(disposition.filename.ptr, rows[i].filename);
        else
            assert_null(disposition.filename.ptr);
        ah_arena_release(&arena);
    }
}

static void a_name_in_pieces_is_joined(void **state)
{
    (void)state;
    static const row rows[] = {
        {"attachment; filename*0=\"foo-\"; filename*1=\"bar.html\"", "", "foo-bar.html"},
        {"attachment; filename*1=\"bar\"; FILENAME*0=\"foo\"", "", "foobar"},
        {"attachment; filename*0=\"foo\"; filename*2=\"bar\"", "", "foo"},
        {"attachment; filename*1=\"foo\"", "", NULL},
        {"attachment; filename*00=\"foo\"", "", NULL},
        {"attachment; filename*0*=UTF-8'en'%e2%82%ac; filename*1=\"%20\"; filename*2*=%20b", "",
         "\xe2\x82\xac%20 b"},
        {"attachment; filename*0*=koi8-r''%c1; filename*1=x", "", NULL},
        {"attachment; filename*0=\"f%20o\"; filename*1*=%20", "", "f%20o"},
        {"attachment; filename*0=a; filename=b", "", "b"},
        {"attachment; filename*0=a; filename*=UTF-8''c", "", "c"},
        {"attachment; filename*0=a; filename=\"\"", "", "a"},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_arena arena = {0};
        ah_disposition disposition;
        assert_true(ah_disposition_read(&disposition, &arena, ah_str_from(rows[i].text)));
        if (rows[i].filename)
            assert_string_equal(disposition.filename.ptr, rows[i].filename);
        else
            assert_null(disposition.filename.ptr);
        ah_arena_release(&arena);
    }
}

/* Of RFC 6266 §5, RFC 8187 §3.2.3 and greenbytes' test cases. */
static void extended_names_are_preferred(void **state)
{
    (void)state;
    static const row rows[] = {
        {"attachment; filename*=UTF-8''%e2%82%ac%20rates", "", "\xe2\x82\xac rates"},
        {"attachment; filename=\"EURO\"; filename*=utf-8''%e2%82%ac", "", "\xe2\x82\xac"},
        {"attachment; filename*=utf-8'en'a.txt; filename=b", "", "a.txt"},
        {"attachment; filename*=iso-8859-1'en'%A3%20rates", "", "\xc2\xa3 rates"},
        {"attachment; filename*=\"UTF-8''quoted\"", "", "quoted"},
        {"attachment; filename*=koi8-r''%c1; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''%ff; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''%4; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''%4g; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''a%00b; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8'x; filename=plain", "", "plain"},
        {"attachment; filename*=bare; filename=plain", "", "plain"},
        {"attachment; filename*=UTF-8''it's", "", "it's"},
        {"attachment; filename*=UTF-8''%4", "", NULL},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ah_arena arena = {0};
        ah_disposition disposition;
        assert_true(ah_disposition_read(&disposition, &arena, ah_str_from(rows[i].text)));
        if (rows[i].filename)
            assert_string_equal(disposition.filename.ptr, rows[i].filename);
        else
            assert_null(disposition.filename.ptr);
        ah_arena_release(&arena);
    }
}

static void raw_names_are_utf8_or_else_latin1(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_disposition disposition;

    ah_disposition_read(&disposition, &arena, AH_STR("attachment; filename=\"\xc3\xa4.txt\""));
    assert_string_equal(disposition.filename.ptr, "\xc3\xa4.txt");
    ah_disposition_read(&disposition, &arena, AH_STR("attachment; filename=\"\xe4.txt\""));
    assert_string_equal(disposition.filename.ptr, "\xc3\xa4.txt");

    ah_arena_release(&arena);
}

static void parameters_are_as_given(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_disposition disposition;

    ah_disposition_read(&disposition, &arena,
                        AH_STR("form-data; Name=\"a\"; filename*=UTF-8''%41; x"));

    assert_string_equal(ah_params_find(disposition.params, "name"), "a");
    assert_string_equal(ah_params_find(disposition.params, "filename*"), "UTF-8''%41");
    assert_string_equal(ah_params_find(disposition.params, "x"), "");
    ah_arena_release(&arena);
}

/* ---- Names of files ---- */

static void names_are_made_safe(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        const char *safe; /* NULL: nothing is left */
    } names[] = {
        {"a.txt", "a.txt"},
        {"a b.tar.gz", "a b.tar.gz"},
        {"/etc/passwd", "passwd"},
        {"../../etc/passwd", "passwd"},
        {"C:\\Windows\\win.ini", "win.ini"},
        {"a/b\\c", "c"},
        {"folder/", NULL},
        {"", NULL},
        {".", NULL},
        {"..", NULL},
        {"../..", NULL},
        {" . . ", NULL},
        {".bashrc", "bashrc"},
        {"...hidden", "hidden"},
        {"a.txt. . ", "a.txt"},
        {"a\nb\tc\x7f.txt", "abc.txt"},
        {"\x01.\x01.\x01", NULL},
        {".\x01/.", NULL},
        {"\xc2\x85"
         "a\xc2\xa0"
         "b",
         "a\xc2\xa0"
         "b"},
        {"invoice\xe2\x80\xae"
         "fdp.exe",
         "invoicefdp.exe"},
        {"\xe2\x81\xa6x\xe2\x81\xa9\xe2\x82\xac", "x\xe2\x82\xac"},
        {"a\xff", "a\xef\xbf\xbd"},
        {"\xf0\x9f\x98\x80.png", "\xf0\x9f\x98\x80.png"},
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ah_arena arena = {0};
        ah_str safe;
        assert_true(ah_file_name_make_safe(ah_str_from(names[i].given), &arena, &safe));
        if (names[i].safe)
            assert_string_equal(safe.ptr ? safe.ptr : "(nothing)", names[i].safe);
        else
            assert_null(safe.ptr);
        ah_arena_release(&arena);
    }
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    ah_arena arena = {0};
    ah_buf name = {0};
    ah_str safe;
    for (int i = 0; i < 200; i++)
        ah_buf_append(&name, AH_STR("\xc3\xa4"));

    assert_true(ah_file_name_make_safe(ah_buf_str(&name), &arena, &safe));

    assert_int_equal(safe.len, 254);
    assert_true(ah_str_starts_with(ah_buf_str(&name), safe));
    assert_int_equal(safe.ptr[254], '\0');
    ah_buf_release(&name);
    ah_arena_release(&arena);
}

static void read_in_scarcity(void *ctx)
{
    (void)ctx;
    ah_arena arena = {0};
    ah_disposition disposition;
    ah_str safe;
    static const char *const texts[] = {"attachment; filename=\"\xe4\"; x=y",
                                        "attachment; filename*=ISO-8859-1''%e4"};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (ah_disposition_read(&disposition, &arena, ah_str_from(texts[i])) &&
            ah_file_name_make_safe(disposition.filename, &arena, &safe))
            assert_string_equal(safe.ptr, "\xc3\xa4");
    ah_arena_release(&arena);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;

    for_each_allocation(read_in_scarcity, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_file_names_are_read),
        cmocka_unit_test(a_name_in_pieces_is_joined),
        cmocka_unit_test(extended_names_are_preferred),
        cmocka_unit_test(raw_names_are_utf8_or_else_latin1),
        cmocka_unit_test(parameters_are_as_given),
        cmocka_unit_test(names_are_made_safe),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
