/* SPDX-License-Identifier: MIT */
/* From words to settings: letters, names, values, --no-, --next, and what is wrong with them. */
#include "words.h"

static void letters_may_stand_together_and_take_what_is_left(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-sSLXPUT", "-ofile", "h/a"), 0);
    assert_true(global.silent && global.show_error);
    assert_int_equal(global.first->follow, FOLLOW_ALL);
    assert_string_equal(global.first->method, "PUT");
    assert_string_equal(global.first->sources[0].output, "file");
    assert_string_equal(global.first->sources[0].url, "h/a");
    global_release(&global);
}

static void values_follow_names_or_stand_behind_an_equals_sign(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "--user-agent", "me", "--range=1-2", "h"), 0);
    assert_string_equal(global.first->user_agent, "me");
    assert_string_equal(global.first->range, "1-2");
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--silent=yes", "h"), 2);
    global_release(&global);
}

static void what_is_on_or_off_has_a_no(void **state)
{
    global global;
    settings *first;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-k", "--no-insecure", "--no-keepalive", "-N",
                                "--no-clobber", "--no-progress-meter", "-n", "--no-netrc",
                                "--digest", "--no-digest", "h"),
                     0);
    first = global.first;
    assert_false(first->insecure);
    assert_true(first->no_keepalive && first->no_buffer && global.no_progress_meter);
    assert_int_equal(first->clobber, -1);
    assert_int_equal(first->netrc, NETRC_NO);
    assert_int_equal(first->auth, AUTH_DEFAULT);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--no-ipv4", "h"), 2);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--no-data", "h"), 2);
    global_release(&global);
}

static void of_choices_the_last_one_counts(void **state)
{
    global global;
    settings *first;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-4", "-6", "--http1.1", "-0", "--basic", "--anyauth",
                                "--tlsv1.3", "--tlsv1.2", "--socks4", "a", "--socks5-hostname", "b",
                                "--trace", "t", "--trace-ascii", "u", "h"),
                     0);
    first = global.first;
    assert_int_equal(first->family, 6);
    assert_int_equal(first->http_version, 10);
    assert_int_equal(first->auth, AUTH_ANY);
    assert_int_equal(first->tls_min, 12);
    assert_string_equal(first->proxy, "b");
    assert_int_equal(first->proxy_type, PROXY_SOCKS5H);
    assert_int_equal(global.trace_form, TRACE_ASCII);
    assert_string_equal(global.trace_file, "u");
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--trace", "t", "-v", "h"), 0);
    assert_int_equal(global.trace_form, TRACE_SHORT);
    global_release(&global);
}

static void urls_and_outputs_are_paired_in_their_order(void **state)
{
    global global;
    const source *sources;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-o", "1", "-O", "h/a", "h/b", "-T", "up", "--out-null",
                                "--url", "h/c"),
                     0);
    sources = global.first->sources;
    assert_int_equal(global.first->source_count, 3);
    assert_string_equal(sources[0].url, "h/a");
    assert_string_equal(sources[0].output, "1");
    assert_string_equal(sources[0].upload, "up");
    assert_true(sources[1].remote_name);
    assert_string_equal(sources[2].url, "h/c");
    assert_true(sources[2].discard);
    global_release(&global);
}

static void a_name_for_all_may_be_taken_back_for_one(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "--remote-name-all", "--no-remote-name", "h/a", "h/b"), 0);
    assert_false(global.first->sources[0].remote_name);
    assert_true(global.first->sources[1].remote_name);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "h/a", "-o", "x", "--no-remote-name"), 0);
    assert_int_equal(global.first->source_count, 1);
    global_release(&global);
}

static void next_begins_anew_but_what_is_of_all_stays(void **state)
{
    global global;
    const settings *second;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "-s", "-d", "a", "-H", "X: 1", "h/a", "--next", "-A", "me",
                                "h/b", "-:", "h/c"),
                     0);
    assert_true(global.silent);
    second = global.first->next;
    assert_string_equal(global.first->sources[0].url, "h/a");
    assert_true(global.first->has_data);
    assert_false(second->has_data);
    assert_int_equal(second->headers.count, 0);
    assert_string_equal(second->user_agent, "me");
    assert_string_equal(second->next->sources[0].url, "h/c");
    assert_null(second->next->user_agent);
    assert_null(second->next->next);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "-s", "--next", "h"), 2);
    global_release(&global);
}

static void behind_two_dashes_there_are_only_urls(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "--", "-s", "--next"), 0);
    assert_false(global.silent);
    assert_string_equal(global.first->sources[0].url, "-s");
    assert_string_equal(global.first->sources[1].url, "--next");
    global_release(&global);
}

static void numbers_have_their_form(void **state)
{
    static const struct {
        const char *option, *value;
        long long number; /* -1: it is none */
    } rows[] = {
        {"--max-time", "2", 2000},
        {"--max-time", "2.5", 2500},
        {"--max-time", ".25", 250},
        {"--max-time", "1.2345", 1234},
        {"--max-time", "x", -1},
        {"--max-time", "1s", -1},
        {"--limit-rate", "10", 10},
        {"--limit-rate", "2k", 2048},
        {"--limit-rate", "1M", 1 << 20},
        {"--limit-rate", "1.5K", 1536},
        {"--limit-rate", "1X", -1},
        {"--limit-rate", "1kk", -1},
        {"--retry", "3", 3},
        {"--retry", "", -1},
        {"--retry", "3a", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        global global;
        int code = READ_WORDS(&global, (char *)rows[i].option, (char *)rows[i].value, "h");
        const settings *first = global.first;
        long long got = rows[i].option[2] == 'm'   ? first->max_time_ms
                        : rows[i].option[2] == 'l' ? first->limit_rate
                                                   : first->retry;
        assert_int_equal(code, rows[i].number < 0 ? 2 : 0);
        if (rows[i].number >= 0)
            assert_int_equal(got, rows[i].number);
        global_release(&global);
    }
}

static void rates_are_a_number_in_a_unit_of_time(void **state)
{
    static const struct {
        const char *value;
        long long ms; /* -1: it is none */
    } rows[] = {{"2/s", 500},    {"10/m", 6000}, {"1/h", 3600000}, {"2/d", 43200000},
                {"5/10s", 2000}, {"36", 100000}, {"0/s", -1},      {"2/x", -1},
                {"2/s2", -1},    {"x", -1}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        global global;
        assert_int_equal(READ_WORDS(&global, "--rate", (char *)rows[i].value, "h"),
                         rows[i].ms < 0 ? 2 : 0);
        if (rows[i].ms >= 0)
            assert_int_equal(global.rate, rows[i].ms);
        global_release(&global);
    }
}

static void what_is_wrong_with_words_is_told_by_the_code(void **state)
{
    global global;

    (void)state;
    assert_int_equal(READ_WORDS(&global, "--no-such-option", "h"), 2);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "-o"), 2);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "-d", "@/nonexistent/file", "h"), 26);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "-K", "/nonexistent/file", "h"), 2);
    global_release(&global);
    assert_int_equal(READ_WORDS(&global, "--tls-max", "7", "h"), 2);
    global_release(&global);
}

static void misspelt_options_are_guessed_at(void **state)
{
    static const struct {
        const char *given, *nearest; /* NULL: none is near */
    } rows[] = {
        {"loction", "location"},
        {"haeder", "header"},
        {"max-redirect", "max-redirs"},
        {"ouput", "output"},
        {"datas", "data"},
        {"retry-dealy", "retry-delay"},
        {"parallel-mx", "parallel-max"},
        {"socks5-hosts", "socks5-hostname"},
        {"zzzzzzzz", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *nearest = option_nearest(rows[i].given);
        if (rows[i].nearest)
            assert_string_equal(nearest, rows[i].nearest);
        else
            assert_null(nearest);
    }
}

static void every_option_has_a_help_a_category_and_a_name_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        assert_true(options[i].help[0] && options[i].categories);
        assert_ptr_equal(option_by_name(options[i].name), &options[i]);
        if (options[i].letter)
            assert_ptr_equal(option_by_letter(options[i].letter), &options[i]);
        if (i > 0)
            assert_true(strcmp(options[i - 1].name, options[i].name) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_may_stand_together_and_take_what_is_left),
        cmocka_unit_test(values_follow_names_or_stand_behind_an_equals_sign),
        cmocka_unit_test(what_is_on_or_off_has_a_no),
        cmocka_unit_test(of_choices_the_last_one_counts),
        cmocka_unit_test(urls_and_outputs_are_paired_in_their_order),
        cmocka_unit_test(a_name_for_all_may_be_taken_back_for_one),
        cmocka_unit_test(next_begins_anew_but_what_is_of_all_stays),
        cmocka_unit_test(behind_two_dashes_there_are_only_urls),
        cmocka_unit_test(numbers_have_their_form),
        cmocka_unit_test(rates_are_a_number_in_a_unit_of_time),
        cmocka_unit_test(what_is_wrong_with_words_is_told_by_the_code),
        cmocka_unit_test(misspelt_options_are_guessed_at),
        cmocka_unit_test(every_option_has_a_help_a_category_and_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
