/* SPDX-License-Identifier: MIT */
/* The cases that the IETF's working group for cookies collected (abarth/http-state), which the
   tests of browsers and other libraries use as well.  They are read from the folder that
   AHTTP_VECTORS names, when it does.  docs/cookies.md explains the deviations. */
#include "jar_fixture.h"

#include "cookies/date.h"
#include "http/json.h"
#include "support/vectors.h"

/* How many there are: a case that is not found is not passed. */
enum { CASES = 222, DATES = 15, BSD_DATES = 55 };

static const struct {
    const char *test;
    const char *ours;
} deviations[] = {
    {"DISABLED_CHROMIUM0022", ""}, /* NUL: rfc6265bis refuses the cookie, does not cut it */
    {"DISABLED_CHROMIUM0023", ""}, /* CR: the same */
    {"DISABLED_PATH0029", ""},     /* "f%6Fo" is not "foo": paths are compared byte by byte */
};

static const char *expected_of(const ah_json *vector, ah_buf *out)
{
    for (size_t i = 0; i < COUNT_OF(deviations); i++)
        if (strcmp(deviations[i].test, ah_json_member_text(vector, "test")) == 0)
            return deviations[i].ours;
    for (const ah_json *cookie = ah_json_member(vector, "sent")->first; cookie;
         cookie = cookie->next)
        ah_buf_append_format(out, "%s%s=%s", out->len > 0 ? "; " : "",
                             ah_json_member_text(cookie, "name"),
                             ah_json_member_text(cookie, "value"));
    return ah_buf_terminate(out);
}

static void check_vector(const ah_json *vector, size_t *wrong)
{
    const char *target = ah_json_member_text(vector, "sent-to");
    char to[512];
    ah_buf expected = {0};

    snprintf(to, sizeof to, "%s%s", target && *target != '/' ? "" : "http://home.example.org:8888",
             target ? target : "/cookie-parser-result");
    begin(NULL);
    for (const ah_json *text = ah_json_member(vector, "received")->first; text; text = text->next)
        say_bytes("http://home.example.org:8888/cookie-parser", text->text);
    const char *actual = sent_to(to);
    if (strcmp(actual, expected_of(vector, &expected)) != 0) {
        print_error("%s: \"%s\" is not \"%s\"\n", ah_json_member_text(vector, "test"), actual,
                    expected.data);
        ++*wrong;
    }
    ah_buf_release(&expected);
    end(NULL);
}

static const ah_json *read_json(ah_arena *texts, ah_str file)
{
    const char *why;
    const ah_json *all = ah_json_read(texts, file, &why);

    if (!all)
        fail_msg("%s", why);
    return all;
}

static void the_cookie_cases_pass(void **state)
{
    ah_buf file = {0};
    ah_arena texts = {0};
    size_t checked = 0;
    size_t wrong = 0;

    (void)state;
    read_vector_file(&file, "cookies/http-state/parser.json");
    for (const ah_json *vector = read_json(&texts, ah_buf_str(&file))->first; vector;
         vector = vector->next) {
        check_vector(vector, &wrong);
        checked++;
    }
    ah_arena_release(&texts);
    ah_buf_release(&file);

    assert_int_equal(wrong, 0);
    assert_int_equal(checked, CASES);
}

/* expected is a date in RFC 9110's own form, which is as good as any; or null. */
static bool is_date_right(const ah_json *vector)
{
    const char *expected = ah_json_member_text(vector, "expected");
    int64_t ours, theirs;
    bool is_date = ah_cookie_date_read(ah_str_from(ah_json_member_text(vector, "test")), &ours);

    if (!expected)
        return !is_date;
    return is_date && ah_cookie_date_read(ah_str_from(expected), &theirs) && ours == theirs;
}

/* Some of these files start with a licence. */
static void check_dates(const char *name, size_t expected)
{
    ah_buf file = {0};
    ah_arena texts = {0};
    size_t checked = 0;
    size_t wrong = 0;

    read_vector_file(&file, name);
    ah_str list = ah_str_slice(ah_buf_str(&file), ah_str_find(ah_buf_str(&file), '['), SIZE_MAX);
    for (const ah_json *vector = read_json(&texts, list)->first; vector; vector = vector->next) {
        checked++;
        if (!is_date_right(vector)) {
            print_error("date %zu: %s\n", checked, ah_json_member_text(vector, "test"));
            wrong++;
        }
    }
    ah_arena_release(&texts);
    ah_buf_release(&file);

    assert_int_equal(wrong, 0);
    assert_int_equal(checked, expected);
}

static void the_date_cases_pass(void **state)
{
    (void)state;
    check_dates("cookies/http-state/dates/examples.json", DATES);
    check_dates("cookies/http-state/dates/bsd-examples.json", BSD_DATES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cookie_cases_pass),
        cmocka_unit_test(the_date_cases_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
