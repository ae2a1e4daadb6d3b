/* SPDX-License-Identifier: MIT */
/* Sized structs grow at their end only.  A field that is added in old tail padding would be
   read from bytes that programs built earlier never wrote; so there is none. */
#include "support/check.h"
#include <ahttp.h>
#include <stdio.h>

/* X(type, its last member): all whose first member is `size_t size`. */
#define SIZED_STRUCTS(X)                                                                           \
    X(ahttp_background_options, connector)                                                         \
    X(ahttp_connector_options, allow_address_ctx)                                                  \
    X(ahttp_connector_stats, reused)                                                               \
    X(ahttp_cookie, reserved)                                                                      \
    X(ahttp_cookie_jar_options, reserved)                                                          \
    X(ahttp_cookie_store, ctx)                                                                     \
    X(ahttp_loop_options, reserved)                                                                \
    X(ahttp_request_options, reserved)                                                             \
    X(ahttp_origin_stats, waiting)                                                                 \
    X(ahttp_resolver_options, reserved)                                                            \
    X(ahttp_retry_options, retry_if_ctx)                                                           \
    X(ahttp_throttle_options, reserved)                                                            \
    X(ahttp_session_options, secret_headers)                                                       \
    X(ahttp_task_options, stack_bytes)                                                             \
    X(ahttp_trace, on)                                                                             \
    X(ahttp_transport_ops, close)                                                                  \
    X(ahttp_tls_options, reserved)                                                                 \
    X(ahttp_url_parts, reserved)

/* What stands by value in one of them; it can never grow. */
#define INNER_STRUCTS(X)                                                                           \
    X(ahttp_proxy, authorize_ctx)                                                                  \
    X(ahttp_bytes, len)                                                                            \
    X(ahttp_timeout, read_ms)

typedef struct layout {
    const char *name;
    size_t size_offset, size, end_of_last;
} layout;

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

static void no_struct_has_padding_behind_its_last_member(void **state)
{
    (void)state;
#define X(type, last) {#type, 0, sizeof(type), END_OF(type, last)},
    static const layout layouts[] = {SIZED_STRUCTS(X) INNER_STRUCTS(X)};
#undef X

    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        if (layouts[i].end_of_last != layouts[i].size)
            fail_msg("%s ends at %zu but its last member at %zu: lengthen reserved",
                     layouts[i].name, layouts[i].size, layouts[i].end_of_last);
}

static void each_sized_struct_starts_with_its_size(void **state)
{
    (void)state;
#define X(type, last) {#type, offsetof(type, size), sizeof(((type *)0)->size), 0},
    static const layout layouts[] = {SIZED_STRUCTS(X)};
#undef X

    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        if (layouts[i].size_offset != 0 || layouts[i].size != sizeof(size_t))
            fail_msg("%s does not start with size_t size", layouts[i].name);
}

static void the_header_and_the_library_are_of_one_version(void **state)
{
    (void)state;
    char numbers[32];

    snprintf(numbers, sizeof numbers, "%d.%d.%d", AHTTP_VERSION_MAJOR, AHTTP_VERSION_MINOR,
             AHTTP_VERSION_PATCH);

    assert_string_equal(AHTTP_VERSION, numbers);
    assert_string_equal(ahttp_version(), AHTTP_VERSION);
}

static void features_that_do_not_exist_are_not_built_in(void **state)
{
    (void)state;

    assert_false(ahttp_has_feature((ahttp_feature)0));
    assert_false(ahttp_has_feature((ahttp_feature)9999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_struct_has_padding_behind_its_last_member),
        cmocka_unit_test(each_sized_struct_starts_with_its_size),
        cmocka_unit_test(the_header_and_the_library_are_of_one_version),
        cmocka_unit_test(features_that_do_not_exist_are_not_built_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
