/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/error.h"
#include "base/str.h"
#include "support/failing_alloc.h"
#include <errno.h>

static void every_code_has_a_name_and_a_text(void **state)
{
    (void)state;

    for (int code = AHTTP_ERROR_FIRST + 1; code < AHTTP_ERROR_LAST; code++) {
        assert_true(code < 0);
        assert_string_not_equal(ahttp_error_name(code), "UNKNOWN");
        assert_true(strlen(ahttp_error_text(code)) > 0);
    }
    assert_string_equal(ahttp_error_name(AHTTP_E_CONNECT_TIMEOUT), "CONNECT_TIMEOUT");
    assert_string_equal(ahttp_error_text(AHTTP_E_CODING), "response body could not be decoded");
    assert_string_equal(ahttp_error_name(AHTTP_OK), "OK");
    assert_string_equal(ahttp_error_text(AHTTP_OK), "success");
}

static void codes_of_others_are_unknown(void **state)
{
    (void)state;
    static const int codes[] = {1, -1, AHTTP_ERROR_FIRST, AHTTP_ERROR_LAST, INT32_MIN, INT32_MAX};

    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_string_equal(ahttp_error_name(codes[i]), "UNKNOWN");
        assert_string_equal(ahttp_error_text(codes[i]), "unknown error");
        assert_false(ahttp_error_is(codes[i], ~0));
    }
}

static void a_code_may_be_of_several_kinds(void **state)
{
    (void)state;

    assert_true(ahttp_error_is(AHTTP_E_CONNECT_TIMEOUT, AHTTP_KIND_TIMEOUT));
    assert_true(ahttp_error_is(AHTTP_E_CONNECT_TIMEOUT, AHTTP_KIND_CONNECTION));
    assert_true(ahttp_error_is(AHTTP_E_CONNECT_TIMEOUT, AHTTP_KIND_TLS | AHTTP_KIND_RETRY));
    assert_false(ahttp_error_is(AHTTP_E_CONNECT_TIMEOUT, AHTTP_KIND_USAGE | AHTTP_KIND_TLS));
    assert_false(ahttp_error_is(AHTTP_OK, ~0));
}

static void an_error_says_what_it_was_made_of(void **state)
{
    (void)state;

    ahttp_error *error = ah_error_new(AHTTP_E_URL, "parse \"%s\": %d colons", "a:b:", 2);

    assert_int_equal(error->code, AHTTP_E_URL);
    assert_int_equal(error->kinds, AHTTP_KIND_USAGE);
    assert_string_equal(error->message, "parse \"a:b:\": 2 colons");
    assert_int_equal(error->cause, 0);
    assert_int_equal(error->status, 0);
    assert_null(error->method);
    assert_null(error->url);
    ah_error_free(error);
    ah_error_free(NULL);
}

/* URLs, headers and what peers say may have anything in them, and logs are read by line. */
static void a_message_is_one_line_whatever_is_in_it(void **state)
{
    (void)state;

    ahttp_error *error =
        ah_error_new(AHTTP_E_ARGUMENT, "header \"%s\"", "A\r\nB\t\x1b\x7f\xc3\xbc");
    assert_string_equal(error->message, "header \"A??B???\xc3\xbc\"");
    error = ah_error_wrap(AHTTP_E_ARGUMENT, error, "a\nb");
    assert_string_equal(error->message, "a?b: header \"A??B???\xc3\xbc\"");

    ah_error_free(error);
}

static void a_system_error_ends_with_the_systems_reason(void **state)
{
    (void)state;

    ahttp_error *refused =
        ah_error_system(AHTTP_E_CONNECT, -ECONNREFUSED, "connect to %s", "[::1]:80");
    ahttp_error *io = ah_error_system(AHTTP_E_SYSTEM, -EIO, "read");

    assert_int_equal(refused->code, AHTTP_E_CONNECT);
    assert_int_equal(refused->cause, -ECONNREFUSED);
    assert_string_equal(refused->message, "connect to [::1]:80: connection refused");
    assert_true(ah_str_starts_with(ah_str_from(io->message), AH_STR("read: I/O")) ||
                ah_str_starts_with(ah_str_from(io->message), AH_STR("read: input/output")));
    ah_error_free(refused);
    ah_error_free(io);
}

static void no_memory_from_the_system_is_no_memory(void **state)
{
    (void)state;

    ahttp_error *error = ah_error_system(AHTTP_E_CONNECT, -ENOMEM, "connect");

    assert_ptr_equal(error, ah_error_no_memory());
    assert_ptr_equal(ah_error_new(AHTTP_E_NO_MEMORY, "whatever"), ah_error_no_memory());
    assert_int_equal(error->code, AHTTP_E_NO_MEMORY);
    assert_string_equal(error->message, "out of memory");
    ah_error_free(error);
}

static const ah_error_request get = {.method = "GET", .url = "http://h/"};

static void an_error_of_a_request_names_it(void **state)
{
    (void)state;
    char method[] = "GET";
    char url[] = "http://h/";
    ahttp_error *error = ah_error_system(AHTTP_E_CONNECT, -ECONNREFUSED, "connect to h:80");

    error = ah_error_of_request(error, &(ah_error_request){.method = method,
                                                           .url = url,
                                                           .host = "h:80",
                                                           .address = "192.0.2.1:80",
                                                           .phase = AHTTP_PHASE_CONNECT,
                                                           .resend = AHTTP_RESEND_UNKNOWN,
                                                           .status = 200});
    memset(method, 'x', 3);
    memset(url, 'x', 9);

    assert_string_equal(error->message, "GET http://h/: connect to h:80: connection refused");
    assert_string_equal(error->method, "GET");
    assert_string_equal(error->url, "http://h/");
    assert_int_equal(error->code, AHTTP_E_CONNECT);
    assert_int_equal(error->cause, -ECONNREFUSED);
    assert_string_equal(error->host, "h:80");
    assert_string_equal(error->address, "192.0.2.1:80");
    assert_int_equal(error->phase, AHTTP_PHASE_CONNECT);
    assert_int_equal(error->resend, AHTTP_RESEND_UNKNOWN);
    assert_int_equal(error->status, 200);
    ah_error_free(error);
}

static void what_an_error_knows_already_stays(void **state)
{
    (void)state;
    ahttp_error *error = ah_error_new(AHTTP_E_CONNECT, "no");

    error = ah_error_in_phase(error, AHTTP_PHASE_TLS);
    error = ah_error_in_phase(error, AHTTP_PHASE_BODY);
    error = ah_error_with_address(error, "192.0.2.1:80");
    error = ah_error_with_tls_reason(error, "expired");
    error = ah_error_with_response(error, 403, AHTTP_PAIRS({"A", "b"}), (ahttp_bytes){"body", 4});
    error = ah_error_wrap(AHTTP_E_PROXY, ah_error_because(error, 7), "ask");
    error = ah_error_of_request(error, &(ah_error_request){.method = "GET",
                                                           .url = "u",
                                                           .address = "192.0.2.2:80",
                                                           .phase = AHTTP_PHASE_BODY,
                                                           .status = 200});

    assert_string_equal(error->message, "GET u: ask: no");
    assert_int_equal(error->code, AHTTP_E_PROXY);
    assert_true(error->kinds & AHTTP_KIND_PROXY);
    assert_int_equal(error->cause, 7);
    assert_int_equal(error->phase, AHTTP_PHASE_TLS);
    assert_string_equal(error->address, "192.0.2.1:80");
    assert_string_equal(error->tls_reason, "expired");
    assert_int_equal(error->status, 403);
    assert_string_equal(error->headers[0].value, "b");
    assert_null(error->headers[1].name);
    assert_memory_equal(error->body.data, "body", 4);
    ah_error_free(error);
}

static void a_copy_outlives_its_original(void **state)
{
    (void)state;
    ahttp_error *error = ah_error_of_request(ah_error_new(AHTTP_E_CODING, "cut"), &get);

    ahttp_error *copy = ah_error_copy(error);
    ah_error_free(error);

    assert_int_equal(copy->code, AHTTP_E_CODING);
    assert_string_equal(copy->message, "GET http://h/: cut");
    assert_string_equal(copy->method, "GET");
    assert_string_equal(copy->url, "http://h/");
    ah_error_free(copy);
}

static void out_of_memory_goes_through_everything(void **state)
{
    (void)state;
    ahttp_error *error = ah_error_no_memory();

    assert_ptr_equal(ah_error_copy(error), error);
    assert_ptr_equal(ah_error_wrap(AHTTP_E_PROXY, error, "ask"), error);
    assert_ptr_equal(ah_error_because(error, 1), error);
    assert_ptr_equal(ah_error_in_phase(error, AHTTP_PHASE_DNS), error);
    assert_ptr_equal(ah_error_with_address(error, "a"), error);
    assert_ptr_equal(ah_error_with_tls_reason(error, "a"), error);
    assert_int_equal(error->resend, AHTTP_RESEND_UNKNOWN);
    assert_ptr_equal(ah_error_of_request(error, &get), error);
    ah_error_free(error);

    assert_string_equal(ah_error_no_memory()->message, "out of memory");
}

static void make_errors(void *ctx)
{
    (void)ctx;
    ahttp_error *error = ah_error_system(AHTTP_E_CONNECT, -ECONNREFUSED, "connect to %300s", "h");
    ahttp_error *copy = ah_error_copy(error);
    copy = ah_error_of_request(copy, &get);
    ahttp_error *other = ah_error_new(AHTTP_E_URL, "no scheme");

    assert_non_null(error->message);
    assert_non_null(copy->message);
    assert_non_null(other->message);
    ah_error_free(error);
    ah_error_free(copy);
    ah_error_free(other);
}

static void failing_cannot_fail(void **state)
{
    (void)state;

    for_each_allocation(make_errors, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_text),
        cmocka_unit_test(codes_of_others_are_unknown),
        cmocka_unit_test(a_code_may_be_of_several_kinds),
        cmocka_unit_test(an_error_says_what_it_was_made_of),
        cmocka_unit_test(a_message_is_one_line_whatever_is_in_it),
        cmocka_unit_test(a_system_error_ends_with_the_systems_reason),
        cmocka_unit_test(no_memory_from_the_system_is_no_memory),
        cmocka_unit_test(an_error_of_a_request_names_it),
        cmocka_unit_test(what_an_error_knows_already_stays),
        cmocka_unit_test(a_copy_outlives_its_original),
        cmocka_unit_test(out_of_memory_goes_through_everything),
        cmocka_unit_test(failing_cannot_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
