/* SPDX-License-Identifier: MIT */
/* Who asks, by a .netrc file. */
#include "words.h"

#include "netrc.h"

typedef struct row {
    const char *file, *host;
    const char *user; /* that was asked for, or NULL */
    netrc_result result;
    const char *found_user, *found_password;
} row;

static const row rows[] = {
    {"machine h login ann password pw", "h", NULL, NETRC_FOUND, "ann", "pw"},
    {"machine h login ann password pw", "i", NULL, NETRC_NONE, NULL, NULL},
    {"machine H login ann password pw", "h", NULL, NETRC_FOUND, "ann", "pw"},
    {"machine\nh\n\tlogin ann\n\tpassword pw\n", "h", NULL, NETRC_FOUND, "ann", "pw"},
    {"# machine h login no password no\nmachine h login ann password pw", "h", NULL, NETRC_FOUND,
     "ann", "pw"},
    {"machine i login no password no\nmachine h login ann password pw", "h", NULL, NETRC_FOUND,
     "ann", "pw"},
    {"machine h login a password 1\nmachine h login b password 2", "h", "b", NETRC_FOUND, "b", "2"},
    {"machine h login a password 1\nmachine h login b password 2", "h", "c", NETRC_NONE, "c", NULL},
    {"machine h login a password 1 login b password 2", "h", "b", NETRC_FOUND, "b", "2"},
    {"machine h password pw login ann", "h", NULL, NETRC_FOUND, "ann", "pw"},
    {"machine h password pw", "h", "ann", NETRC_FOUND, "ann", "pw"},
    {"machine i login no password no\ndefault login ann password pw", "h", NULL, NETRC_FOUND, "ann",
     "pw"},
    {"machine h login \"a b\" password \"p\\\"\\n\"", "h", NULL, NETRC_FOUND, "a b", "p\"\n"},
    {"macdef m\nmachine h login no password no\n\nmachine h login ann password pw", "h", NULL,
     NETRC_FOUND, "ann", "pw"},
    {"machine h login \"open", "h", NULL, NETRC_BAD, NULL, NULL},
    {"", "h", NULL, NETRC_NONE, NULL, NULL},
};

static void the_entry_of_host_and_user_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *path = file_of(rows[i].file);
        char *user = copy_text(rows[i].user), *password = NULL;
        netrc_result result = netrc_find(path, rows[i].host, &user, &password);
        unlink(path);
        if (result != rows[i].result)
            fail_msg("%s: %d, not %d", rows[i].file, (int)result, (int)rows[i].result);
        if (result == NETRC_FOUND) {
            assert_string_equal(user, rows[i].found_user);
            assert_string_equal(password, rows[i].found_password);
        }
        free(user);
        free(password);
    }
}

static void a_file_that_is_not_there_is_told(void **state)
{
    char *user = NULL, *password = NULL;

    (void)state;
    assert_int_equal(netrc_find("/nonexistent/netrc", "h", &user, &password), NETRC_NO_FILE);
    assert_null(user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_entry_of_host_and_user_is_found),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
