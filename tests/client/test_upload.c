/* SPDX-License-Identifier: MIT */
/* Large uploads: memory stays small, early answers count, nothing is left open. */
#include "scarcity.h"
#include "sending.h"

#include "support/large.h"

static void restart(const server_step *first, int receive_buffer)
{
    restart_with(&(server_script){.connections = {first}, .receive_buffer = receive_buffer});
}

/* A file of that size, nearly all of it a hole. */
static const char *make_sparse_file(uint64_t size)
{
    const char *path = make_file("start", 5);

    assert_int_equal(truncate(path, (off_t)size), 0);
    return path;
}

/* ---- Size ---- */

static size_t most_resident;

static void watch_memory(void *ctx)
{
    ahttp_future *request = ctx;

    if (resident_bytes() > most_resident)
        most_resident = resident_bytes();
    if (!ahttp_future_done(request))
        ahttp_loop_call(f.loop, 10, watch_memory, request);
}

/* FNV-1a of count zeros behind what hash stands for. */
static uint64_t hash_zeros(uint64_t hash, uint64_t count)
{
    uint64_t factor = UINT64_C(0x100000001b3);

    for (; count > 0; count >>= 1) {
        if (count & 1)
            hash *= factor;
        factor *= factor;
    }
    return hash;
}

/* Of the whole multipart body with such a file in it. */
static uint64_t expected_hash(uint64_t size)
{
    const char *body = seen().body;
    const char *file = strstr(body, "\r\n\r\nstart") + 4;
    const char *mark = strstr(seen().head, "boundary=") + 9;
    char tail[128];

    snprintf(tail, sizeof tail, "\r\n--%.*s--\r\n", (int)strcspn(mark, "\r"), mark);
    uint64_t hash = server_hash(SERVER_HASH_START, body, (size_t)(file - body));
    hash = hash_zeros(server_hash(hash, "start", 5), size - 5);
    return server_hash(hash, tail, strlen(tail));
}

static void a_gigabyte_goes_out_of_little_memory(void **state)
{
    (void)state;
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    const char *path = make_sparse_file(large_size());
    size_t before = most_resident = resident_bytes();
    ahttp_future *request = ahttp_post(f.session, server_url(f.server, "/ok"),
                                       .multipart = AHTTP_PARTS({.name = "f", .file = path}));
    watch_memory(request);
    assert_sent(request);
    remove_file(path);

    if (most_resident > before + resident_growth_allowed())
        fail_msg("memory grew by %zu KiB", (most_resident - before) / 1024);
    assert_true(seen().body_len > large_size());
    assert_true(seen().body_hash == expected_hash(large_size()));
}

static void lengths_have_64_bits(void **state)
{
    static const server_step refuses[] = {
        READ_HEAD, SEND("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n"), DRAIN, CLOSE};

    (void)state;
    restart(refuses, 0);
    const char *path = make_sparse_file(UINT64_C(5) << 30);
    ahttp_response *response = response_of(
        ahttp_put(f.session, server_url(f.server, "/"), .body = ahttp_body_file(path, 0, 0)));
    assert_int_equal(ahttp_response_status(response), 413);
    ahttp_response_unref(response);
    remove_file(path);

    assert_true(server_request_has_line(seen(), "Content-Length: 5368709120"));
}

/* ---- Answers that come early ---- */

static void check_early(const server_step *steps)
{
    restart(steps, 65536);
    size_t open = count_open_fds();
    const char *path = make_sparse_file(32 << 20);
    ahttp_response *response = response_of(
        ahttp_post(f.session, server_url(f.server, "/"), .body = ahttp_body_file(path, 0, 0)));
    assert_int_equal(ahttp_response_status(response), 413);
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "too large");
    ahttp_response_unref(response);
    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));

    assert_true(server_connection_at(f.server, 0).bytes_received < 32 << 20);
    assert_open_fds_become(open);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
    remove_file(path);
}

#define TOO_LARGE "HTTP/1.1 413 Large\r\nContent-Length: 9\r\n\r\ntoo large"

static void a_refusal_while_the_body_goes_out_is_the_answer(void **state)
{
    static const server_step drains[] = {READ_HEAD, SEND(TOO_LARGE), DRAIN, CLOSE};

    (void)state;
    check_early(drains);
}

static void a_server_that_refuses_and_hangs_up_is_heard(void **state)
{
    static const server_step hangs_up[] = {READ_HEAD, SEND(TOO_LARGE), HALF_CLOSE, DRAIN, CLOSE};

    (void)state;
    check_early(hangs_up);
}

static void a_server_that_hangs_up_without_a_word_is_an_error(void **state)
{
    static const server_step hangs_up[] = {READ_HEAD, RESET};

    (void)state;
    restart(hangs_up, 0);
    size_t open = count_open_fds();
    const char *path = make_sparse_file(32 << 20);
    assert_fails(
        ahttp_post(f.session, server_url(f.server, "/"), .body = ahttp_body_file(path, 0, 0)),
        AHTTP_E_DISCONNECTED, "");

    assert_true(server_wait_for(f.server, SERVER_CLOSED, 1));
    assert_open_fds_become(open);
    remove_file(path);
}

/* ---- Sending again ---- */

static const server_step dies_at_the_second[] = {
    READ_REQUEST, SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), READ_HEAD, CLOSE};

static void a_file_goes_out_again_when_an_idle_connection_was_dead(void **state)
{
    (void)state;
    restart(dies_at_the_second, 0);
    assert_sent(ahttp_get(f.session, server_url(f.server, "/ok")));
    const char *path = make_file("hello", 5);
    assert_sent(
        ahttp_put(f.session, server_url(f.server, "/ok"), .body = ahttp_body_file(path, 0, 0)));
    remove_file(path);

    assert_string_equal(seen().body, "hello");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2);
}

static void a_file_goes_out_again_for_a_redirect_and_a_login_and_is_closed(void **state)
{
    static const server_step wants_more[] = {
        READ_REQUEST, SEND("HTTP/1.1 307 On\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
        READ_REQUEST,
        SEND("HTTP/1.1 401 Who\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
             "qop=\"auth\"\r\nContent-Length: 0\r\n\r\n"),
        SERVE};
    (void)state;
    restart(wants_more, 0);
    const char *path = make_file("hello", 5);
    size_t fds = count_open_fds();
    bool logs_in = ahttp_has_feature(AHTTP_FEATURE_TLS); /* whose library has the hashes */

    ahttp_future *request =
        ahttp_put(f.session, server_url(f.server, "/ok"), .body = ahttp_body_file(path, 0, 0),
                  .digest_auth = logs_in ? "ann:secret" : NULL);
    ahttp_response_unref(response_of(request));

    remove_file(path);
    for (size_t i = 0; i < (logs_in ? 3u : 2u); i++)
        assert_string_equal(server_request_at(f.server, i).body, "hello");
    assert_int_equal(ahttp_await_status(ahttp_session_close(f.session)), 0);
    server_close_connections(f.server);
    assert_open_fds_become(fds);
}

static void a_body_that_is_once_does_not_go_out_again(void **state)
{
    static const server_step dies_later[] = {READ_REQUEST,
                                             SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                                             READ_HEAD, WAIT_GATE(0), CLOSE};
    producer p = {.pieces = PIECES("hel", LATER, "lo")};

    (void)state;
    restart(dies_later, 0);
    assert_sent(ahttp_get(f.session, server_url(f.server, "/ok")));
    ahttp_future *request = ahttp_put(f.session, server_url(f.server, "/ok"),
                                      .body = ahttp_body_produced(produce, &p, -1));
    while (!p.promise)
        let_run();
    server_open_gate(f.server, 0);
    assert_fails(request, AHTTP_E_DISCONNECTED, "");

    let_run();
    assert_true(p.was_cancelled);
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 1);
}

/* ---- Cancelling ---- */

static void cancel_after(int turns, const char *path)
{
    ahttp_future *request = ahttp_post(
        f.session, server_url(f.server, "/"),
        .multipart = AHTTP_PARTS({.name = "f", .file = path}, {.name = "g", .file = path}));

    for (int i = 0; i < turns; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    ahttp_future_cancel(request);
    assert_fails(request, AHTTP_E_CANCELLED, "cancelled");
}

static void cancelling_at_any_time_leaves_nothing_open(void **state)
{
    static const server_step slow[] = {READ_HEAD,     STOP_READING, WAIT_GATE(0),
                                       START_READING, DRAIN,        CLOSE};
    const char *path = make_sparse_file(4 << 20);

    (void)state;
    finish(&f);
    size_t open = count_open_fds();
    for (int turns = 0; turns < 60; turns++) {
        f = start(&(server_script){.connections = {slow}, .receive_buffer = 65536}, false);
        cancel_after(turns, path);
        server_open_gate(f.server, 0);
        finish(&f);
        assert_int_equal(count_open_fds(), open);
    }
    f = start(NULL, false);
    remove_file(path);
}

static void closing_the_session_ends_uploads_under_way(void **state)
{
    static const server_step slow[] = {READ_HEAD,     STOP_READING, WAIT_GATE(0),
                                       START_READING, DRAIN,        CLOSE};
    producer p = {.pieces = PIECES("hel", LATER, "lo")};
    const char *path = make_sparse_file(4 << 20);

    (void)state;
    restart(slow, 65536);
    ahttp_session *session = ahttp_session_new(.loop = f.loop);
    ahttp_future *file =
        ahttp_post(session, server_url(f.server, "/"), .body = ahttp_body_file(path, 0, 0));
    ahttp_future *produced = ahttp_post(session, server_url(f.server, "/"),
                                        .body = ahttp_body_produced(produce, &p, -1));
    while (!p.promise)
        let_run();
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);

    assert_fails(file, AHTTP_E_CLOSED, "closed");
    assert_fails(produced, AHTTP_E_CLOSED, "closed");
    let_run();
    assert_true(p.was_cancelled);
    server_open_gate(f.server, 0);
    ahttp_session_unref(session);
    remove_file(path);
}

static void a_loop_that_is_closed_waits_for_the_threads_that_read(void **state)
{
    const char *path = make_sparse_file(4 << 20);

    (void)state;
    test_server *other = server_start(NULL);
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new(.loop = loop);
    ahttp_future *request =
        ahttp_post(session, server_url(other, "/"), .body = ahttp_body_file(path, 0, 0));
    ahttp_drop(request);

    assert_int_equal(ahttp_loop_close(loop), 0);
    ahttp_session_unref(session);
    remove_file(path);
    server_stop(other);
}

/* ---- Out of memory ---- */

static test_server *server;
static const char *file_path;

static const ahttp_pair *trail(void *ctx)
{
    static const ahttp_pair pairs[] = {{"Checksum", "7"}, {NULL, NULL}};

    (void)ctx;
    return pairs;
}

static ahttp_body *make_form(void *ctx)
{
    return ahttp_body_multipart(
        AHTTP_PARTS({.name = "a", .value = "1"}, {.name = "f", .file = file_path},
                    {.name = "p", .body = ahttp_body_produced(produce, ctx, 5)}));
}

/* Whatever fails, there is an answer or an error, and nothing is lost. */
static void one_upload(ahttp_session *session, void *ctx)
{
    producer p = {.pieces = PIECES("hel", "lo")};
    ahttp_body *body = ahttp_body_compressed("gzip", ahttp_body_factory(make_form, &p));

    (void)ctx;
    if (body)
        ahttp_body_set_trailers(body, trail, NULL);
    assert_ends(ahttp_post(session, server_url(server, "/ok"), .body = body, .expect_100 = true));
}

static void one_form(ahttp_session *session, void *ctx)
{
    producer p = {.pieces = PIECES("hello")};

    (void)ctx;
    assert_ends(ahttp_post(
        session, server_url(server, "/ok"), .compress = "deflate",
        .multipart = AHTTP_PARTS({.name = "f", .file = file_path, .file_name = "x"},
                                 {.name = "p", .body = ahttp_body_produced(produce, &p, -1)},
                                 {.name = "v", .value = "1"})));
}

static void every_allocation_of_an_upload_may_fail(void **state)
{
    char *bytes = make_pattern(200000);

    (void)state;
    server = server_start(NULL);
    file_path = make_file(bytes, 200000);
    for_each_allocation_with_session(one_upload, NULL);
    for_each_allocation_with_session(one_form, NULL);
    remove_file(file_path);
    free(bytes);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_gigabyte_goes_out_of_little_memory),
        WITH_SERVER(lengths_have_64_bits),
        WITH_SERVER(a_refusal_while_the_body_goes_out_is_the_answer),
        WITH_SERVER(a_server_that_refuses_and_hangs_up_is_heard),
        WITH_SERVER(a_server_that_hangs_up_without_a_word_is_an_error),
        WITH_SERVER(a_file_goes_out_again_when_an_idle_connection_was_dead),
        WITH_SERVER(a_file_goes_out_again_for_a_redirect_and_a_login_and_is_closed),
        WITH_SERVER(a_body_that_is_once_does_not_go_out_again),
        WITH_SERVER(cancelling_at_any_time_leaves_nothing_open),
        WITH_SERVER(closing_the_session_ends_uploads_under_way),
        cmocka_unit_test(a_loop_that_is_closed_waits_for_the_threads_that_read),
        cmocka_unit_test(every_allocation_of_an_upload_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
