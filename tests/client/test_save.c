/* SPDX-License-Identifier: MIT */
/* Bodies saved to files. */
#include "scarcity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static fixture f;
static ahttp_response *response;
static char folder[64];
static char path[128];

static int begin(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/ahttp-save-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    f = start(NULL, false);
    response = NULL;
    return 0;
}

static size_t count_files(void)
{
    DIR *open_folder = opendir(folder);
    size_t count = 0;

    assert_non_null(open_folder);
    for (struct dirent *entry; (entry = readdir(open_folder));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open_folder);
    return count;
}

static int end(void **state)
{
    (void)state;
    ahttp_response_unref(response);
    finish(&f);
    unlink(path);
    assert_int_equal(count_files(), 0);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static ahttp_stream *get(const server_step *steps)
{
    finish(&f);
    f = start(&(server_script){.connections = {steps}, .send_buffer = 65536}, false);
    response = response_of(ahttp_get(f.session, server_url(f.server, "/")));
    return ahttp_response_stream(response);
}

static ahttp_stream *get_route(const char *route)
{
    ahttp_response_unref(response);
    response = response_of(ahttp_get(f.session, server_url(f.server, route)));
    return ahttp_response_stream(response);
}

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* What the path names: len bytes of the alphabet from its letter number first on. */
static void assert_file(size_t first, size_t len)
{
    char *bytes = malloc(len + 1);
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, len + 1), len);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != (char)('a' + (first + i) % 26))
            fail_msg("byte %zu is wrong", i);
    close(fd);
    free(bytes);
}

static void assert_text_in_file(const char *expected)
{
    char text[64] = "";
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0 && read(fd, text, sizeof text - 1) >= 0);
    close(fd);
    assert_string_equal(text, expected);
}

static void assert_saves(ahttp_future *save)
{
    if (ahttp_await_status(save) < 0)
        fail_msg("%s", ahttp_task_error()->message);
}

/* Sends "abcd", and at gate 0 four letters more. */
static const server_step gated[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcd"),
    WAIT_GATE(0), SEND("efgh"),
    HOLD,
};

/* ---- Paths ---- */

static void a_body_becomes_a_file(void **state)
{
    enum { SIZE = 5000000 };

    (void)state;
    ahttp_stream *stream = get_route("/bytes/5000000");
    assert_saves(ahttp_stream_save(stream, path));

    assert_file(0, SIZE);
    assert_int_equal(ahttp_stream_total(stream), SIZE);
    assert_true(ahttp_stream_at_end(stream));
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

static void an_empty_body_becomes_an_empty_file(void **state)
{
    (void)state;
    assert_saves(ahttp_stream_save(get_route("/bytes/0"), path));

    assert_file(0, 0);
}

static void what_was_read_before_is_not_saved(void **state)
{
    (void)state;
    ahttp_stream *stream = get_route("/chunked/1000");
    assert_non_null(ahttp_await(ahttp_stream_read_exactly(stream, 100)));
    assert_saves(ahttp_stream_save(stream, path));

    assert_file(100, 900);
    assert_fails(ahttp_response_text(response), AHTTP_E_STATE, "part of it was read");
}

static void a_file_is_replaced_when_all_has_arrived_and_keeps_its_mode(void **state)
{
    struct stat facts;

    (void)state;
    write_file("old");
    ahttp_stream *stream = get(gated);
    ahttp_future *save = ahttp_stream_save(stream, path);
    while (ahttp_stream_total(stream) < 4 || count_files() < 2)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_text_in_file("old");
    server_open_gate(f.server, 0);
    assert_saves(save);

    assert_file(0, 8);
    assert_int_equal(count_files(), 1);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0640);
}

static void a_link_stays_and_what_it_names_is_replaced(void **state)
{
    char name[160];

    (void)state;
    write_file("old");
    snprintf(name, sizeof name, "%s/link", folder);
    assert_int_equal(symlink("file", name), 0);
    assert_saves(ahttp_stream_save(get_route("/bytes/10"), name));

    assert_file(0, 10);
    assert_true(readlink(name, (char[8]){0}, 8) > 0);
    unlink(name);
}

/* ---- What goes wrong ---- */

static void of_a_body_that_is_cut_nothing_is_saved(void **state)
{
    static const server_step cut[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        CLOSE,
    };

    (void)state;
    write_file("old");
    assert_fails(ahttp_stream_save(get(cut), path), AHTTP_E_BODY_CUT, "4 of 100");

    assert_text_in_file("old");
    assert_int_equal(count_files(), 1);
}

static void a_path_that_cannot_be_written_is_an_error_and_closes_the_connection(void **state)
{
    (void)state;
    write_file("old");
    ahttp_stream *stream = get(gated);
    strcat(path, "/below");
    assert_fails(ahttp_stream_save(stream, path), AHTTP_E_SYSTEM, "/file/below: not a directory");

    assert_int_equal(ahttp_task_error()->cause, -ENOTDIR);
    assert_fails(ahttp_stream_read(stream), AHTTP_E_SYSTEM, "/file/below: not a directory");
    run_until(&f, SERVER_PEER_CLOSED, 1);
    *strrchr(path, '/') = '\0';
    assert_text_in_file("old");
}

static void a_cancelled_save_leaves_the_old_file_and_no_other(void **state)
{
    (void)state;
    write_file("old");
    ahttp_stream *stream = get(gated);
    ahttp_future *save = ahttp_stream_save(stream, path);
    while (ahttp_stream_total(stream) < 4 || count_files() < 2)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(save);
    assert_fails(save, AHTTP_E_CANCELLED, "cancelled");

    assert_text_in_file("old");
    assert_int_equal(count_files(), 1);
    server_open_gate(f.server, 0);
    const ahttp_bytes *rest = ahttp_await(ahttp_stream_read_exactly(stream, 4));
    assert_memory_equal(rest->data, "efgh", 4);
}

static void a_save_cancelled_at_once_leaves_nothing(void **state)
{
    (void)state;
    ahttp_future *save = ahttp_stream_save(get_route("/bytes/100000"), path);
    ahttp_future_cancel(save);

    assert_fails(save, AHTTP_E_CANCELLED, "cancelled");
    assert_int_equal(count_files(), 0);
}

static void a_response_given_up_ends_its_save(void **state)
{
    (void)state;
    ahttp_future *save = ahttp_stream_save(get(gated), path);
    ahttp_response_unref(response);
    response = NULL;

    assert_fails(save, AHTTP_E_STATE, "nobody wants");
    assert_int_equal(count_files(), 0);
}

static void a_session_that_is_closed_ends_saves(void **state)
{
    (void)state;
    ahttp_future *save = ahttp_stream_save(get(gated), path);
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);

    assert_fails(save, AHTTP_E_CLOSED, "closed");
    assert_int_equal(count_files(), 0);
}

static void nothing_else_is_read_during_a_save(void **state)
{
    (void)state;
    ahttp_stream *stream = get(gated);
    ahttp_future *save = ahttp_stream_save(stream, path);

    assert_fails(ahttp_stream_read(stream), AHTTP_E_STATE, "another read is pending");
    assert_fails(ahttp_stream_save(stream, path), AHTTP_E_STATE, "another read is pending");
    server_open_gate(f.server, 0);
    assert_saves(save);
    assert_file(0, 8);
}

/* ---- Descriptors ---- */

static void a_descriptor_is_written_to_from_where_it_is_and_stays_open(void **state)
{
    (void)state;
    int fd = open(path, O_WRONLY | O_CREAT, 0666);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_saves(ahttp_stream_save_fd(get_route("/bytes/3"), fd));
    assert_int_equal(write(fd, "!", 1), 1);
    close(fd);

    assert_text_in_file("abcabc!");
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) {
        print_message("this system has no /dev/full\n");
        skip();
    }
    assert_fails(ahttp_stream_save_fd(get_route("/bytes/100000"), fd), AHTTP_E_SYSTEM,
                 "no space left");

    assert_int_equal(ahttp_task_error()->cause, -ENOSPC);
    close(fd);
    assert_fails(ahttp_stream_save_fd(get_route("/bytes/3"), -1), AHTTP_E_SYSTEM, "descriptor -1");
}

static void a_pipe_takes_its_time_and_stops_the_sender(void **state)
{
    static const server_step much[] = {
        READ_REQUEST,
        SEND("HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n"),
        SEND_PATTERN(33554432),
        HOLD,
    };
    static char bytes[65536];
    uint64_t total = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    ahttp_future *save = ahttp_stream_save_fd(get(much), ends[1]);
    run_until(&f, SERVER_BLOCKED, 1);
    while (!ahttp_future_done(save) || total < 33554432) {
        ssize_t got = read(ends[0], bytes, sizeof bytes);
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != (char)('a' + (total + (uint64_t)i) % 26))
                fail_msg("byte %llu is wrong", (unsigned long long)total + (uint64_t)i);
        total += got > 0 ? (uint64_t)got : 0;
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    }

    assert_saves(save);
    assert_int_equal(total, 33554432);
    close(ends[0]);
    close(ends[1]);
}

static void a_pipe_that_nobody_reads_does_not_hold_a_cancel_up(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    ahttp_stream *stream = get_route("/bytes/1000000");
    ahttp_future *save = ahttp_stream_save_fd(stream, ends[1]);
    while (ahttp_stream_total(stream) <= 65536)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(save);

    assert_fails(save, AHTTP_E_CANCELLED, "cancelled");
    close(ends[0]);
    close(ends[1]);
}

static void a_pipe_whose_reader_has_gone_is_an_error_and_no_signal(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    assert_fails(ahttp_stream_save_fd(get_route("/bytes/1000"), ends[1]), AHTTP_E_SYSTEM,
                 "broken pipe");
    close(ends[1]);
}

/* ---- Memory ---- */

static test_server *server;

static void save_a_page(ahttp_session *session, void *ctx)
{
    ahttp_response *page = ahttp_await(ahttp_get(session, server_url(server, "/chunked/300000")));

    (void)ctx;
    write_file("old");
    if (page && ahttp_await_status(ahttp_stream_save(ahttp_response_stream(page), path)) == 0)
        assert_file(0, 300000);
    else
        assert_text_in_file("old");
    assert_int_equal(count_files(), 1);
    ahttp_response_unref(page);
}

static void every_allocation_of_a_save_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation_with_session(save_a_page, NULL);
    server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_body_becomes_a_file),
        TEST(an_empty_body_becomes_an_empty_file),
        TEST(what_was_read_before_is_not_saved),
        TEST(a_file_is_replaced_when_all_has_arrived_and_keeps_its_mode),
        TEST(a_link_stays_and_what_it_names_is_replaced),
        TEST(of_a_body_that_is_cut_nothing_is_saved),
        TEST(a_path_that_cannot_be_written_is_an_error_and_closes_the_connection),
        TEST(a_cancelled_save_leaves_the_old_file_and_no_other),
        TEST(a_save_cancelled_at_once_leaves_nothing),
        TEST(a_response_given_up_ends_its_save),
        TEST(a_session_that_is_closed_ends_saves),
        TEST(nothing_else_is_read_during_a_save),
        TEST(a_descriptor_is_written_to_from_where_it_is_and_stays_open),
        TEST(a_full_disk_is_an_error),
        TEST(a_pipe_takes_its_time_and_stops_the_sender),
        TEST(a_pipe_that_nobody_reads_does_not_hold_a_cancel_up),
        TEST(a_pipe_whose_reader_has_gone_is_an_error_and_no_signal),
        TEST(every_allocation_of_a_save_may_fail),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
