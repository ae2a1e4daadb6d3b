/* SPDX-License-Identifier: MIT */
#include "cookies/suffix.h"
#include "support/vectors.h"

static void the_rule_knows_labels_and_countries(void **state)
{
    static const char *const suffixes[] = {"com",    "uk",     "localhost", "co.uk",
                                           "com.au", "gov.br", "ac.jp"};
    static const char *const others[] = {"example.com", "example.co.uk", "example.de", "co.com",
                                         "co.u1",       "a.co.uk",       "bbc.uk"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (!ah_domain_looks_like_public_suffix(ah_str_from(suffixes[i])))
            fail_msg("%s is none", suffixes[i]);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (ah_domain_looks_like_public_suffix(ah_str_from(others[i])))
            fail_msg("%s is one", others[i]);
}

static void everybody_knows_the_top(void **state)
{
    (void)state;
    assert_true(ah_domain_is_public_suffix(AH_STR("com")));
    assert_true(ah_domain_is_public_suffix(AH_STR("co.uk")));
    assert_true(ah_domain_is_public_suffix(AH_STR("unheard-of")));
    assert_false(ah_domain_is_public_suffix(AH_STR("example.com")));
    assert_false(ah_domain_is_public_suffix(AH_STR("example.co.uk")));
}

#if AHTTP_PSL
static void the_list_has_private_ones(void **state)
{
    char long_name[300];

    (void)state;
    assert_true(ah_domain_is_public_suffix(AH_STR("github.io")));
    assert_false(ah_domain_is_public_suffix(AH_STR("mine.github.io")));
    assert_true(ah_domain_is_public_suffix(AH_STR("xn--55qx5d.cn")));
    memset(long_name, 'a', sizeof long_name);
    assert_false(ah_domain_is_public_suffix(ah_str_make(long_name, sizeof long_name)));
}

/* The longest public suffix of host and one label more; ptr NULL when there is none more. */
static ah_str registrable(ah_str host)
{
    ah_str before = {0};

    for (ah_str name = host; name.len > 0;
         name = ah_str_slice(name, ah_str_find(name, '.') + 1, SIZE_MAX)) {
        if (ah_domain_is_public_suffix(name))
            return before;
        before = name;
    }
    return before;
}

/* "host expected", either of which may be "null"; hosts in any case and script. */
static bool check_line(ah_str line, size_t *wrong)
{
    char lower[256];
    ah_str rest = line;
    ah_str host, expected;

    if (line.len == 0 || *line.ptr == '/' || !ah_str_split(&rest, ' ', &host) ||
        !ah_str_split(&rest, ' ', &expected) || *host.ptr == '.' ||
        ah_str_equal(host, AH_STR("null")))
        return false;
    for (size_t i = 0; i < host.len; i++)
        lower[i] = ah_lower(host.ptr[i]);
    ah_str actual = registrable(ah_str_make(lower, host.len));
    if (ah_str_equal(expected, AH_STR("null")) ? actual.ptr != NULL
                                               : !ah_str_equal(actual, expected)) {
        print_error("%.*s: %.*s\n", (int)line.len, line.ptr, (int)actual.len, actual.ptr);
        ++*wrong;
    }
    return true;
}

static void the_lists_own_tests_pass(void **state)
{
    enum { LINES = 73 };
    ah_buf file = {0};
    ah_str line;
    size_t checked = 0;
    size_t wrong = 0;

    (void)state;
    read_vector_file(&file, "psl/tests.txt");
    for (ah_str rest = ah_buf_str(&file); ah_str_split(&rest, '\n', &line);)
        checked += check_line(line, &wrong);
    ah_buf_release(&file);

    assert_int_equal(wrong, 0);
    assert_int_equal(checked, LINES);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_knows_labels_and_countries),
        cmocka_unit_test(everybody_knows_the_top),
#if AHTTP_PSL
        cmocka_unit_test(the_list_has_private_ones),
        cmocka_unit_test(the_lists_own_tests_pass),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
