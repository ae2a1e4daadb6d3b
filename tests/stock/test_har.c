/* SPDX-License-Identifier: MIT */
/* What was fetched, as an archive and as a picture. */
#include "client/fixture.h"

#include "http/json.h"
#include "support/failing_alloc.h"
#include <unistd.h>

static fixture f;
static ahttp_har *har;
static ah_arena arena;

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop, .timings = true);
    har = ahttp_har_new(false);
    return f.session && har ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ahttp_har_free(har);
    ah_arena_release(&arena);
    finish(&f);
    return 0;
}

static const ah_json *first_entry(void)
{
    ahttp_bytes text = ahttp_har_text(har);
    const char *why = "";
    const ah_json *archive = ah_json_read(&arena, ah_str_make(text.data, text.len), &why);

    if (!archive)
        fail_msg("%s", why);
    return ah_json_member(ah_json_member(archive, "log"), "entries")->first;
}

static const char *text_at(const ah_json *entry, const char *part, const char *name)
{
    return ah_json_member(ah_json_member(entry, part), name)->text.ptr;
}

static void fetch(ahttp_future *request)
{
    ahttp_response *response = response_of(request);

    assert_non_null(ahttp_await(ahttp_response_read(response)));
    assert_int_equal(ahttp_har_add(har, response), 0);
    ahttp_response_unref(response);
}

static void a_response_becomes_an_entry_with_times(void **state)
{
    (void)state;
    fetch(ahttp_get(f.session, server_url(f.server, "/ok?a=1"), .auth = "ada:secret"));
    const ah_json *entry = first_entry();
    ahttp_bytes text = ahttp_har_text(har);

    assert_null(entry->next);
    assert_string_equal(text_at(entry, "request", "url"), server_url(f.server, "/ok?a=1"));
    assert_int_equal(ah_json_member_integer(ah_json_member(entry, "response"), "status"), 200);
    assert_string_equal(ah_json_member_text(entry, "serverIPAddress"), "127.0.0.1");
    assert_true(*text_at(entry, "timings", "wait") != '-');
    assert_true(*text_at(entry, "timings", "connect") != '-');
    assert_str(ah_json_member(ah_json_member(entry, "timings"), "ssl")->text, "-1");
    assert_null(strstr(text.data, "YWRhOnNlY3JldA")); /* the password */
    assert_non_null(strstr(text.data, "***"));
}

static void each_redirect_is_an_entry_before(void **state)
{
    (void)state;
    fetch(ahttp_get(f.session, server_url(f.server, "/redirect/302/ok")));
    const ah_json *entry = first_entry();

    assert_int_equal(ah_json_member_integer(ah_json_member(entry, "response"), "status"), 302);
    assert_string_equal(text_at(entry, "response", "redirectURL"), "/ok");
    assert_string_equal(text_at(entry->next, "request", "url"), server_url(f.server, "/ok"));
    assert_null(entry->next->next);
}

static void a_failure_becomes_an_entry(void **state)
{
    (void)state;
    assert_null(ahttp_await(ahttp_get(f.session, server_url(f.server, "/drop"))));
    assert_int_equal(ahttp_har_add_error(har, ahttp_task_error()), 0);
    assert_fails(ahttp_get(f.session, "nonsense"), AHTTP_E_URL, "invalid URL");
    assert_int_equal(ahttp_har_add_error(har, ahttp_task_error()), 0);
    const ah_json *entry = first_entry();

    assert_int_equal(ah_json_member_integer(ah_json_member(entry, "response"), "status"), 0);
    assert_non_null(strstr(text_at(entry, "response", "_error"), "/drop"));
    assert_null(entry->next);
}

static void without_timings_there_are_no_times(void **state)
{
    (void)state;
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop);
    fetch(ahttp_get(f.session, server_url(f.server, "/ok")));

    assert_str(ah_json_member(ah_json_member(first_entry(), "timings"), "blocked")->text, "-1");
}

static void an_archive_is_saved(void **state)
{
    char path[] = "/tmp/ahttp-har-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    fetch(ahttp_get(f.session, server_url(f.server, "/ok")));
    assert_int_equal(ahttp_await_status(ahttp_har_save(har, path)), 0);
    ahttp_bytes *saved = ahttp_await(ahttp_file_load(path));
    ahttp_bytes text = ahttp_har_text(har);

    assert_int_equal(saved->len, text.len);
    assert_memory_equal(saved->data, text.data, text.len);
    ahttp_file_free(saved);
    unlink(path);
}

static void timings_are_drawn(void **state)
{
    static const ahttp_timings timings = {.start_ns = 1000000,
                                          .queue_ns = 2000000,
                                          .sent_ns = 2000000,
                                          .first_byte_ns = 4000000,
                                          .last_byte_ns = 5000000};
    static const char expected[] = "queue         1.000 ms |#   |\n"
                                   "send          0.000 ms | #  |\n"
                                   "wait          2.000 ms | ## |\n"
                                   "receive       1.000 ms |   #|\n";
    char text[200];

    (void)state;
    assert_int_equal(ahttp_timings_draw(&timings, 4, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(ahttp_timings_draw(&timings, 4, text, 6), strlen(expected));
    assert_string_equal(text, "queue");
}

static void a_failure_is_drawn_in_the_part_that_it_struck(void **state)
{
    static const struct {
        ahttp_phase phase;
        const char *part;
    } table[] = {{AHTTP_PHASE_POOL, "queue "},      {AHTTP_PHASE_DNS, "dns "},
                 {AHTTP_PHASE_CONNECT, "connect "}, {AHTTP_PHASE_PROXY, "connect "},
                 {AHTTP_PHASE_TLS, "tls "},         {AHTTP_PHASE_SEND, "send "},
                 {AHTTP_PHASE_HEAD, "wait "},       {AHTTP_PHASE_BODY, "receive "}};
    char text[200], expected[40];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        ahttp_timings timings = {
            .start_ns = 1000000, .failed_ns = 6000000, .failed_in = table[i].phase};
        snprintf(expected, sizeof expected, "%-8s      5.000 ms |####|\n", table[i].part);
        ahttp_timings_draw(&timings, 4, text, sizeof text);
        assert_string_equal(text, expected);
    }
    ahttp_timings before = {.start_ns = 1000000, .failed_ns = 6000000};
    assert_int_equal(ahttp_timings_draw(&before, 4, text, sizeof text), 0);
}

/* ---- By itself ---- */

static void trace_with(const ahttp_trace *trace)
{
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop, .traces = AHTTP_TRACES(trace));
}

static const char *header_of(const ah_json *entry, const char *part, const char *name)
{
    const ah_json *one = ah_json_member(ah_json_member(entry, part), "headers")->first;

    for (; one; one = one->next)
        if (strcmp(ah_json_member_text(one, "name"), name) == 0)
            return ah_json_member_text(one, "value");
    return NULL;
}

static void a_trace_records_each_hop_with_its_headers_and_times(void **state)
{
    (void)state;
    trace_with(ahttp_har_trace(har));
    assert_text(ahttp_get(f.session, server_url(f.server, "/redirect/302/ok"), .auth = "ada:secret",
                          .headers = AHTTP_PAIRS({"X-Mine", "7"})),
                "ok");
    const ah_json *first = first_entry();
    const ah_json *second = first->next;

    assert_int_equal(ah_json_member_integer(ah_json_member(first, "response"), "status"), 302);
    assert_string_equal(header_of(first, "request", "X-Mine"), "7");
    assert_string_equal(header_of(first, "request", "Authorization"), "***");
    assert_non_null(header_of(first, "request", "Host"));
    assert_string_equal(header_of(first, "response", "Location"), "/ok");
    assert_true(*text_at(first, "timings", "connect") != '-');
    assert_int_equal(ah_json_member_integer(ah_json_member(second, "response"), "status"), 200);
    assert_string_equal(text_at(second, "request", "url"), server_url(f.server, "/ok"));
    assert_string_equal(header_of(second, "response", "Content-Length"), "2");
    assert_str(ah_json_member(ah_json_member(second, "timings"), "connect")->text, "-1");
    assert_true(*text_at(second, "timings", "wait") != '-');
    assert_string_equal(ah_json_member_text(second, "serverIPAddress"), "127.0.0.1");
    assert_null(second->next);
    assert_null(strstr(ahttp_har_text(har).data, "YWRhOnNlY3JldA"));
}

static const server_step slow_redirect[] = {
    READ_REQUEST, SEND("HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 4\r\n\r\nby"),
    WAIT_GATE(1), SEND("e!"), SERVE};

/* How long a part took, in ms. */
static double ms_of(const ah_json *entry, const char *part)
{
    return strtod(text_at(entry, "timings", part), NULL);
}

static void the_rest_of_a_redirect_takes_time_of_its_own(void **state)
{
    ahttp_connector_stats stats = {.size = sizeof stats};
    (void)state;
    finish(&f);
    f = start(&(server_script){.connections = {slow_redirect}}, true);
    trace_with(ahttp_har_trace(har));

    assert_text(ahttp_get(f.session, server_url(f.server, "/")), "ok");
    ahttp_loop_advance(f.loop, 10);
    server_open_gate(f.server, 1);
    while (stats.idle < 2) {
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
        ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    }
    const ah_json *second = first_entry(); /* entries come when they are over */
    const ah_json *redirect = second->next;

    assert_string_equal(text_at(second, "request", "url"), server_url(f.server, "/ok"));
    assert_true(ms_of(second, "receive") < 10);
    assert_string_equal(text_at(redirect, "request", "url"), server_url(f.server, "/"));
    assert_true(ms_of(redirect, "receive") >= 10);
    assert_null(redirect->next);
}

static void a_connection_that_is_refused_took_time_to_connect(void **state)
{
    char url[64], picture[400];
    (void)state;
    trace_with(ahttp_har_trace(har));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)server_refused_port());

    assert_fails(ahttp_get(f.session, url), AHTTP_E_CONNECT, "");
    ahttp_timings_draw(ahttp_task_error()->timings, 4, picture, sizeof picture);
    assert_int_equal(ahttp_har_add_error(har, ahttp_task_error()), 0);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_non_null(strstr(picture, "\nconnect "));
    const ah_json *entry = first_entry();
    assert_true(ms_of(entry, "connect") >= 0);
    assert_true(ms_of(entry->next, "connect") >= 0);
    assert_null(entry->next->next);
}

static void a_trace_records_failures(void **state)
{
    (void)state;
    trace_with(ahttp_har_trace(har));
    assert_null(ahttp_await(ahttp_get(f.session, server_url(f.server, "/drop"))));
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    const ah_json *entry = first_entry();

    assert_int_equal(ah_json_member_integer(ah_json_member(entry, "response"), "status"), 0);
    assert_non_null(text_at(entry, "response", "_error"));
    assert_null(entry->next);
}

static void what_is_given_up_with_the_session_is_told_to_nobody(void **state)
{
    (void)state;
    trace_with(ahttp_har_trace(har));
    ahttp_response *response = response_of(ahttp_get(f.session, server_url(f.server, "/ok")));
    ahttp_future *pending = ahttp_get(f.session, server_url(f.server, "/gate/0"));

    ahttp_response_unref(response);
    ahttp_future_cancel(pending);
    ahttp_drop(pending);
    ahttp_session_unref(f.session);
    ahttp_har_free(har);
    har = NULL;
    f.session = ahttp_session_new(.loop = f.loop);
    assert_int_equal(ahttp_await_status(ahttp_sleep(10)), 0);
}

static void a_waterfall_is_drawn_when_an_exchange_ends(void **state)
{
    char *text = NULL, expected[200];
    size_t len = 0;
    (void)state;
    FILE *file = open_memstream(&text, &len);
    ahttp_trace waterfall = {
        .size = sizeof waterfall, .ctx = file, .on = {[AHTTP_TRACE_EXCHANGE] = ahttp_waterfall}};
    trace_with(&waterfall);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok")), "ok");
    fflush(file);

    snprintf(expected, sizeof expected, "GET %s: 200 OK\nqueue ", server_url(f.server, "/ok"));
    assert_memory_equal(text, expected, strlen(expected));
    assert_non_null(strstr(text, "\nconnect "));
    assert_non_null(strstr(text, "\nwait "));
    assert_non_null(strstr(text, "\nreceive "));
    assert_null(ahttp_await(ahttp_get(f.session, server_url(f.server, "/drop"))));
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    fflush(file);
    assert_non_null(strstr(text, "/drop: "));
    ahttp_session_unref(f.session);
    f.session = ahttp_session_new(.loop = f.loop);
    fclose(file);
    free(text);
}

static test_server *server;

static void record_in_scarcity(void *ctx)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_har *scarce = loop ? ahttp_har_new(false) : NULL;
    ahttp_session *session =
        scarce ? ahttp_session_new(.loop = loop, .traces = AHTTP_TRACES(ahttp_har_trace(scarce)))
               : NULL;

    (void)ctx;
    if (session) {
        ahttp_response *response =
            ahttp_await(ahttp_get(session, server_url(server, "/redirect/302/ok")));
        int rc = response ? ahttp_har_add(scarce, response)
                          : ahttp_har_add_error(scarce, ahttp_task_error());
        assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
        ahttp_response_unref(response);
        ahttp_bytes text = ahttp_har_text(scarce);
        assert_true(!text.data || strstr(text.data, "\n]}}\n"));
    }
    ahttp_session_unref(session);
    ahttp_har_free(scarce);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation(record_in_scarcity, NULL);
    server_stop(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_response_becomes_an_entry_with_times),
        TEST(each_redirect_is_an_entry_before),
        TEST(a_failure_becomes_an_entry),
        TEST(without_timings_there_are_no_times),
        TEST(an_archive_is_saved),
        TEST(timings_are_drawn),
        TEST(a_trace_records_each_hop_with_its_headers_and_times),
        TEST(a_failure_is_drawn_in_the_part_that_it_struck),
        TEST(the_rest_of_a_redirect_takes_time_of_its_own),
        TEST(a_connection_that_is_refused_took_time_to_connect),
        TEST(a_trace_records_failures),
        TEST(what_is_given_up_with_the_session_is_told_to_nobody),
        TEST(a_waterfall_is_drawn_when_an_exchange_ends),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
