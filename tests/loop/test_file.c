/* SPDX-License-Identifier: MIT */
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/thread.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

static char folder[] = "/tmp/ahttp-test-XXXXXX";

static ahttp_bytes text(const char *words)
{
    return (ahttp_bytes){words, strlen(words)};
}

static int save(const char *path, const char *words)
{
    return ahttp_await_status(ahttp_file_save(path, text(words)));
}

static void assert_holds(const char *path, const char *words)
{
    ahttp_bytes *loaded = ahttp_await(ahttp_file_load(path));

    assert_non_null(loaded);
    assert_int_equal(loaded->len, strlen(words));
    assert_string_equal(loaded->data, words);
    ahttp_file_free(loaded);
}

static unsigned mode_of(const char *path)
{
    struct stat facts;

    assert_int_equal(lstat(path, &facts), 0);
    return facts.st_mode & 07777;
}

/* All but "." and "..". */
static int count_files(void)
{
    DIR *dir = opendir(".");
    int count = -2;

    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void remove_files(void)
{
    DIR *dir = opendir(".");

    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove(entry->d_name);
    closedir(dir);
}

static int open_loop(void **state)
{
    *state = ahttp_loop_new(.virtual_clock = true);
    return *state ? 0 : -1;
}

static int close_loop(void **state)
{
    remove_files();
    return ahttp_loop_close(*state);
}

/* ---- Both ---- */

static void what_was_saved_is_loaded(void **state)
{
    (void)state;

    assert_int_equal(save("f", "some words\n"), 0);

    assert_holds("f", "some words\n");
    assert_int_equal(count_files(), 1);
}

static void an_empty_file_is_an_empty_text(void **state)
{
    (void)state;

    assert_int_equal(ahttp_await_status(ahttp_file_save("f", (ahttp_bytes){NULL, 0})), 0);

    assert_holds("f", "");
}

static void all_bytes_of_a_large_file_arrive(void **state)
{
    (void)state;
    enum { LEN = 3000001 };
    char *bytes = malloc(LEN);
    for (int i = 0; i < LEN; i++)
        bytes[i] = (char)(i % 251);

    assert_int_equal(ahttp_await_status(ahttp_file_save("f", (ahttp_bytes){bytes, LEN})), 0);
    ahttp_bytes *loaded = ahttp_await(ahttp_file_load("f"));

    assert_int_equal(loaded->len, LEN);
    assert_memory_equal(loaded->data, bytes, LEN);
    ahttp_file_free(loaded);
    free(bytes);
}

static void the_bytes_to_save_are_copied(void **state)
{
    (void)state;
    char words[] = "before";

    ahttp_future *saved = ahttp_file_save("f", text(words));
    memcpy(words, "after!", 6);

    assert_int_equal(ahttp_await_status(saved), 0);
    assert_holds("f", "before");
}

/* ---- Loading ---- */

static void assert_fails(ahttp_future *future, int cause, const char *message)
{
    assert_int_equal(ahttp_await_status(future), AHTTP_E_SYSTEM);
    assert_int_equal(ahttp_task_error()->cause, cause);
    assert_string_equal(ahttp_task_error()->message, message);
}

static void a_missing_file_fails_with_its_path_and_the_reason(void **state)
{
    (void)state;

    assert_fails(ahttp_file_load("no/where"), -ENOENT, "load no/where: no such file or directory");
}

static void a_folder_cannot_be_loaded(void **state)
{
    (void)state;

    assert_fails(ahttp_file_load("/"), -EISDIR, "load /: is a directory");
}

static void a_file_without_a_size_is_loaded_to_its_end(void **state)
{
    (void)state;

    ahttp_bytes *loaded = ahttp_await(ahttp_file_load("/proc/self/status"));
    if (!loaded) {
        print_message("this system has no /proc\n");
        skip();
    }

    assert_non_null(strstr(loaded->data, "VmRSS"));
    assert_int_equal(strlen(loaded->data), loaded->len);
    ahttp_file_free(loaded);
}

static void write_to_pipe(void *arg)
{
    FILE *file = fopen(arg, "w");

    for (int i = 0; i < 1000; i++) {
        fputs("0123456789", file);
        fflush(file);
    }
    fclose(file);
}

static void a_named_pipe_is_loaded_until_its_writer_closes(void **state)
{
    (void)state;
    uv_thread_t thread;
    assert_int_equal(mkfifo("p", 0600), 0);
    uv_thread_create(&thread, write_to_pipe, "p");

    ahttp_bytes *loaded = ahttp_await(ahttp_file_load("p"));

    assert_int_equal(loaded->len, 10000);
    assert_string_equal((const char *)loaded->data + 9990, "0123456789");
    ahttp_file_free(loaded);
    uv_thread_join(&thread);
}

static void a_load_that_nobody_waits_for_leaks_nothing(void **state)
{
    save("f", "words");

    ahttp_drop(ahttp_file_load("f"));
    ahttp_future *cancelled = ahttp_file_load("f");
    ahttp_future_cancel(cancelled);
    ahttp_loop_run(*state);

    assert_int_equal(ahttp_await_status(cancelled), AHTTP_E_CANCELLED);
}

/* ---- Saving ---- */

static void a_new_file_has_the_mode_that_umask_leaves(void **state)
{
    (void)state;
    mode_t before = umask(027);

    assert_int_equal(save("f", "words"), 0);

    umask(before);
    assert_int_equal(mode_of("f"), 0640);
}

static void saving_again_keeps_the_mode(void **state)
{
    (void)state;
    assert_int_equal(save("f", "old"), 0);
    chmod("f", 0606);

    assert_int_equal(save("f", "new"), 0);

    assert_int_equal(mode_of("f"), 0606);
    assert_holds("f", "new");
    assert_int_equal(count_files(), 1);
}

static void saving_goes_through_a_symbolic_link(void **state)
{
    (void)state;
    assert_int_equal(save("f", "old"), 0);
    assert_int_equal(symlink("f", "link"), 0);

    assert_int_equal(save("link", "new"), 0);

    assert_holds("f", "new");
    assert_int_equal(count_files(), 2);
}

static void a_link_to_nothing_is_not_replaced(void **state)
{
    (void)state;
    assert_int_equal(symlink("nothing", "link"), 0);

    assert_fails(ahttp_file_save("link", text("new")), -ENOENT,
                 "save link: no such file or directory");

    assert_int_equal(count_files(), 1);
}

static void a_name_may_be_as_long_as_names_can_be(void **state)
{
    (void)state;
    char path[NAME_MAX + 1 + sizeof folder];
    memset(path, 'n', sizeof path);
    path[NAME_MAX] = '\0';

    assert_int_equal(save(path, "words"), 0);
    assert_holds(path, "words");

    memmove(path + sizeof folder, path, NAME_MAX);
    memcpy(path, folder, sizeof folder);
    path[sizeof folder - 1] = '/';
    path[NAME_MAX + sizeof folder] = '\0';
    assert_int_equal(save(path, "more words"), 0);
    assert_holds(path, "more words");
}

static void a_path_that_is_too_long_is_told_of(void **state)
{
    (void)state;
    char path[PATH_MAX + 10];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';

    assert_int_equal(save(path, "words"), AHTTP_E_SYSTEM);

    assert_int_equal(ahttp_task_error()->cause, -ENAMETOOLONG);
}

static void saving_into_a_missing_folder_fails(void **state)
{
    (void)state;

    assert_fails(ahttp_file_save("no/where", text("words")), -ENOENT,
                 "save no/where: no such file or directory");
}

static void what_is_no_file_is_not_replaced(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("p", 0600), 0);

    assert_fails(ahttp_file_save("p", text("words")), -ENOTSUP, "save p: operation not supported");
    assert_fails(ahttp_file_save("/", text("words")), -EISDIR, "save /: is a directory");

    assert_int_equal(count_files(), 1);
}

static void a_save_that_fails_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    struct rlimit before, small;
    assert_int_equal(save("f", "old"), 0);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 10;
    signal(SIGXFSZ, SIG_IGN);

    setrlimit(RLIMIT_FSIZE, &small);
    int code = save("f", "more than ten bytes");
    setrlimit(RLIMIT_FSIZE, &before);

    assert_int_equal(code, AHTTP_E_SYSTEM);
    assert_string_equal(ahttp_task_error()->message, "save f: file too large");
    assert_holds("f", "old");
    assert_int_equal(count_files(), 1);
}

/* ---- Out of memory, and without a loop ---- */

static void save_and_load(void *ctx)
{
    (void)ctx;
    ahttp_loop *loop = ahttp_loop_new();
    if (!loop)
        return;

    int code = save("f", "words");
    assert_true(code == 0 || code == AHTTP_E_NO_MEMORY);
    ahttp_bytes *loaded = ahttp_await(ahttp_file_load("f"));
    assert_true(loaded || ahttp_task_error()->code == AHTTP_E_NO_MEMORY || code < 0);
    ahttp_file_free(loaded);
    ahttp_await_status(ahttp_file_load("no/where"));
    ahttp_loop_close(loop);
}

static void out_of_memory_is_a_failed_future(void **state)
{
    (void)state;

    for_each_allocation(save_and_load, NULL);

    remove_files();
}

static void load_without_loop(void)
{
    ahttp_drop(ahttp_file_load("f"));
}

static void save_without_loop(void)
{
    ahttp_drop(ahttp_file_save("f", text("words")));
}

static void files_need_a_loop(void **state)
{
    (void)state;

    assert_misuse(load_without_loop, "ahttp_file_load: this thread has no loop");
    assert_misuse(save_without_loop, "ahttp_file_save: this thread has no loop");
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_need_a_loop),
        WITH_LOOP(what_was_saved_is_loaded),
        WITH_LOOP(an_empty_file_is_an_empty_text),
        WITH_LOOP(all_bytes_of_a_large_file_arrive),
        WITH_LOOP(the_bytes_to_save_are_copied),
        WITH_LOOP(a_missing_file_fails_with_its_path_and_the_reason),
        WITH_LOOP(a_folder_cannot_be_loaded),
        WITH_LOOP(a_file_without_a_size_is_loaded_to_its_end),
        WITH_LOOP(a_named_pipe_is_loaded_until_its_writer_closes),
        WITH_LOOP(a_load_that_nobody_waits_for_leaks_nothing),
        WITH_LOOP(a_new_file_has_the_mode_that_umask_leaves),
        WITH_LOOP(saving_again_keeps_the_mode),
        WITH_LOOP(saving_goes_through_a_symbolic_link),
        WITH_LOOP(a_link_to_nothing_is_not_replaced),
        WITH_LOOP(a_name_may_be_as_long_as_names_can_be),
        WITH_LOOP(a_path_that_is_too_long_is_told_of),
        WITH_LOOP(saving_into_a_missing_folder_fails),
        WITH_LOOP(what_is_no_file_is_not_replaced),
        WITH_LOOP(a_save_that_fails_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(out_of_memory_is_a_failed_future),
    };

    if (!mkdtemp(folder) || chdir(folder) < 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return chdir("/") < 0 || rmdir(folder) < 0 ? 1 : failed;
}
