/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "http/har.h"
#include "http/json.h"

static ah_arena arena;
static ah_buf out;

static int begin(void **state)
{
    (void)state;
    ah_buf_clear(&out);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ah_arena_release(&arena);
    ah_buf_release(&out);
    return 0;
}

static const ah_json *parse(void)
{
    const char *why = "";
    const ah_json *value = ah_json_read(&arena, ah_buf_str(&out), &why);

    if (!value)
        fail_msg("%s in %.*s", why, (int)out.len, out.data);
    return value;
}

static const ah_json *at(const ah_json *object, const char *name)
{
    const ah_json *member = ah_json_member(object, name);

    if (!member)
        fail_msg("there is no %s", name);
    return member;
}

static ah_har_entry whole_entry(ahttp_headers *sent, ahttp_headers *came)
{
    ah_headers_init(sent, &arena);
    ah_headers_init(came, &arena);
    assert_true(ah_headers_add(sent, AH_STR("Host"), AH_STR("h")));
    assert_true(ah_headers_add(sent, AH_STR("authorization"), AH_STR("Basic c2VjcmV0")));
    assert_true(ah_headers_add(came, AH_STR("Set-Cookie"), AH_STR("id=7")));
    assert_true(ah_headers_add(came, AH_STR("Location"), AH_STR("http://u:p@h/")));
    return (ah_har_entry){
        .started_ms = INT64_C(1420070400123),
        .method = "GET",
        .url = "https://h/x?a=1&b&c=%20\"",
        .request_headers = sent,
        .status = 200,
        .minor_version = 1,
        .reason = "OK",
        .response_headers = came,
        .content_type = "text/html",
        .redirect_url = "http://u:p@h/",
        .server_address = "192.0.2.1",
        .bytes_sent = 100,
        .bytes_received = -1,
        .phases = {1000000, 2000000, 3000000, 4000000, 500, 5000000, 6789000},
    };
}

static void an_entry_has_all_that_the_format_wants(void **state)
{
    ahttp_headers sent, came;
    ah_har_entry entry = whole_entry(&sent, &came);

    (void)state;
    ah_har_write_entry(&out, &entry);
    const ah_json *har = parse();
    const ah_json *request = at(har, "request");
    const ah_json *response = at(har, "response");
    const ah_json *timings = at(har, "timings");

    assert_str(at(har, "startedDateTime")->text, "2015-01-01T00:00:00.123Z");
    assert_str(at(har, "time")->text, "21.789");
    assert_str(at(har, "serverIPAddress")->text, "192.0.2.1");
    assert_str(at(request, "method")->text, "GET");
    assert_str(at(request, "url")->text, "https://h/x?a=1&b&c=%20\"");
    const ah_json *query = at(request, "queryString")->first;
    assert_str(at(query, "name")->text, "a");
    assert_str(at(query, "value")->text, "1");
    assert_str(at(query->next, "value")->text, "");
    assert_str(at(query->next->next, "value")->text, "%20\"");
    assert_int_equal(ah_json_member_integer(response, "status"), 200);
    assert_str(at(response, "httpVersion")->text, "HTTP/1.1");
    assert_str(at(at(response, "content"), "mimeType")->text, "text/html");
    assert_str(at(timings, "connect")->text, "7.000");
    assert_str(at(timings, "ssl")->text, "4.000");
    assert_str(at(timings, "receive")->text, "6.789");
    assert_null(ah_json_member(response, "_error"));
}

static void secrets_are_masked_unless_they_are_wanted(void **state)
{
    ahttp_headers sent, came;
    ah_har_entry entry = whole_entry(&sent, &came);

    (void)state;
    ah_har_write_entry(&out, &entry);
    const ah_json *har = parse();
    assert_str(at(at(at(har, "request"), "headers")->first, "value")->text, "h");
    assert_str(at(at(at(har, "request"), "headers")->first->next, "value")->text, "***");
    assert_str(at(at(at(har, "response"), "headers")->first, "value")->text, "***");
    assert_str(at(at(at(har, "response"), "headers")->first->next, "value")->text, "http://...@h/");
    assert_str(at(at(har, "response"), "redirectURL")->text, "http://...@h/");

    ah_buf_clear(&out);
    entry.shows_secrets = true;
    ah_har_write_entry(&out, &entry);
    har = parse();
    assert_str(at(at(at(har, "response"), "headers")->first, "value")->text, "id=7");
    assert_str(at(at(har, "response"), "redirectURL")->text, "http://u:p@h/");

    ah_buf_clear(&out);
    entry.shows_secrets = false;
    entry.secret_headers = (const char *const[]){"host", NULL};
    ah_har_write_entry(&out, &entry);
    assert_str(at(at(at(parse(), "request"), "headers")->first, "value")->text, "***");
}

static void a_failure_has_no_response(void **state)
{
    ah_har_entry entry = {.method = "GET",
                          .url = "http://h/",
                          .error = "connect to h:80: connection refused",
                          .bytes_sent = -1,
                          .bytes_received = -1,
                          .phases = {5000, -1, -1, -1, -1, -1, -1}};

    (void)state;
    ah_har_write_entry(&out, &entry);
    const ah_json *har = parse();

    assert_int_equal(ah_json_member_integer(at(har, "response"), "status"), 0);
    assert_str(at(at(har, "response"), "_error")->text, "connect to h:80: connection refused");
    assert_str(at(at(har, "timings"), "dns")->text, "-1");
    assert_str(at(at(har, "timings"), "wait")->text, "0.000");
    assert_null(ah_json_member(har, "serverIPAddress"));
}

static void an_archive_has_a_list_of_entries(void **state)
{
    ah_har_entry entry = {.method = "GET", .url = "http://h/"};

    (void)state;
    ah_har_write_begin(&out);
    ah_har_write_entry(&out, &entry);
    ah_buf_append(&out, AH_STR(",\n"));
    ah_har_write_entry(&out, &entry);
    ah_har_write_end(&out);
    const ah_json *log = at(parse(), "log");

    assert_str(at(log, "version")->text, "1.2");
    assert_str(at(at(log, "creator"), "name")->text, "libahttp");
    assert_non_null(at(log, "entries")->first->next);
    assert_null(at(log, "entries")->first->next->next);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_entry_has_all_that_the_format_wants),
        TEST(secrets_are_masked_unless_they_are_wanted),
        TEST(a_failure_has_no_response),
        TEST(an_archive_has_a_list_of_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
