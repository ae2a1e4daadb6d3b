/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/multipart.h"
#include "support/failing_alloc.h"

static ah_multipart_part part_named(const char *name)
{
    return (ah_multipart_part){.name = ah_str_from(name)};
}

static void assert_head(const ah_multipart_part *part, const char *expected)
{
    ah_buf out = {0};

    ah_multipart_write_head(&out, AH_STR("B"), part);

    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
}

static void a_boundary_is_random_and_may_be_sent(void **state)
{
    (void)state;
    char a[AH_MULTIPART_BOUNDARY_LEN + 1];
    char b[AH_MULTIPART_BOUNDARY_LEN + 1];

    assert_null(ah_multipart_make_boundary(a));
    assert_null(ah_multipart_make_boundary(b));

    assert_int_equal(strlen(a), AH_MULTIPART_BOUNDARY_LEN);
    assert_string_not_equal(a, b);
    assert_null(ah_multipart_check_boundary(ah_str_from(a)));
}

static void boundaries_are_checked(void **state)
{
    (void)state;
    static const char seventy[] =
        "1234567890123456789012345678901234567890123456789012345678901234567890";

    assert_null(ah_multipart_check_boundary(AH_STR("azAZ09'()+_,-./:=?")));
    assert_null(ah_multipart_check_boundary(AH_STR("a b")));
    assert_null(ah_multipart_check_boundary(ah_str_from(seventy)));
    assert_string_equal(ah_multipart_check_boundary(AH_STR("")), "it is empty");
    assert_string_equal(ah_multipart_check_boundary(AH_STR("a ")), "it ends with a space");
    assert_string_equal(ah_multipart_check_boundary(ah_str_make(seventy, 71)),
                        "it has more than 70 characters");
    static const char *const bad[] = {"a\"", "a\r\n", "a;b", "\xc3\xa4", "a\tb", "<>", "a\\"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_string_equal(ah_multipart_check_boundary(ah_str_from(bad[i])),
                            "it has a character that is not allowed");
    assert_non_null(ah_multipart_check_boundary(AH_STR("a\0b")));
}

static void the_type_has_quotes_where_it_must(void **state)
{
    (void)state;
    ah_buf out = {0};

    ah_multipart_write_type(&out, AH_STR("form-data"), AH_STR("ahttp-1"));
    ah_buf_append_char(&out, '\n');
    ah_multipart_write_type(&out, AH_STR("mixed"), AH_STR("a:b c"));

    assert_str(ah_buf_str(&out),
               "multipart/form-data; boundary=ahttp-1\nmultipart/mixed; boundary=\"a:b c\"");
    ah_buf_release(&out);
}

static void a_part_says_what_it_has(void **state)
{
    (void)state;
    ah_multipart_part part = part_named("a");

    assert_head(&part, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n");
    part.filename = AH_STR("f.txt");
    part.content_type = AH_STR("text/plain");
    part.fields = AHTTP_PAIRS({"X-One", "1"}, {"X-Two", "2"});
    assert_head(&part, "--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f.txt\"\r\n"
                       "Content-Type: text/plain\r\nX-One: 1\r\nX-Two: 2\r\n\r\n");
    part = (ah_multipart_part){.content_type = AH_STR("image/png")};
    assert_head(&part, "--B\r\nContent-Type: image/png\r\n\r\n");
    part = (ah_multipart_part){.name = AH_STR(""), .filename = AH_STR("")};
    assert_head(&part, "--B\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n");
}

/* WHATWG HTML §4.10.21.8. */
static void names_are_quoted_as_browsers_do(void **state)
{
    (void)state;
    ah_multipart_part part = part_named("a\"b\r\nc\\d%22");
    part.filename = AH_STR("\"\xc3\xa4;.txt\n");

    assert_head(&part, "--B\r\nContent-Disposition: form-data; name=\"a%22b%0D%0Ac\\d%22\"; "
                       "filename=\"%22\xc3\xa4;.txt%0A\"\r\n\r\n");
}

static void parts_that_cannot_be_sent_are_told(void **state)
{
    (void)state;
    ah_multipart_part part = part_named("a");

    assert_null(ah_multipart_check_part(&part));
    part.content_type = AH_STR("text/plain\r\nX: y");
    assert_string_equal(ah_multipart_check_part(&part), "its content type has a control character");
    part.content_type = AH_STR("text/plain");
    part.fields = AHTTP_PAIRS({"X Y", "1"});
    assert_string_equal(ah_multipart_check_part(&part),
                        "the name of a header of it is not a token");
    part.fields = AHTTP_PAIRS({"X", "1\n"});
    assert_string_equal(ah_multipart_check_part(&part),
                        "the value of a header of it has a control character");
    part.fields = AHTTP_PAIRS({"X", NULL});
    assert_non_null(ah_multipart_check_part(&part));
    part.fields = AHTTP_PAIRS({"X", "1"});
    assert_null(ah_multipart_check_part(&part));
    part = (ah_multipart_part){.filename = AH_STR("f")};
    assert_string_equal(ah_multipart_check_part(&part), "it has a file name but no name");
}

static void the_length_is_that_of_what_is_written(void **state)
{
    (void)state;
    ah_str bodies[] = {AH_STR(""), AH_STR("hello"), AH_STR("\r\n--B")};
    static const ahttp_pair fields[] = {{"X", "y"}, {NULL, NULL}};
    ah_multipart_part parts[COUNT_OF(bodies)];
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        parts[i] = part_named("a\"\n");
        parts[i].filename = AH_STR("\r");
        parts[i].content_type = AH_STR("text/plain");
        parts[i].fields = fields;
        parts[i].size = (int64_t)bodies[i].len;
    }

    for (size_t count = 0; count <= COUNT_OF(bodies); count++) {
        ah_buf out = {0};
        for (size_t i = 0; i < count; i++) {
            ah_multipart_write_head(&out, AH_STR("B"), &parts[i]);
            ah_buf_append(&out, bodies[i]);
            ah_buf_append(&out, AH_MULTIPART_PART_END);
        }
        ah_multipart_write_end(&out, AH_STR("B"));
        assert_int_equal(ah_multipart_length(AH_STR("B"), count, parts), out.len);
        ah_buf_release(&out);
    }
}

static void a_length_may_be_unknown(void **state)
{
    (void)state;
    ah_multipart_part parts[] = {part_named("a"), part_named("b")};

    parts[1].size = -1;
    assert_int_equal(ah_multipart_length(AH_STR("B"), 2, parts), -1);
    assert_true(ah_multipart_length(AH_STR("B"), 1, parts) > 0);
    parts[0].size = parts[1].size = INT64_MAX;
    assert_int_equal(ah_multipart_length(AH_STR("B"), 1, parts), -1);
    assert_int_equal(ah_multipart_length(AH_STR("B"), 2, parts), -1);
}

static void write_in_scarcity(void *ctx)
{
    ah_buf out = {0};

    for (int i = 0; i < 20; i++)
        ah_multipart_write_head(&out, AH_STR("B"), ctx);
    ah_multipart_write_end(&out, AH_STR("B"));
    if (!ah_buf_failed(&out))
        assert_true(ah_str_ends_with(ah_buf_str(&out), AH_STR("--B--\r\n")));
    ah_buf_release(&out);
}

static void running_out_of_memory_sticks_to_the_buffer(void **state)
{
    (void)state;
    ah_multipart_part part = part_named("a");

    for_each_allocation(write_in_scarcity, &part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_boundary_is_random_and_may_be_sent),
        cmocka_unit_test(boundaries_are_checked),
        cmocka_unit_test(the_type_has_quotes_where_it_must),
        cmocka_unit_test(a_part_says_what_it_has),
        cmocka_unit_test(names_are_quoted_as_browsers_do),
        cmocka_unit_test(parts_that_cannot_be_sent_are_told),
        cmocka_unit_test(the_length_is_that_of_what_is_written),
        cmocka_unit_test(a_length_may_be_unknown),
        cmocka_unit_test(running_out_of_memory_sticks_to_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
