/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "loop/file_reader.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include <ahttp/task.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = AH_FILE_BLOCK + 1000 };

static ahttp_loop *loop;
static char path[64];

/* What the last read brought. */
static int blocks;
static ah_str last;
static int failure;

static int begin(void **state)
{
    char *bytes = malloc(SIZE);

    (void)state;
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (char)('a' + i % 26);
    snprintf(path, sizeof path, "/tmp/ahttp-reader-XXXXXX");
    int fd = mkstemp(path);
    bool written = fd >= 0 && write(fd, bytes, SIZE) == SIZE;
    if (fd >= 0)
        close(fd);
    free(bytes);
    loop = ahttp_loop_new();
    blocks = failure = 0;
    return written ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    return ahttp_loop_close(loop);
}

static void on_block(void *ctx, ah_str block, ahttp_error *error)
{
    (void)ctx;
    blocks++;
    last = block;
    failure = error ? error->cause : 0;
    ah_error_free(error);
}

static void read_at(ah_file_reader *reader, uint64_t offset, size_t most)
{
    ah_file_reader_read(reader, offset, most, on_block, NULL);
    assert_int_equal(ahttp_loop_run(loop), 0);
}

static void blocks_come_from_the_places_asked_for(void **state)
{
    (void)state;
    ah_file_reader *reader = ah_file_reader_of_path(loop, path);
    read_at(reader, 26, 5);
    assert_str(last, "abcde");
    assert_int_equal(ah_file_reader_size(reader), SIZE);
    assert_true(ah_file_reader_can_seek(reader));
    read_at(reader, 0, SIZE_MAX);
    assert_int_equal(last.len, AH_FILE_BLOCK);
    read_at(reader, AH_FILE_BLOCK, SIZE_MAX);
    assert_int_equal(last.len, SIZE - AH_FILE_BLOCK);
    read_at(reader, SIZE, SIZE_MAX);

    assert_int_equal(last.len, 0);
    assert_int_equal(blocks, 4);
    ah_file_reader_free(reader);
}

static void a_block_can_be_used_while_the_next_is_read(void **state)
{
    (void)state;
    ah_file_reader *reader = ah_file_reader_of_path(loop, path);
    read_at(reader, 0, 3);
    ah_str first = last;
    read_at(reader, 3, 3);

    assert_str(first, "abc");
    assert_str(last, "def");
    ah_file_reader_free(reader);
}

static void what_cannot_be_opened_or_read_says_why(void **state)
{
    (void)state;
    ah_file_reader *reader = ah_file_reader_of_path(loop, "/nonexistent");
    read_at(reader, 0, 10);
    assert_int_equal(failure, -ENOENT);
    ah_file_reader_free(reader);

    reader = ah_file_reader_of_path(loop, "/");
    read_at(reader, 0, 10);
    assert_int_equal(failure, -EISDIR);
    ah_file_reader_free(reader);

    reader = ah_file_reader_of_fd(loop, -1);
    read_at(reader, 0, 10);
    assert_int_equal(failure, -EBADF);
    ah_file_reader_free(reader);
}

static void freeing_it_closes_what_it_opened_and_nothing_else(void **state)
{
    FILE *file = fopen(path, "r");
    size_t open = count_open_fds();

    (void)state;
    ah_file_reader *reader = ah_file_reader_of_path(loop, path);
    read_at(reader, 0, 10);
    assert_int_equal(count_open_fds(), open + 1);
    ah_file_reader_free(reader);
    reader = ah_file_reader_of_fd(loop, fileno(file));
    read_at(reader, 0, 10);
    ah_file_reader_free(reader);

    assert_int_equal(count_open_fds(), open);
    fclose(file);
}

static void freeing_it_while_it_reads_is_heard_of_no_more(void **state)
{
    size_t open = count_open_fds();

    (void)state;
    for (int i = 0; i < 20; i++) {
        ah_file_reader *reader = ah_file_reader_of_path(loop, path);
        ah_file_reader_read(reader, 0, SIZE_MAX, on_block, NULL);
        ah_file_reader_free(reader);
    }
    assert_int_equal(ahttp_loop_run(loop), 0);

    assert_int_equal(blocks, 0);
    assert_int_equal(count_open_fds(), open);
}

static void a_pipe_gives_what_is_there_and_then_its_end(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_false(ah_file_can_seek(ends[0]));
    ah_file_reader *reader = ah_file_reader_of_fd(loop, ends[0]);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    read_at(reader, 1000, SIZE_MAX);
    assert_str(last, "hello");
    assert_int_equal(ah_file_reader_size(reader), -1);
    close(ends[1]);
    read_at(reader, 0, SIZE_MAX);

    assert_int_equal(last.len, 0);
    ah_file_reader_free(reader);
    close(ends[0]);
}

static void freeing_it_ends_the_wait_for_a_pipe(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    size_t open = count_open_fds();
    ah_file_reader *reader = ah_file_reader_of_fd(loop, ends[0]);
    ah_file_reader_read(reader, 0, SIZE_MAX, on_block, NULL);
    for (int i = 0; i < 50; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ah_file_reader_free(reader);
    assert_int_equal(ahttp_loop_run(loop), 0);

    assert_int_equal(blocks, 0);
    assert_int_equal(count_open_fds(), open);
    close(ends[0]);
    close(ends[1]);
}

static void one_read(void *ctx)
{
    ahttp_loop *own = ahttp_loop_new();
    ah_file_reader *reader = own ? ah_file_reader_of_path(own, ctx) : NULL;

    if (reader) {
        ah_file_reader_read(reader, 0, 10, on_block, NULL);
        assert_int_equal(ahttp_loop_run(own), 0);
    }
    ah_file_reader_free(reader);
    if (own)
        assert_int_equal(ahttp_loop_close(own), 0);
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(one_read, (void *)(uintptr_t) "/dev/null");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(blocks_come_from_the_places_asked_for),
        TEST(a_block_can_be_used_while_the_next_is_read),
        TEST(what_cannot_be_opened_or_read_says_why),
        TEST(freeing_it_closes_what_it_opened_and_nothing_else),
        TEST(freeing_it_while_it_reads_is_heard_of_no_more),
        TEST(a_pipe_gives_what_is_there_and_then_its_end),
        TEST(freeing_it_ends_the_wait_for_a_pipe),
        cmocka_unit_test(any_allocation_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
