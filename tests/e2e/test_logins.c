/* SPDX-License-Identifier: MIT */
/* Logging in to httpbin, which checks the hashes of Digest itself. */
#include "httpbin.h"
#include <ahttp/version.h>

#define GET(path, ...) ahttp_get(session, at(path), __VA_ARGS__)

static void basic_is_accepted(void **state)
{
    (void)state;
    expect(GET("/basic-auth/ann/secret", .auth = "ann:secret"), 200,
           WORDS("\"authenticated\": true", "\"user\": \"ann\""));
    expect(GET("/hidden-basic-auth/ann/secret", .auth = "ann:secret"), 200,
           WORDS("\"authenticated\": true"));
    expect(GET("/hidden-basic-auth/ann/secret", .auth = "ann:wrong"), 404, WORDS(""));
    expect(GET("/basic-auth/ann/secret", .auth = "ann:wrong"), 401, WORDS(""));
}

static void a_bearer_token_is_accepted(void **state)
{
    (void)state;
    expect(GET("/bearer", .bearer = "token"), 200, WORDS("\"token\": \"token\""));
    expect(GET("/bearer", .headers = NULL), 401, WORDS(""));
}

static void digest_is_accepted_whatever_the_algorithm_and_protection(void **state)
{
    static const char *const algorithms[] = {"MD5", "SHA-256", "SHA-512"};
    static const char *const qops[] = {"auth", "auth-int"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(algorithms) * COUNT_OF(qops); i++) {
        snprintf(path, sizeof path, "/digest-auth/%s/ann/secret/%s", qops[i % 2],
                 algorithms[i / 2]);
        expect(GET(path, .digest_auth = "ann:secret"), 200, WORDS("\"authenticated\": true"));
        expect(GET(path, .digest_auth = "ann:wrong"), 401, WORDS(""));
    }
}

static void a_body_is_signed_wherever_it_comes_from(void **state)
{
    const char *path = "/digest-auth/auth-int/ann/secret/SHA-256";
    ahttp_bytes bytes = {"hello", 5};

    (void)state;
    expect(GET(path, .digest_auth = "ann:secret", .text = "hello"), 200,
           WORDS("\"authenticated\": true"));
    expect(GET(path, .digest_auth = "ann:secret", .body = ahttp_body_bytes(bytes)), 200,
           WORDS("\"authenticated\": true"));
}

static void an_old_nonce_is_replaced(void **state)
{
    (void)state;
    /* This one's nonces are old after one answer. */
    for (int i = 0; i < 3; i++)
        expect(GET("/digest-auth/auth/ann/secret/MD5/1", .digest_auth = "ann:secret"), 200,
               WORDS("\"authenticated\": true"));
}

int main(void)
{
    const struct CMUnitTest with_digest[] = {
        cmocka_unit_test_setup_teardown(digest_is_accepted_whatever_the_algorithm_and_protection,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_body_is_signed_wherever_it_comes_from, begin, end),
        cmocka_unit_test_setup_teardown(an_old_nonce_is_replaced, begin, end),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(basic_is_accepted, begin, end),
        cmocka_unit_test_setup_teardown(a_bearer_token_is_accepted, begin, end),
    };
    int failed = cmocka_run_group_tests(tests, find_httpbin, NULL);

    if (ahttp_has_feature(AHTTP_FEATURE_TLS)) /* whose library has the hashes */
        failed += cmocka_run_group_tests(with_digest, find_httpbin, NULL);
    return failed;
}
