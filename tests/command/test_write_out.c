/* SPDX-License-Identifier: MIT */
/* -w: what a format makes of the facts of a transfer. */
#include "words.h"

#include "write_out.h"

static facts facts_of_one(void)
{
    static char fields[][32] = {"Server: s", "ETag: \"1\"", "etag: \"2\"", "X-Empty:"};
    facts facts = {.url = copy_text("http://ann:pw@h:81/a?b#c"),
                   .effective = copy_text("https://i/d"),
                   .method = copy_text("GET"),
                   .scheme = copy_text("https"),
                   .content_type = copy_text("text/plain"),
                   .remote_ip = copy_text("::1"),
                   .remote_port = 443,
                   .status = 200,
                   .minor_version = 1,
                   .redirects = 1,
                   .connects = 2,
                   .downloaded = 1000,
                   .head_bytes = 55,
                   .request_bytes = 44,
                   .total_ms = 500,
                   .name_ms = 0.25,
                   .number = 3,
                   .url_number = 3};

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        list_add(&facts.fields, fields[i]);
        list_add(&facts.all_fields, fields[i]);
    }
    facts.field_count = facts.fields.count;
    return facts;
}

/* What is written to standard output; what to standard error goes behind it. */
static char *written(const char *format, const facts *facts)
{
    char *out, *errors, *both;
    size_t out_len, errors_len;
    FILE *standard = open_memstream(&out, &out_len);
    global global = {.errors = open_memstream(&errors, &errors_len)};

    write_out(standard, &global, format, facts);
    fclose(standard);
    fclose(global.errors);
    both = format_text("%s%s%s", out, errors_len > 0 ? "|" : "", errors);
    free(out);
    free(errors);
    return both;
}

typedef struct row {
    const char *format, *written;
} row;

static const row rows[] = {
    {"plain", "plain"},
    {"a\\tb\\nc\\rd\\\\e\\q", "a\tb\nc\rd\\\\e\\q"},
    {"100%%", "100%"},
    {"%{http_code}", "200"},
    {"%{response_code}:%{http_connect}", "200:000"},
    {"%{url}", "http://ann:pw@h:81/a?b#c"},
    {"%{url_effective}", "https://i/d"},
    {"%{url.scheme} %{url.user} %{url.password}", "http ann pw"},
    {"%{url.host} %{url.port} %{url.path}", "h 81 /a"},
    {"%{url.query} %{url.fragment} [%{url.zoneid}]", "b c []"},
    {"%{urle.host} %{urle.port} [%{urle.query}]", "i 443 []"},
    {"%{method} %{scheme} %{content_type}", "GET https text/plain"},
    {"%{remote_ip} %{remote_port} [%{local_ip}]", "::1 443 []"},
    {"%{num_redirects} %{num_connects} %{num_headers}", "1 2 4"},
    {"%{size_download} %{size_header} %{size_request}", "1000 55 44"},
    {"%{speed_download}", "2000"},
    {"%{time_total} %{time_namelookup} %{time_connect}", "0.500000 0.000250 0.000000"},
    {"%{http_version}", "1.1"},
    {"%{exitcode} [%{errormsg}]", "0 []"},
    {"%{xfer_id} %{conn_id} %{urlnum}", "3 3 3"},
    {"%{ftp_entry_path}%{url.options}", ""},
    {"%{tls_earlydata} %{num_certs}", "0 0"},
    {"%header{server}", "s"},
    {"%header{ETag}", "\"1\""},
    {"%header{etag:all: + }", "\"1\" + \"2\""},
    {"[%header{none}]", "[]"},
    {"%{header_json}", "{\"server\":[\"s\"],\n\"etag\":[\"\\\"1\\\"\",\"\\\"2\\\"\"],\n"
                       "\"x-empty\":[\"\"]\n}"},
    {"out%{stderr}err", "out|err"},
    {"%{stderr}err%{stdout}out", "out|err"},
    {"a%{onerror}b", "a"},
    {"%{unclosed", "%{unclosed"},
    {"%", "%"},
    {"%q", "%q"},
};

static void variables_stand_for_facts(void **state)
{
    facts facts = facts_of_one();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *text = written(rows[i].format, &facts);
        assert_string_equal(text, rows[i].written);
        free(text);
    }
    facts_release(&facts);
}

static void an_unknown_variable_is_said_to_be_one(void **state)
{
    facts facts = facts_of_one();
    char *text = written("a%{nonsense}b", &facts);

    (void)state;
    assert_non_null(strstr(text, "ab|"));
    assert_non_null(strstr(text, "unknown --write-out variable: 'nonsense'"));
    free(text);
    facts_release(&facts);
}

static void what_comes_behind_onerror_is_for_failures(void **state)
{
    facts facts = facts_of_one();

    (void)state;
    facts.code = 7;
    text_add_str(&facts.message, "no way");
    char *text = written("%{onerror}%{exitcode}: %{errormsg}", &facts);
    assert_string_equal(text, "7: no way");
    free(text);
    facts_release(&facts);
}

static void output_turns_to_a_file_and_back(void **state)
{
    char *path = file_of("old\n");
    char format[128];
    facts facts = facts_of_one();
    text content = {0};

    (void)state;
    snprintf(format, sizeof format, "a%%output{>>%s}new\\n%%{stdout}b", path);
    char *text = written(format, &facts);
    assert_string_equal(text, "ab");
    free(text);
    assert_true(text_add_file(&content, path));
    assert_string_equal(text_str(&content), "old\nnew\n");
    text_free(&content);
    unlink(path);
    facts_release(&facts);
}

static void json_has_all_variables_and_numbers_without_quotes(void **state)
{
    facts facts = facts_of_one();
    char *text = written("%{json}", &facts);

    (void)state;
    assert_non_null(strstr(text, "\"http_code\":200,"));
    assert_non_null(strstr(text, "\"content_type\":\"text/plain\","));
    assert_non_null(strstr(text, "\"http_connect\":0,"));
    assert_non_null(strstr(text, "\"local_ip\":null,"));
    assert_non_null(strstr(text, "\"time_total\":0.500000,"));
    assert_int_equal(text[0], '{');
    assert_int_equal(text[strlen(text) - 1], '}');
    free(text);
    facts_release(&facts);
}

static void time_is_written_by_a_format(void **state)
{
    facts facts = facts_of_one();
    char *text = written("%time{%Y-%m-%d %H:%M:%S.%f %Z %z}", &facts);
    int year, month, day, hour, minute, second, micro;

    (void)state;
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d.%6d UTC +0000", &year, &month, &day, &hour,
                            &minute, &second, &micro),
                     7);
    assert_true(year > 2020);
    free(text);
    facts_release(&facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_stand_for_facts),
        cmocka_unit_test(an_unknown_variable_is_said_to_be_one),
        cmocka_unit_test(what_comes_behind_onerror_is_for_failures),
        cmocka_unit_test(output_turns_to_a_file_and_back),
        cmocka_unit_test(json_has_all_variables_and_numbers_without_quotes),
        cmocka_unit_test(time_is_written_by_a_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
