/* SPDX-License-Identifier: MIT */
/* Jars as programs use them by themselves. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOME "https://www.example.com/a/b"

static ahttp_cookie_jar *jar;

static int begin(void **state)
{
    (void)state;
    jar = ahttp_cookie_jar_new();
    return jar ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_cookie_jar_unref(jar);
    return 0;
}

static void assert_set(const char *url, const ahttp_cookie *cookie)
{
    const char *why = "";

    if (ahttp_cookie_jar_set(jar, url, cookie, &why) < 0)
        fail_msg("%s", why);
}

static void assert_said(const char *url, const char *text)
{
    const char *why = "";

    if (ahttp_cookie_jar_set_text(jar, url, text, &why) < 0)
        fail_msg("%s", why);
}

static void assert_sent(const char *url, const char *expected)
{
    char text[512];

    assert_int_equal(ahttp_cookie_jar_text(jar, url, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void a_cookie_of_the_program_is_for_the_host_and_folder_of_the_url(void **state)
{
    (void)state;
    assert_set(HOME, AHTTP_COOKIE(.name = "a", .value = "1"));
    assert_set(HOME, AHTTP_COOKIE(.name = "b", .value = "", .domain = ".example.com", .path = "/"));
    assert_set(HOME, AHTTP_COOKIE(.name = "c", .domain = "example.com", .host_only = true));

    assert_sent(HOME, "a=1; c=; b=");
    assert_sent("https://example.com/a", "b=");
}

static void values_are_quoted_unless_the_jar_says_no(void **state)
{
    const char *why = NULL;

    (void)state;
    assert_set(HOME, AHTTP_COOKIE(.name = "a", .value = "two words; \"x\""));
    assert_sent(HOME, "a=\"two words\\073 \\\"x\\\"\"");
    ahttp_cookie_jar_unref(jar);
    jar = ahttp_cookie_jar_new(.no_quoting = true);
    assert_set(HOME, AHTTP_COOKIE(.name = "a", .value = "two words, \"x\""));
    assert_sent(HOME, "a=two words, \"x\"");
    assert_int_equal(
        ahttp_cookie_jar_set(jar, HOME, AHTTP_COOKIE(.name = "a", .value = "a;b"), &why),
        AHTTP_E_ARGUMENT);
    assert_string_equal(why, "its value has a semicolon, or a CR, LF or another control character");
}

static void what_cannot_be_set_says_why(void **state)
{
    static const struct {
        ahttp_cookie cookie;
        const char *why;
    } cases[] = {
        {{.name = NULL}, "its name is not a token: letters, digits and !#$%&'*+-.^_`|~ only"},
        {{.name = "a b"}, "its name is not a token: letters, digits and !#$%&'*+-.^_`|~ only"},
        {{.name = "a", .path = "x"},
         "its path does not start with \"/\", or has control characters"},
        {{.name = "a", .path = "/\n"},
         "its path does not start with \"/\", or has control characters"},
        {{.name = "a", .domain = "example.org"}, "its domain does not hold the URL's host"},
        {{.name = "a", .domain = "com"}, "its domain is a public suffix"},
        {{.name = "__Secure-a"}, "its name starts with __Secure-, but it is not Secure"},
    };
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ahttp_cookie cookie = cases[i].cookie;
        cookie.size = sizeof cookie;
        assert_int_equal(ahttp_cookie_jar_set(jar, HOME, &cookie, &why), AHTTP_E_ARGUMENT);
        assert_string_equal(why, cases[i].why);
    }
    ahttp_cookie cookie = {.name = "a"};
    assert_int_equal(ahttp_cookie_jar_set(jar, HOME, &cookie, NULL), AHTTP_E_ARGUMENT);
    assert_int_equal(ahttp_cookie_jar_set_text(jar, HOME, "nonsense", &why), AHTTP_E_ARGUMENT);
    assert_string_equal(why, "it has no \"=\"");
    assert_int_equal(ahttp_cookie_jar_set_text(jar, "no URL", "a=1", NULL), AHTTP_E_URL);
    assert_int_equal(ahttp_cookie_jar_text(jar, "no URL", NULL, 0), AHTTP_E_URL);
    assert_int_equal(ahttp_cookie_jar_count(jar), 0);
}

static bool add_domain(const ahttp_cookie *cookie, void *ctx)
{
    strcat(strcat(ctx, cookie->domain), " ");
    return true;
}

static void a_name_in_two_domains_is_told_and_not_guessed(void **state)
{
    char domains[64] = "";

    (void)state;
    assert_said(HOME, "id=1; Path=/");
    assert_said(HOME, "id=2; Path=/; Domain=example.com");
    assert_int_equal(ahttp_cookie_jar_find(jar, HOME, add_domain, domains), 0);

    assert_string_equal(domains, "www.example.com example.com ");
}

static bool stop_at_first(const ahttp_cookie *cookie, void *ctx)
{
    (void)cookie;
    ++*(int *)ctx;
    return false;
}

static void walks_end_when_they_are_told_to(void **state)
{
    int called = 0;

    (void)state;
    assert_said(HOME, "a=1");
    assert_said(HOME, "b=2");
    ahttp_cookie_jar_each(jar, stop_at_first, &called);
    ahttp_cookie_jar_find(jar, HOME, stop_at_first, &called);

    assert_int_equal(called, 2);
}

static void a_text_that_does_not_fit_is_cut_and_its_length_told(void **state)
{
    char text[8];

    (void)state;
    assert_said(HOME, "name=value");
    assert_int_equal(ahttp_cookie_jar_text(jar, HOME, text, sizeof text), 10);
    assert_string_equal(text, "name=va");
    assert_int_equal(ahttp_cookie_jar_text(jar, HOME, text, 1), 10);
    assert_string_equal(text, "");
    assert_int_equal(ahttp_cookie_jar_text(jar, HOME, NULL, 0), 10);
}

static bool is_named(const ahttp_cookie *cookie, void *name)
{
    return strcmp(cookie->name, name) == 0;
}

static void cookies_are_taken_out(void **state)
{
    (void)state;
    assert_said(HOME, "a=1");
    assert_said(HOME, "b=1; Domain=example.com");
    assert_said("https://badexample.com/", "a=1");
    assert_said("https://example.org/", "a=1");

    assert_int_equal(ahttp_cookie_jar_remove(jar, is_named, "b"), 1);
    assert_said(HOME, "b=1; Domain=example.com");
    assert_int_equal(ahttp_cookie_jar_clear_domain(jar, "Example.com"), 2);
    assert_int_equal(ahttp_cookie_jar_clear_domain(jar, ""), 0);
    assert_int_equal(ahttp_cookie_jar_count(jar), 2);
    assert_int_equal(ahttp_cookie_jar_clear(jar), 2);
    assert_int_equal(ahttp_cookie_jar_count(jar), 0);
}

static void options_are_kept(void **state)
{
    (void)state;
    ahttp_cookie_jar_unref(jar);
    jar = ahttp_cookie_jar_new(.max_cookies = 2, .ip_hosts = true,
                               .secure_origins =
                                   (const char *const[]){"http://localhost:8080", NULL});
    assert_said("http://192.0.2.1/", "a=1");
    assert_said("http://localhost:8080/", "b=1; Secure");
    assert_said("http://192.0.2.1/", "c=1");

    assert_sent("http://192.0.2.1/", "c=1");
    assert_sent("http://localhost:8080/x", "b=1");
    assert_sent("http://localhost/x", "");
    assert_null(ahttp_cookie_jar_new(.secure_origins = (const char *const[]){"localhost", NULL}));
    assert_null(ahttp_cookie_jar_create(&(ahttp_cookie_jar_options){.ip_hosts = true}));
}

static void make_unlimited_jar(void)
{
    ahttp_cookie_jar_unref(ahttp_cookie_jar_new(.max_cookies = AHTTP_UNLIMITED));
}

static void an_unlimited_jar_is_a_misuse(void **state)
{
    (void)state;
    assert_misuse(make_unlimited_jar, "no jar is unlimited");
}

static void a_dummy_keeps_nothing(void **state)
{
    (void)state;
    ahttp_cookie_jar *dummy = ahttp_cookie_jar_ref(ahttp_cookie_jar_dummy());

    assert_int_equal(ahttp_cookie_jar_set_text(dummy, HOME, "a=1", NULL), 0);
    assert_int_equal(ahttp_cookie_jar_count(dummy), 0);
    assert_int_equal(ahttp_cookie_jar_text(dummy, HOME, NULL, 0), 0);
    assert_int_equal(ahttp_cookie_jar_clear(dummy), 0);
    ahttp_cookie_jar_unref(dummy);
    ahttp_cookie_jar_unref(dummy);
    assert_ptr_equal(ahttp_cookie_jar_dummy(), dummy);
}

static void expiry_follows_a_virtual_clock(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    assert_said(HOME, "a=1; Max-Age=60");
    assert_said(HOME, "b=1");

    ahttp_loop_advance(loop, 59000);
    assert_sent(HOME, "a=1; b=1");
    ahttp_loop_advance(loop, 1000);
    assert_sent(HOME, "b=1");
    assert_int_equal(ahttp_loop_close(loop), 0);
}

/* ---- A store of the program's ---- */

typedef struct notes {
    ahttp_cookie_jar *inside;
    char log[512];
    int freed;
} notes;

static const char *note_set(const char *url, const ahttp_cookie *cookie, void *ctx)
{
    notes *n = ctx;
    const char *why = NULL;
    size_t len = strlen(n->log);

    snprintf(n->log + len, sizeof n->log - len, "%s %s=%s %s %s%s\n", url ? url : "-", cookie->name,
             cookie->value, cookie->domain ? cookie->domain : "-",
             cookie->path ? cookie->path : "-", cookie->expires ? " expires" : "");
    if (url)
        ahttp_cookie_jar_set(n->inside, url, cookie, &why);
    return why;
}

static void note_find(const char *url, ahttp_cookie_fn *fn, void *fn_ctx, void *ctx)
{
    ahttp_cookie_jar_find(((notes *)ctx)->inside, url, fn, fn_ctx);
}

static void note_each(ahttp_cookie_fn *fn, void *fn_ctx, void *ctx)
{
    ahttp_cookie_jar_each(((notes *)ctx)->inside, fn, fn_ctx);
}

static size_t note_remove(ahttp_cookie_fn *which, void *which_ctx, void *ctx)
{
    return ahttp_cookie_jar_remove(((notes *)ctx)->inside, which, which_ctx);
}

static void note_free(void *ctx)
{
    ((notes *)ctx)->freed++;
}

static ahttp_cookie_store store_of(notes *n)
{
    return (ahttp_cookie_store){.size = sizeof(ahttp_cookie_store),
                                .set = note_set,
                                .find = note_find,
                                .each = note_each,
                                .remove = note_remove,
                                .free_ctx = note_free,
                                .ctx = n};
}

static void a_store_of_the_programs_is_asked_for_everything(void **state)
{
    notes n = {.inside = ahttp_cookie_jar_new()};
    ahttp_cookie_store store = store_of(&n);

    (void)state;
    ahttp_cookie_jar_unref(jar);
    jar = ahttp_cookie_jar_from_store(&store);
    assert_said("https://user:pass@www.example.com/a/b#c", "a=1; Max-Age=5");
    assert_said(HOME, "b=2; Path=/; Domain=.example.com");
    assert_int_equal(ahttp_cookie_jar_set_text(jar, HOME, "c=3; Domain=com", NULL),
                     AHTTP_E_ARGUMENT);

    assert_string_equal(n.log, "https://www.example.com/a/b a=1 - - expires\n"
                               "https://www.example.com/a/b b=2 example.com /\n"
                               "https://www.example.com/a/b c=3 com -\n");
    assert_sent(HOME, "a=1; b=2");
    assert_int_equal(ahttp_cookie_jar_count(jar), 2);
    assert_int_equal(ahttp_cookie_jar_remove(jar, is_named, "a"), 1);
    assert_int_equal(ahttp_cookie_jar_clear(jar), 1);
    ahttp_cookie_jar_unref(jar);
    jar = NULL;
    assert_int_equal(n.freed, 1);
    ahttp_cookie_jar_unref(n.inside);
}

static void a_store_that_lacks_a_function_is_refused(void **state)
{
    notes n = {.inside = NULL};
    ahttp_cookie_store store = store_of(&n);

    (void)state;
    store.each = NULL;
    assert_null(ahttp_cookie_jar_from_store(&store));
    store = store_of(&n);
    store.size = 0;
    assert_null(ahttp_cookie_jar_from_store(&store));
    assert_null(ahttp_cookie_jar_from_store(NULL));
    assert_int_equal(n.freed, 0);
}

/* ---- Memory ---- */

static void use_in_scarcity(void *ctx)
{
    (void)ctx;
    ahttp_cookie_jar *scarce = ahttp_cookie_jar_new(.secure_origins = (const char *const[]){
                                                        "http://localhost:8080", NULL});
    if (!scarce)
        return;
    int rc = ahttp_cookie_jar_set(scarce, HOME, AHTTP_COOKIE(.name = "a", .value = "b c"), NULL);
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    size_t expected = rc == 0;
    rc = ahttp_cookie_jar_set_text(scarce, HOME, "b=1; Domain=example.com", NULL);
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    expected += rc == 0;
    assert_int_equal(ahttp_cookie_jar_count(scarce), expected);
    ahttp_cookie_jar_unref(scarce);
}

static void running_out_of_memory_is_told(void **state)
{
    (void)state;
    for_each_allocation(use_in_scarcity, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cookie_of_the_program_is_for_the_host_and_folder_of_the_url),
        TEST(values_are_quoted_unless_the_jar_says_no),
        TEST(what_cannot_be_set_says_why),
        TEST(a_name_in_two_domains_is_told_and_not_guessed),
        TEST(walks_end_when_they_are_told_to),
        TEST(a_text_that_does_not_fit_is_cut_and_its_length_told),
        TEST(cookies_are_taken_out),
        TEST(options_are_kept),
        TEST(an_unlimited_jar_is_a_misuse),
        TEST(a_dummy_keeps_nothing),
        TEST(expiry_follows_a_virtual_clock),
        TEST(a_store_of_the_programs_is_asked_for_everything),
        TEST(a_store_that_lacks_a_function_is_refused),
        cmocka_unit_test(running_out_of_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
