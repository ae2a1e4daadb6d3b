/* SPDX-License-Identifier: MIT */
#include "http/netrc.h"
#include "support/check.h"
#include "support/failing_alloc.h"

/* expected is NULL where nothing is found. */
static void assert_found(const char *text, const char *host, const char *expected)
{
    ah_buf out = {0};
    bool found = ah_netrc_find(ah_str_from(text), ah_str_from(host), &out);

    assert_int_equal(found, expected != NULL);
    assert_str(ah_buf_str(&out), expected ? expected : "");
    ah_buf_release(&out);
}

static void a_machine_has_a_login_and_a_password(void **state)
{
    (void)state;
    const char *text = "machine a.test login ann password secret\n"
                       "machine b.test\n\tlogin bob\n\taccount work\n\tpassword more\n";

    assert_found(text, "a.test", "ann:secret");
    assert_found(text, "b.test", "bob:more");
    assert_found(text, "A.Test", "ann:secret");
    assert_found(text, "c.test", NULL);
    assert_found("", "a.test", NULL);
    assert_found("machine a.test password p login l", "a.test", "l:p");
}

static void hosts_whose_names_only_end_alike_get_nothing(void **state)
{
    (void)state;
    const char *text = "machine example.com login me password secret";

    assert_found(text, "evilexample.com", NULL);
    assert_found(text, "www.example.com", NULL);
    assert_found(text, "example.com.evil", NULL);
    assert_found(text, "com", NULL);
}

static void the_default_is_for_all_others_wherever_it_stands(void **state)
{
    (void)state;
    const char *text = "default login any password one\n"
                       "machine a.test login ann password secret\n"
                       "default login never password reached\n";

    assert_found(text, "a.test", "ann:secret");
    assert_found(text, "b.test", "any:one");
}

static void the_first_of_several_counts(void **state)
{
    (void)state;

    assert_found("machine a login one password 1 machine a login two password 2", "a", "one:1");
}

static void what_is_missing_is_empty_but_for_the_login(void **state)
{
    (void)state;
    assert_found("machine a login ann", "a", "ann:");
    assert_found("machine a account acc password p", "a", "acc:p");
    assert_found("machine a password p", "a", NULL);
    assert_found("machine a", "a", NULL);
    assert_found("machine", "a", NULL);
    assert_found("machine a login", "a", NULL);
}

static void words_may_be_quoted_and_escaped(void **state)
{
    (void)state;
    assert_found("machine a login \"an n\" password \"x\\\"y\"", "a", "an n:x\"y");
    assert_found("machine \"a\" login x\\ y password z\\\\", "a", "x y:z\\");
    assert_found("machine a login \"\" password \"unfinished", "a", ":unfinished");
}

static void macros_and_comments_are_passed_over(void **state)
{
    (void)state;
    const char *text = "# machine a login commented password out\n"
                       "macdef init\nmachine a login in password macro\nbye\n\n"
                       "machine b login bob password #1 # his\n"
                       "machine a login ann password secret\n";

    assert_found(text, "a", "ann:secret");
    assert_found(text, "b", "bob:#1");
    assert_found("macdef x\nmachine a login l password p", "a", NULL);
    assert_found("macdef", "a", NULL);
    assert_found("what is this machine a login l password p", "a", "l:p");
}

static void find_in_little_memory(void *ctx)
{
    ah_buf out = {0};
    bool found =
        ah_netrc_find(AH_STR("default login x machine a login ann password p"), AH_STR("a"), &out);

    (void)ctx;
    if (!ah_buf_failed(&out)) {
        assert_true(found);
        assert_str(ah_buf_str(&out), "ann:p");
    }
    ah_buf_release(&out);
}

static void out_of_memory_is_told(void **state)
{
    (void)state;

    for_each_allocation(find_in_little_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_has_a_login_and_a_password),
        cmocka_unit_test(hosts_whose_names_only_end_alike_get_nothing),
        cmocka_unit_test(the_default_is_for_all_others_wherever_it_stands),
        cmocka_unit_test(the_first_of_several_counts),
        cmocka_unit_test(what_is_missing_is_empty_but_for_the_login),
        cmocka_unit_test(words_may_be_quoted_and_escaped),
        cmocka_unit_test(macros_and_comments_are_passed_over),
        cmocka_unit_test(out_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
