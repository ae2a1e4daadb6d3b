/* SPDX-License-Identifier: MIT */
/* What becomes the body, or the query: -d and its kin, --json, --url-query, -F. */
#include "words.h"

#include "form.h"

#define CONTENT "a b\r\nc=\xC3\xA4&\n"

typedef struct row {
    const char *words[8]; /* "@" at the end of one stands for the file's path */
    const char *data;
} row;

static const row rows[] = {
    {{"-d", "a=1"}, "a=1"},
    {{"-d", "a=1", "-d", "b=2"}, "a=1&b=2"},
    {{"-d", ""}, ""},
    {{"-d", "a\r\nb"}, "a\r\nb"},
    {{"-d", "@"}, "a bc=\xC3\xA4&"},
    {{"--data-ascii", "@"}, "a bc=\xC3\xA4&"},
    {{"--data-binary", "@"}, CONTENT},
    {{"--data-raw", "@x"}, "@x"},
    {{"--data-urlencode", "a b&c"}, "a+b%26c"},
    {{"--data-urlencode", "=a=b"}, "a%3Db"},
    {{"--data-urlencode", "n=a=b"}, "n=a%3Db"},
    {{"--data-urlencode", "@"}, "a+b%0D%0Ac%3D%C3%A4%26%0A"},
    {{"--data-urlencode", "n@"}, "n=a+b%0D%0Ac%3D%C3%A4%26%0A"},
    {{"-d", "a", "--data-urlencode", "b c", "--data-raw", "d"}, "a&b+c&d"},
    {{"--json", "{\"a\":1,"}, "{\"a\":1,"},
    {{"--json", "{\"a\":1,", "--json", "\"b\":2}"}, "{\"a\":1,\"b\":2}"},
};

/* The settings, read from the row's words. */
static void read_row(global *global, const char *const *words, const char *path)
{
    char *all[12] = {NULL};
    size_t count = 0;

    for (; words[count]; count++) {
        size_t len = strlen(words[count]);
        bool is_file = len > 0 && words[count][len - 1] == '@';
        all[count] = is_file ? format_text("%s%s", words[count], path) : copy_text(words[count]);
    }
    all[count] = copy_text("h");
    assert_int_equal(read_words(global, all), 0);
    for (size_t i = 0; i <= count; i++)
        free(all[i]);
}

static void data_is_put_together_in_order(void **state)
{
    char *path = file_of(CONTENT);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        global global;
        read_row(&global, rows[i].words, path);
        assert_true(global.first->has_data);
        assert_string_equal(text_str(&global.first->data), rows[i].data);
        global_release(&global);
    }
    unlink(path);
}

static void queries_are_encoded_but_behind_a_plus(void **state)
{
    static const row queries[] = {
        {{"--url-query", "a b"}, "a+b"},
        {{"--url-query", "n=a b"}, "n=a+b"},
        {{"--url-query", "=a=b"}, "a%3Db"},
        {{"--url-query", "+n=%20"}, "n=%20"},
        {{"--url-query", "@"}, "a+b%0D%0Ac%3D%C3%A4%26%0A"},
    };
    char *path = file_of(CONTENT);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        global global;
        read_row(&global, queries[i].words, path);
        assert_string_equal(global.first->url_query.items[0], queries[i].data);
        global_release(&global);
    }
    unlink(path);
}

static void form_fields_have_content_type_name_and_headers(void **state)
{
    global global;
    const form_part *part;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-F", "a=1", "-F", "b=@x.txt;type=t/u;filename=\"n;m\"",
                                "--form-string", "c=@x;type=y", "-F",
                                "d=1;headers=\"X: 1\";encoder=base64", "h"),
                     0);
    part = global.first->form->children;
    assert_string_equal(part->name, "a");
    assert_string_equal(text_str(&part->data), "1");
    part = part->next;
    assert_string_equal(part->file, "x.txt");
    assert_string_equal(part->type, "t/u");
    assert_string_equal(part->file_name, "n;m");
    part = part->next;
    assert_string_equal(text_str(&part->data), "@x;type=y");
    part = part->next;
    assert_string_equal(part->headers.items[0], "X: 1");
    assert_string_equal(part->encoder, "base64");
    assert_null(part->next);
    global_release(&global);
}

static void a_form_field_without_an_equals_sign_is_none(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-F", "nothing", "h"), 2);
    global_release(&global);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_put_together_in_order),
        cmocka_unit_test(queries_are_encoded_but_behind_a_plus),
        cmocka_unit_test(form_fields_have_content_type_name_and_headers),
        cmocka_unit_test(a_form_field_without_an_equals_sign_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
