/* SPDX-License-Identifier: MIT */
/* Jars kept in files. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOME "https://www.example.com/a/b"

static char folder[64];
static char path[128];
static ahttp_cookie_jar *jar, *copy;

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ahttp-jar-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/jar", folder);
    jar = ahttp_cookie_jar_new();
    copy = ahttp_cookie_jar_new();
    return jar && copy ? 0 : -1;
}

/* Nothing but the jar may be left in the folder. */
static int end(void **state)
{
    (void)state;
    ahttp_cookie_jar_unref(jar);
    ahttp_cookie_jar_unref(copy);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void say(const char *text)
{
    const char *why = "";

    if (ahttp_cookie_jar_set_text(jar, HOME, text, &why) < 0)
        fail_msg("%s: %s", text, why);
}

static void assert_sent(const char *url, const char *expected)
{
    char text[512];

    ahttp_cookie_jar_text(copy, url, text, sizeof text);
    assert_string_equal(text, expected);
}

static void save(int how)
{
    assert_int_equal(ahttp_cookie_jar_save_blocking(jar, path, how), 0);
}

static void load(void)
{
    assert_int_equal(ahttp_cookie_jar_load_blocking(copy, path), 0);
}

static int mode_of_file(void)
{
    struct stat facts;

    assert_int_equal(stat(path, &facts), 0);
    return facts.st_mode & 07777;
}

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static const char *text_of_file(void)
{
    static char text[2048];
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, text, sizeof text - 1);

    assert_true(got >= 0);
    text[got] = '\0';
    close(fd);
    return text;
}

/* ---- What is kept ---- */

static void say_all_kinds(void)
{
    say("a=1; Path=/; Max-Age=5000; Domain=example.com; SameSite=Lax");
    say("b=\"x \\\" y\"; Secure; HttpOnly; SameSite=Strict");
    say("c=\xe9\xff; Path=/");
    say("d=\xc3\xa9; SameSite=None");
    say("e=with\ttab");
}

static bool describe(const ahttp_cookie *cookie, void *ctx)
{
    char *out = ctx;
    size_t len = strlen(out);

    snprintf(out + len, 1024 - len, "%s=%s %s%s %lld %d%d%d%d\n", cookie->name, cookie->value,
             cookie->domain, cookie->path, (long long)cookie->expires, cookie->same_site,
             cookie->host_only, cookie->secure, cookie->http_only);
    return true;
}

static void json_keeps_everything(void **state)
{
    char before[1024] = "";
    char after[1024] = "";

    (void)state;
    say_all_kinds();
    save(AHTTP_COOKIES_JSON);
    load();
    ahttp_cookie_jar_each(jar, describe, before);
    ahttp_cookie_jar_each(copy, describe, after);

    assert_string_equal(after, before);
    assert_non_null(strstr(after, "b=\"x \\\" y\" www.example.com/a 0 3111\n"));
    assert_int_equal(mode_of_file(), 0600);
}

static void netscape_keeps_all_but_same_site(void **state)
{
    char before[1024] = "";
    char after[1024] = "";

    (void)state;
    say_all_kinds();
    save(AHTTP_COOKIES_NETSCAPE);
    load();
    ahttp_cookie_jar_each(jar, describe, before);
    ahttp_cookie_jar_each(copy, describe, after);
    for (char *digit = before; (digit = strchr(digit, '\n')); digit++)
        digit[-4] = '0';

    assert_string_equal(after, before);
    assert_non_null(strstr(after, "d=\xc3\xa9 www.example.com/a 0 0100\n"));
    assert_int_equal(mode_of_file(), 0600);
}

static void the_forms_are_these(void **state)
{
    char line[256];
    long long expires = (long long)time(NULL) + 5000;

    (void)state;
    say("a=1; Secure; Path=/");
    assert_int_equal(ahttp_cookie_jar_set(jar, HOME,
                                          AHTTP_COOKIE(.name = "b", .value = "2", .path = "/x",
                                                       .domain = "example.com", .http_only = true,
                                                       .expires = expires),
                                          NULL),
                     0);
    save(AHTTP_COOKIES_NETSCAPE);
    snprintf(line, sizeof line,
             "# Netscape HTTP Cookie File\n"
             "www.example.com\tFALSE\t/\tTRUE\t0\ta\t1\n"
             "#HttpOnly_.example.com\tTRUE\t/x\tFALSE\t%lld\tb\t2\n",
             expires);
    assert_string_equal(text_of_file(), line);
    save(AHTTP_COOKIES_JSON);
    snprintf(line, sizeof line,
             "{\"cookies\": [\n"
             "  {\"name\": \"a\", \"value\": \"1\", \"domain\": \"www.example.com\", "
             "\"path\": \"/\", \"host_only\": true, \"secure\": true},\n"
             "  {\"name\": \"b\", \"value\": \"2\", \"domain\": \"example.com\", \"path\": \"/x\", "
             "\"expires\": %lld, \"http_only\": true}\n"
             "]}\n",
             expires);
    assert_string_equal(text_of_file(), line);
}

static void files_of_others_are_read(void **state)
{
    (void)state;
    write_file("# Netscape HTTP Cookie File\r\n# a comment\r\n\r\nnonsense\r\n"
               ".example.com\tTRUE\t/\tFALSE\t4102444800\ta\t1\r\n"
               "www.example.com\tFALSE\t/\tFALSE\tsoon\tb\t2\r\n"
               "example.com\tFALSE\t/\tFALSE\t1000000000\told\t3\r\n"
               "com\tTRUE\t/\tFALSE\t0\tsuffix\t4\r\n"
               "www.example.com\tFALSE\t/a\tTRUE\t0\tc\twith\ttab",
               0600);
    load();

    assert_sent(HOME, "c=with\ttab; a=1");
    assert_int_equal(ahttp_cookie_jar_count(copy), 2);
}

static void an_empty_file_has_no_cookies(void **state)
{
    (void)state;
    write_file("", 0600);
    load();
    write_file("{\"cookies\": []}", 0600);
    load();
    write_file("{\"cookies\": [7, {}, {\"name\": \"a\"}, {\"name\": 1, \"value\": \"1\"}]}", 0600);
    load();

    assert_int_equal(ahttp_cookie_jar_count(copy), 0);
}

static void expired_cookies_are_neither_saved_nor_loaded(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    say("a=1; Max-Age=10");
    say("b=2; Max-Age=20");
    say("c=3");
    ahttp_loop_advance(loop, 10000);
    save(AHTTP_COOKIES_JSON);
    assert_null(strstr(text_of_file(), "\"a\""));
    ahttp_loop_advance(loop, 10000);
    load();

    assert_sent(HOME, "c=3");
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void a_loaded_cookie_replaces_and_others_stay(void **state)
{
    (void)state;
    say("a=new");
    save(AHTTP_COOKIES_JSON);
    assert_int_equal(ahttp_cookie_jar_set_text(copy, HOME, "a=old", NULL), 0);
    assert_int_equal(ahttp_cookie_jar_set_text(copy, HOME, "b=2", NULL), 0);
    load();

    assert_sent(HOME, "a=new; b=2");
}

/* ---- The file ---- */

static void an_old_file_keeps_its_mode_and_its_link(void **state)
{
    char link_path[160];

    (void)state;
    write_file("", 0640);
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    assert_int_equal(symlink("jar", link_path), 0);
    say("a=1");
    assert_int_equal(ahttp_cookie_jar_save_blocking(jar, link_path, AHTTP_COOKIES_JSON), 0);
    load();

    assert_sent(HOME, "a=1");
    assert_int_equal(mode_of_file(), 0640);
    assert_int_equal(unlink(link_path), 0);
}

static void without_merging_the_last_one_counts(void **state)
{
    (void)state;
    say("a=1");
    say("b=1");
    save(AHTTP_COOKIES_JSON);
    ahttp_cookie_jar_clear(jar);
    say("b=2");
    say("c=2");
    save(AHTTP_COOKIES_JSON);
    load();

    assert_sent(HOME, "b=2; c=2");
}

static void merging_keeps_what_the_file_has_besides(void **state)
{
    (void)state;
    say("a=1");
    say("b=1");
    save(AHTTP_COOKIES_NETSCAPE);
    ahttp_cookie_jar_clear(jar);
    say("b=2");
    say("c=2");
    save(AHTTP_COOKIES_JSON | AHTTP_COOKIES_MERGE);
    load();

    assert_sent(HOME, "a=1; b=2; c=2");
}

static void what_is_no_jar_is_not_merged_with(void **state)
{
    (void)state;
    write_file("{\"cookies\": 7}", 0600);
    say("a=1");

    assert_int_equal(
        ahttp_cookie_jar_save_blocking(jar, path, AHTTP_COOKIES_JSON | AHTTP_COOKIES_MERGE),
        AHTTP_E_JSON);
    assert_string_equal(text_of_file(), "{\"cookies\": 7}");
    assert_int_equal(ahttp_cookie_jar_load_blocking(copy, path), AHTTP_E_JSON);
    write_file("{\"cookies\": [", 0600);
    assert_int_equal(ahttp_cookie_jar_load_blocking(copy, path), AHTTP_E_JSON);
}

enum { WRITERS = 4, SAVES = 20 };

/* Each writer is a process of its own, with cookies that no other one has. */
static void write_again_and_again(int writer)
{
    char text[32];

    for (int i = 0; i < SAVES; i++) {
        snprintf(text, sizeof text, "w%dn%d=1", writer, i);
        if (ahttp_cookie_jar_set_text(jar, HOME, text, NULL) < 0 ||
            ahttp_cookie_jar_save_blocking(jar, path, AHTTP_COOKIES_JSON | AHTTP_COOKIES_MERGE) < 0)
            _exit(1);
        ahttp_cookie_jar_clear(jar);
    }
    _exit(0);
}

static void writers_of_one_file_lose_nothing(void **state)
{
    pid_t writers[WRITERS];
    int status;

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0)
            write_again_and_again(i);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    load();

    assert_int_equal(ahttp_cookie_jar_count(copy), WRITERS * SAVES);
}

/* ---- Off the loop ---- */

static void assert_fails(ahttp_future *future, int code, const char *message)
{
    assert_int_equal(ahttp_await_status(future), code);
    assert_string_equal(ahttp_task_error()->message, message);
}

static void futures_do_the_same(void **state)
{
    char message[256];

    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    snprintf(message, sizeof message, "load cookies from %s: no such file or directory", path);
    assert_fails(ahttp_cookie_jar_load(copy, path), AHTTP_E_SYSTEM, message);
    say("a=1");
    ahttp_future *saved = ahttp_cookie_jar_save(jar, path, AHTTP_COOKIES_NETSCAPE);
    say("b=2"); /* too late */
    assert_int_equal(ahttp_await_status(saved), 0);
    assert_int_equal(ahttp_await_status(ahttp_cookie_jar_load(copy, path)), 0);
    assert_sent(HOME, "a=1");

    write_file("{", 0600);
    snprintf(message, sizeof message, "load cookies from %s: a member of an object has no name",
             path);
    assert_fails(ahttp_cookie_jar_load(copy, path), AHTTP_E_JSON, message);
    snprintf(message, sizeof message, "save cookies to %s: is a directory", folder);
    assert_fails(ahttp_cookie_jar_save(jar, folder, 0), AHTTP_E_SYSTEM, message);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void a_jar_may_go_while_it_is_saved(void **state)
{
    (void)state;
    ahttp_loop *loop = ahttp_loop_new();
    say("a=1");
    ahttp_future *saved = ahttp_cookie_jar_save(jar, path, 0);
    ahttp_cookie_jar_unref(jar);
    jar = NULL;
    assert_int_equal(ahttp_await_status(saved), 0);
    load();

    assert_sent(HOME, "a=1");
    ahttp_drop(ahttp_cookie_jar_load(copy, path));
    ahttp_future *cancelled = ahttp_cookie_jar_load(copy, path);
    ahttp_future_cancel(cancelled);
    assert_int_equal(ahttp_await_status(cancelled), AHTTP_E_CANCELLED);
    assert_int_equal(ahttp_loop_run(loop), 0);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void misuse_saving(void)
{
    ahttp_drop(ahttp_cookie_jar_save(jar, path, 0));
}

static void misuse_loading(void)
{
    ahttp_drop(ahttp_cookie_jar_load(jar, path));
}

static void a_future_needs_a_loop(void **state)
{
    (void)state;
    assert_misuse(misuse_saving, "ahttp_cookie_jar_save_blocking");
    assert_misuse(misuse_loading, "ahttp_cookie_jar_load_blocking");
}

/* ---- Memory ---- */

static void keep_in_scarcity(void *ctx)
{
    int how = *(int *)ctx;
    ahttp_cookie_jar *scarce = ahttp_cookie_jar_new();

    if (!scarce)
        return;
    bool has_one = ahttp_cookie_jar_set_text(scarce, HOME, "a=1; Path=/", NULL) == 0;
    int rc = ahttp_cookie_jar_save_blocking(scarce, path, how);
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY || rc == AHTTP_E_SYSTEM);
    bool saved = rc == 0;
    ahttp_cookie_jar_clear(scarce);
    rc = ahttp_cookie_jar_load_blocking(scarce, path);
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY || rc == AHTTP_E_SYSTEM);
    if (has_one && saved && rc == 0)
        assert_int_equal(ahttp_cookie_jar_count(scarce), 1);
    ahttp_cookie_jar_unref(scarce);
}

static void running_out_of_memory_is_told(void **state)
{
    int json = AHTTP_COOKIES_JSON | AHTTP_COOKIES_MERGE;
    int netscape = AHTTP_COOKIES_NETSCAPE;

    (void)state;
    for_each_allocation(keep_in_scarcity, &json);
    for_each_allocation(keep_in_scarcity, &netscape);
}

static void futures_in_scarcity(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_cookie_jar *scarce = loop ? ahttp_cookie_jar_new() : NULL;

    (void)ctx;
    if (scarce) {
        ahttp_cookie_jar_set_text(scarce, HOME, "a=1; Path=/", NULL);
        ahttp_await_status(ahttp_cookie_jar_save(scarce, path, AHTTP_COOKIES_MERGE));
        ahttp_await_status(ahttp_cookie_jar_load(scarce, path));
        assert_true(ahttp_cookie_jar_count(scarce) <= 1);
    }
    ahttp_cookie_jar_unref(scarce);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void running_out_of_memory_fails_the_future(void **state)
{
    (void)state;
    for_each_allocation(futures_in_scarcity, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_future_needs_a_loop), /* it forks, so it comes before there are threads */
        TEST(json_keeps_everything),
        TEST(netscape_keeps_all_but_same_site),
        TEST(the_forms_are_these),
        TEST(files_of_others_are_read),
        TEST(an_empty_file_has_no_cookies),
        TEST(expired_cookies_are_neither_saved_nor_loaded),
        TEST(a_loaded_cookie_replaces_and_others_stay),
        TEST(an_old_file_keeps_its_mode_and_its_link),
        TEST(without_merging_the_last_one_counts),
        TEST(merging_keeps_what_the_file_has_besides),
        TEST(what_is_no_jar_is_not_merged_with),
        TEST(writers_of_one_file_lose_nothing),
        TEST(futures_do_the_same),
        TEST(a_jar_may_go_while_it_is_saved),
        TEST(running_out_of_memory_is_told),
        TEST(running_out_of_memory_fails_the_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
