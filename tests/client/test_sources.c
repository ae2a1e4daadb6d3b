/* SPDX-License-Identifier: MIT */
/* Request bodies from memory, files and descriptors. */
#include "sending.h"

#include "support/misuse.h"

static ahttp_future *post(ahttp_body *body)
{
    return ahttp_post(f.session, server_url(f.server, "/ok"), .body = body);
}

/* ---- Memory ---- */

static void bytes_go_out_with_their_length(void **state)
{
    (void)state;
    ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"hello", 5});
    assert_int_equal(ahttp_body_length(body), 5);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_REPLAYABLE);
    assert_sent(post(body));

    assert_true(server_request_has_line(seen(), "Content-Length: 5"));
    assert_true(server_request_has_line(seen(), "Content-Type: application/octet-stream"));
    assert_string_equal(seen().body, "hello");
}

static void a_body_of_no_bytes_is_one_all_the_same(void **state)
{
    (void)state;
    assert_sent(ahttp_get(f.session, server_url(f.server, "/ok"),
                          .body = ahttp_body_bytes((ahttp_bytes){NULL, 0})));

    assert_true(server_request_has_line(seen(), "Content-Length: 0"));
}

static void the_content_type_of_the_caller_prevails(void **state)
{
    (void)state;
    assert_sent(ahttp_post(f.session, server_url(f.server, "/ok"),
                           .headers = AHTTP_PAIRS({"content-type", "image/png"}),
                           .body = ahttp_body_bytes((ahttp_bytes){"x", 1})));
    assert_true(server_request_has_line(seen(), "content-type: image/png"));
    assert_false(server_request_has_line(seen(), "Content-Type: application/octet-stream"));

    assert_sent(ahttp_post(f.session, server_url(f.server, "/ok"),
                           .headers = AHTTP_PAIRS({"Content-Type", NULL}),
                           .body = ahttp_body_bytes((ahttp_bytes){"x", 1})));
    assert_false(server_request_has_field(seen(), "Content-Type"));
}

static void a_body_that_no_request_took_is_freed(void **state)
{
    (void)state;
    ahttp_body_free(ahttp_body_bytes((ahttp_bytes){"hello", 5}));
    ahttp_body_free(ahttp_body_compressed("gzip", ahttp_body_file("/x", 0, 0)));
    ahttp_body_free(NULL);
}

/* ---- Files ---- */

static void a_file_goes_out_with_its_length(void **state)
{
    (void)state;
    size_t open = count_open_fds();
    const char *path = make_file("hello", 5);
    assert_sent(post(ahttp_body_file(path, 0, 0)));
    remove_file(path);

    assert_true(server_request_has_line(seen(), "Content-Length: 5"));
    assert_false(server_request_has_field(seen(), "Transfer-Encoding"));
    assert_string_equal(seen().body, "hello");
    assert_int_equal(count_open_fds(), open + 2); /* the connection's two ends */
}

static void an_empty_file_is_an_empty_body(void **state)
{
    (void)state;
    const char *path = make_file("", 0);
    assert_sent(post(ahttp_body_file(path, 0, 0)));
    remove_file(path);

    assert_true(server_request_has_line(seen(), "Content-Length: 0"));
}

static void a_part_of_a_file_is_just_that(void **state)
{
    (void)state;
    const char *path = make_file("0123456789", 10);
    ahttp_body *part = ahttp_body_file(path, 2, 5);
    assert_int_equal(ahttp_body_length(part), 5);
    assert_sent(post(part));
    assert_string_equal(seen().body, "23456");
    assert_sent(post(ahttp_body_file(path, 7, 0)));
    remove_file(path);

    assert_string_equal(seen().body, "789");
}

static void a_large_file_arrives_whole(void **state)
{
    static const size_t sizes[] = {128 * 1024, 128 * 1024 + 1, 256 * 1024, 1000000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *bytes = make_pattern(sizes[i]);
        const char *path = make_file(bytes, sizes[i]);
        assert_sent(post(ahttp_body_file(path, 0, 0)));
        remove_file(path);

        assert_int_equal(seen().body_len, sizes[i]);
        assert_memory_equal(seen().body, bytes, sizes[i]);
        free(bytes);
    }
}

static void a_file_that_is_not_there_fails_before_anything_is_sent(void **state)
{
    (void)state;
    assert_fails(post(ahttp_body_file("/nonexistent/file", 0, 0)), AHTTP_E_SYSTEM,
                 "/ok: open file /nonexistent/file: no such file or directory");
    assert_fails(post(ahttp_body_file("/", 0, 0)), AHTTP_E_SYSTEM, "read file /: is a directory");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void a_part_that_a_file_does_not_have_is_refused(void **state)
{
    (void)state;
    const char *path = make_file("hello", 5);
    assert_fails(post(ahttp_body_file(path, 3, 3)), AHTTP_E_BODY_LENGTH,
                 "it has 5 bytes, which is less than the 3 from offset 3 on");
    assert_fails(post(ahttp_body_file(path, 6, 0)), AHTTP_E_BODY_LENGTH, "it has 5 bytes");
    remove_file(path);

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

/* The server stops reading, so that the file is sent in part only when it changes. */
static void change_while_sending(int64_t size_then, const char *why)
{
    enum { SIZE = 32 << 20 };
    static const server_step slow[] = {READ_HEAD,     STOP_READING, WAIT_GATE(0),
                                       START_READING, DRAIN,        CLOSE};

    restart_with(&(server_script){.connections = {slow}, .receive_buffer = 65536});
    size_t open = count_open_fds();
    const char *path = make_file("", 0);
    assert_int_equal(truncate(path, SIZE), 0);
    ahttp_future *request = post(ahttp_body_file(path, 0, 0));
    run_until(&f, SERVER_AT_GATE, 1);
    let_run();
    assert_int_equal(truncate(path, size_then), 0);
    server_open_gate(f.server, 0);

    assert_fails(request, AHTTP_E_BODY_LENGTH, why);
    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
    assert_open_fds_become(open);
    remove_file(path);
}

static void a_file_that_shrinks_while_it_is_sent_ends_the_request(void **state)
{
    (void)state;
    change_while_sending(30 << 20, "it ended after 31457280 of the 33554432 bytes that were");
}

static void a_file_that_grows_while_it_is_sent_ends_the_request(void **state)
{
    (void)state;
    change_while_sending(33 << 20, "it goes on behind the 33554432 bytes");
}

static void a_named_pipe_is_sent_in_chunks_as_it_is_written(void **state)
{
    char path[] = "/tmp/ahttp-test-fifo-XXXXXX";

    (void)state;
    close(mkstemp(path));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    ahttp_future *request = post(ahttp_body_file(path, 0, 0));
    let_run();
    int writer = open(path, O_WRONLY);
    assert_int_equal(write(writer, "hello", 5), 5);
    run_until(&f, SERVER_ACCEPTED, 1);
    close(writer);
    assert_sent(request);
    unlink(path);

    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_string_equal(seen().body, "hello");
}

/* ---- Descriptors ---- */

static void a_descriptor_is_read_from_the_offset_and_stays_open(void **state)
{
    (void)state;
    const char *path = make_file("0123456789", 10);
    int fd = open(path, O_RDONLY);
    ahttp_body *body = ahttp_body_fd(fd, 4, 0);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_REPLAYABLE);
    assert_sent(post(body));

    assert_string_equal(seen().body, "456789");
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    close(fd);
    remove_file(path);
}

static void a_pipe_is_read_to_its_end_and_once(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    ahttp_body *body = ahttp_body_fd(ends[0], 0, 0);
    assert_int_equal(ahttp_body_replay_of(body), AHTTP_BODY_ONCE);
    assert_int_equal(ahttp_body_length(body), -1);
    ahttp_future *request = post(body);
    assert_int_equal(write(ends[1], "hel", 3), 3);
    run_until(&f, SERVER_ACCEPTED, 1);
    assert_int_equal(write(ends[1], "lo", 2), 2);
    close(ends[1]);
    assert_sent(request);

    assert_true(server_request_has_line(seen(), "Transfer-Encoding: chunked"));
    assert_string_equal(seen().body, "hello");
    close(ends[0]);
}

static void cancelling_ends_the_wait_for_a_pipe(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    size_t open = count_open_fds();
    ahttp_future *request = post(ahttp_body_fd(ends[0], 0, 0));
    let_run();
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");

    assert_open_fds_become(open);
    close(ends[0]);
    close(ends[1]);
}

static void opening_a_body_counts_against_the_deadline(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    ahttp_future *request =
        ahttp_post(f.session, server_url(f.server, "/ok"), .body = ahttp_body_fd(ends[0], 0, 0),
                   .timeout = {.total_ms = 500});
    let_run();
    ahttp_loop_advance(f.loop, 500);

    assert_fails(request, AHTTP_E_TOTAL_TIMEOUT, "500 ms while opening the request body");
    close(ends[0]);
    close(ends[1]);
}

/* ---- Rules ---- */

static void more_than_one_body_is_refused_and_all_are_freed(void **state)
{
    (void)state;
    assert_fails(ahttp_post(f.session, server_url(f.server, "/"), .json = "{}",
                            .body = ahttp_body_bytes((ahttp_bytes){"x", 1})),
                 AHTTP_E_ARGUMENT, "more than one of data, text, json");
    assert_fails(
        ahttp_post(f.session, server_url(f.server, "/"),
                   .multipart = AHTTP_PARTS({.name = "a", .body = ahttp_body_file("/x", 0, 0)}),
                   .body = ahttp_body_bytes((ahttp_bytes){"x", 1})),
        AHTTP_E_ARGUMENT, "more than one");

    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 0);
}

static void a_request_that_is_refused_frees_its_body(void **state)
{
    (void)state;
    assert_fails(ahttp_post(f.session, "no-url", .body = ahttp_body_file("/x", 0, 0)), AHTTP_E_URL,
                 "no-url");
    assert_fails(ahttp_post(f.session, server_url(f.server, "/"),
                            .headers = AHTTP_PAIRS({"Content-Length", "5"}),
                            .body = ahttp_body_file("/x", 0, 0)),
                 AHTTP_E_ARGUMENT, "Content-Length and Transfer-Encoding follow the body");
    ahttp_session *closed = ahttp_session_new(.loop = f.loop);
    assert_int_equal(ahttp_await_status(ahttp_session_close(closed)), 0);
    assert_fails(ahttp_post(closed, "http://h/", .body = ahttp_body_file("/x", 0, 0)),
                 AHTTP_E_CLOSED, "closed");
    ahttp_session_unref(closed);
}

static char *dump(const void *value, void *ctx)
{
    char text[64];

    (*(int *)ctx)++;
    if (*(const int *)value < 0)
        return NULL;
    snprintf(text, sizeof text, "{\"id\": %d}", *(const int *)value);
    return strdup(text);
}

static void json_values_are_made_into_text_by_the_session(void **state)
{
    int calls = 0;

    (void)state;
    ahttp_session *session =
        ahttp_session_new(.loop = f.loop, .json_dump = dump, .hooks_ctx = &calls);
    assert_sent(ahttp_post(session, server_url(f.server, "/ok"), .json_value = &(int){7}));
    assert_string_equal(seen().body, "{\"id\": 7}");
    assert_true(server_request_has_line(seen(), "Content-Type: application/json"));
    assert_fails(ahttp_post(session, server_url(f.server, "/ok"), .json_value = &(int){-1}),
                 AHTTP_E_JSON, "json_dump could not make a text of it");
    assert_int_equal(calls, 2);
    ahttp_session_unref(session);

    assert_fails(ahttp_post(f.session, server_url(f.server, "/ok"), .json_value = &(int){7}),
                 AHTTP_E_ARGUMENT, "the session has no json_dump");
}

/* In a process of its own, where the server has no thread and must not be asked anything. */
static void drop_post(ahttp_body *body)
{
    ahttp_drop(ahttp_post(f.session, "http://127.0.0.1:1/", .body = body));
}

static void give_it_twice(void)
{
    ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"x", 1});

    drop_post(body);
    drop_post(body);
}

static void free_what_a_request_has(void)
{
    ahttp_body *body = ahttp_body_bytes((ahttp_bytes){"x", 1});

    drop_post(body);
    ahttp_body_free(body);
}

static void compress_by_nonsense(void)
{
    ahttp_body_free(ahttp_body_compressed("zip", ahttp_body_bytes((ahttp_bytes){"x", 1})));
}

static void make_a_part_of_two(void)
{
    ahttp_body_free(ahttp_body_multipart(AHTTP_PARTS({.name = "a", .value = "1", .file = "/x"})));
}

static void broken_rules_end_the_program(void **state)
{
    (void)state;
    assert_misuse(give_it_twice, "given away twice");
    assert_misuse(free_what_a_request_has, "belongs to a request or another body");
    assert_misuse(compress_by_nonsense, "coding must be");
    assert_misuse(make_a_part_of_two, "part \"a\": more than one of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(bytes_go_out_with_their_length),
        WITH_SERVER(a_body_of_no_bytes_is_one_all_the_same),
        WITH_SERVER(the_content_type_of_the_caller_prevails),
        WITH_SERVER(a_body_that_no_request_took_is_freed),
        WITH_SERVER(a_file_goes_out_with_its_length),
        WITH_SERVER(an_empty_file_is_an_empty_body),
        WITH_SERVER(a_part_of_a_file_is_just_that),
        WITH_SERVER(a_large_file_arrives_whole),
        WITH_SERVER(a_file_that_is_not_there_fails_before_anything_is_sent),
        WITH_SERVER(a_part_that_a_file_does_not_have_is_refused),
        WITH_SERVER(a_file_that_shrinks_while_it_is_sent_ends_the_request),
        WITH_SERVER(a_file_that_grows_while_it_is_sent_ends_the_request),
        WITH_SERVER(a_named_pipe_is_sent_in_chunks_as_it_is_written),
        WITH_SERVER(a_descriptor_is_read_from_the_offset_and_stays_open),
        WITH_SERVER(a_pipe_is_read_to_its_end_and_once),
        WITH_SERVER(cancelling_ends_the_wait_for_a_pipe),
        WITH_SERVER(opening_a_body_counts_against_the_deadline),
        WITH_SERVER(more_than_one_body_is_refused_and_all_are_freed),
        WITH_SERVER(a_request_that_is_refused_frees_its_body),
        WITH_SERVER(broken_rules_end_the_program),
        WITH_SERVER(json_values_are_made_into_text_by_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
