/* SPDX-License-Identifier: MIT */
/* Exit codes: one for every error of the library, and a meaning for every one. */
#include "support/check.h"

#include "exit_codes.h"
#include "failure.h"
#include <string.h>

static int code_of(int error, int cause, const char *message)
{
    return failure_code(
        &(ahttp_error){.code = error, .cause = cause, .message = message ? message : "it failed"});
}

static void errors_have_the_exit_codes_of_curl(void **state)
{
    static const struct {
        int error, cause;
        const char *message;
        int code;
    } rows[] = {
        {AHTTP_E_URL, 0, NULL, 3},
        {AHTTP_E_DNS, 0, NULL, 6},
        {AHTTP_E_PROXY_DNS, 0, NULL, 5},
        {AHTTP_E_CONNECT, 0, NULL, 7},
        {AHTTP_E_CONNECT, 0, "connect to h: bind to the address x: y", 45},
        {AHTTP_E_PROXY_CONNECT, 0, NULL, 7},
        {AHTTP_E_CONNECT_TIMEOUT, 0, NULL, 28},
        {AHTTP_E_TOTAL_TIMEOUT, 0, NULL, 28},
        {AHTTP_E_READ_TIMEOUT, 0, NULL, 28},
        {AHTTP_E_TLS, 0, NULL, 35},
        {AHTTP_E_CERTIFICATE, 0, NULL, 60},
        {AHTTP_E_PIN, 0, NULL, 90},
        {AHTTP_E_TLS_SETTINGS, 0, NULL, 58},
        {AHTTP_E_PROTOCOL, 0, NULL, 8},
        {AHTTP_E_PROTOCOL, 0, "read response head: it does not start with HTTP/", 1},
        {AHTTP_E_PROTOCOL, 0, "read response body: a chunk", 56},
        {AHTTP_E_HEAD_TOO_LARGE, 0, NULL, 56},
        {AHTTP_E_HEAD_TOO_LARGE, 0, "read response head: a field is longer", 100},
        {AHTTP_E_BODY_CUT, 0, NULL, 18},
        {AHTTP_E_BODY_TOO_LARGE, 0, NULL, 63},
        {AHTTP_E_CODING, 0, NULL, 61},
        {AHTTP_E_BODY_ONCE, 0, NULL, 65},
        {AHTTP_E_DISCONNECTED, 0, NULL, 52},
        {AHTTP_E_DISCONNECTED, -104, NULL, 56},
        {AHTTP_E_DISCONNECTED, 0, "peer closed the connection inside the response head", 56},
        {AHTTP_E_NO_MEMORY, 0, NULL, 27},
        {AHTTP_E_INTERRUPTED, 0, NULL, 130},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(code_of(rows[i].error, rows[i].cause, rows[i].message), rows[i].code);
}

static bool has_meaning(int code)
{
    for (const exit_meaning *each = exit_meanings; each->meaning; each++)
        if (each->code == code)
            return true;
    return false;
}

static void every_error_has_a_code_that_the_manual_explains(void **state)
{
#define CODE(name, kinds, text) AHTTP_E_##name,
    static const int errors[] = {AHTTP_ERROR_MAP(CODE)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        int code = code_of(errors[i], 0, NULL);
        if (code == 0 || !has_meaning(code))
            fail_msg("%s ends with %d, which the manual does not explain",
                     ahttp_error_name(errors[i]), code);
    }
}

static void meanings_stand_in_order_each_once(void **state)
{
    (void)state;
    for (const exit_meaning *each = exit_meanings + 1; each->meaning; each++)
        assert_true(each[-1].code < each->code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_the_exit_codes_of_curl),
        cmocka_unit_test(every_error_has_a_code_that_the_manual_explains),
        cmocka_unit_test(meanings_stand_in_order_each_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
