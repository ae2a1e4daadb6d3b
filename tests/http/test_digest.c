/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "http/digest.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include <stdio.h>

static const ah_str asks = {"WWW-Authenticate", 16};

static ah_digest *digest;
static ah_buf answer;

static int begin(void **state)
{
    (void)state;
    digest = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    ah_digest_free(digest);
    ah_buf_release(&answer);
    answer = (ah_buf){0};
    return 0;
}

/* The challenges, each in a field of its own. */
static int take(size_t count, const char *const values[])
{
    ah_arena arena = {0};
    ahttp_headers headers;

    ah_headers_init(&headers, &arena);
    for (size_t i = 0; i < count; i++)
        assert_true(ah_headers_add(&headers, asks, ah_str_from(values[i])));
    ah_digest_free(digest);
    int rc = ah_digest_take(&headers, asks, &digest);
    ah_arena_release(&arena);
    return rc;
}

static void accept(const char *value)
{
    assert_int_equal(take(1, &value), 0);
    assert_non_null(digest);
}

static void refuse(const char *value)
{
    assert_int_equal(take(1, &value), 0);
    assert_null(digest);
}

static const ah_digest_request plain = {
    .user = {"u", 1},
    .password = {"p", 1},
    .method = {"GET", 3},
    .target = {"/", 1},
    .cnonce = {"c", 1},
};

static const char *answer_to(const ah_digest_request *request)
{
    ah_buf_clear(&answer);
    assert_int_equal(ah_digest_answer(digest, request, &answer), 0);
    return ah_buf_terminate(&answer);
}

static void assert_says(const char *part)
{
    const char *text = answer_to(&plain);

    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
}

/* ---- The examples of the RFCs ---- */

static const ah_digest_request mufasa = {
    .user = {"Mufasa", 6},
    .password = {"Circle of Life", 14},
    .method = {"GET", 3},
    .target = {"/dir/index.html", 15},
    .cnonce = {"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 44},
};

#define RFC7616_CHALLENGE(algorithm)                                                               \
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" algorithm         \
    ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                                   \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

#define RFC7616_ANSWER(algorithm, response)                                                        \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "                                \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "            \
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", nc=00000001, qop=auth, "             \
    "response=\"" response "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "         \
    "algorithm=" algorithm

static void the_examples_of_rfc_7616_come_out(void **state)
{
    (void)state;
    accept(RFC7616_CHALLENGE("MD5"));
    assert_string_equal(answer_to(&mufasa),
                        RFC7616_ANSWER("MD5", "8ca523f5e9506fed4657c9700eebdbec"));

    accept(RFC7616_CHALLENGE("SHA-256"));
    assert_string_equal(
        answer_to(&mufasa),
        RFC7616_ANSWER("SHA-256",
                       "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
}

/* Section 3.9.2, with the hashes of erratum 4897. */
static void the_example_with_a_hashed_user_comes_out(void **state)
{
    (void)state;
    ah_digest_request request = {
        .user = AH_STR("J\xC3\xA4s\xC3\xB8n Doe"),
        .password = AH_STR("Secret, or not?"),
        .method = AH_STR("GET"),
        .target = AH_STR("/doe.json"),
        .cnonce = AH_STR("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"),
    };
    accept("Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
           "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
           "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true");

    assert_string_equal(
        answer_to(&request),
        "Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", "
        "realm=\"api@example.org\", nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
        "uri=\"/doe.json\", cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", "
        "nc=00000001, qop=auth, "
        "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", "
        "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", algorithm=SHA-512-256, "
        "userhash=true");
}

static void the_examples_of_rfc_2069_and_2617_come_out(void **state)
{
    (void)state;
    ah_digest_request request = mufasa;
    request.password = AH_STR("CircleOfLife");
    accept("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"");
    assert_string_equal(answer_to(&request),
                        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                        "response=\"1949323746fe6a43ef61f9606e7febea\"");

    request.password = AH_STR("Circle Of Life");
    request.cnonce = AH_STR("0a4f113b");
    accept("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
           "qop=\"auth,auth-int\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    assert_non_null(strstr(answer_to(&request), "response=\"6629fae49393a05397450978507c4ef1\""));
}

/* ---- Variants ---- */

static void every_hash_is_known(void **state)
{
    (void)state;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA");
    assert_says("response=\"420e60eb9c59fade8757779ecd730a9a7b743a9f\"");
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-512");
    assert_says("response=\"9d003764f939bf99e7cca4fd64b985a5f90eea2ef6e3f36394f951eadd232f3ba6f682"
                "f13c5e68547b96c8182eebf67a6830b0b6d3b47505dffd09d2680aebb2\"");
}

static void a_session_hashes_its_nonces_into_the_key(void **state)
{
    (void)state;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess");
    assert_says("response=\"6e4aac8b22e97762f88ccd0d5ccf5b1d\"");
    accept("Digest realm=\"r\", nonce=\"n\", algorithm=md5-SESS");
    assert_says("cnonce=\"c\", response=\"254644af15666e40df975c5ae58b9796\"");
}

static void the_answers_of_a_session_share_their_cnonce(void **state)
{
    (void)state;
    ah_digest_request request = plain;
    char first[64];
    request.cnonce = AH_STR("");
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256-sess");
    snprintf(first, sizeof first, "%.41s", strstr(answer_to(&request), "cnonce="));

    assert_non_null(strstr(answer_to(&request), first));

    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
    snprintf(first, sizeof first, "%.41s", strstr(answer_to(&request), "cnonce="));
    assert_null(strstr(answer_to(&request), first));
}

static void the_text_of_the_algorithm_keeps_its_case(void **state)
{
    (void)state;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=\"sha-256\"");
    assert_says(", algorithm=sha-256");
}

static void the_body_is_signed_where_that_is_offered_and_it_is_at_hand(void **state)
{
    (void)state;
    ah_digest_request request = plain;
    ah_str body = AH_STR("body");
    request.method = AH_STR("POST");
    request.body = &body;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\"");

    const char *text = answer_to(&request);

    assert_non_null(strstr(text, "qop=auth-int"));
    assert_non_null(strstr(text, "response=\"e095c7eec80723d91a53d22f9e0d16a7\""));
    assert_says("qop=auth,");
}

static void the_hash_of_a_body_will_do_instead_of_it(void **state)
{
    (void)state;
    ah_digest_request request = plain;
    char hash[AH_HASH_HEX_MAX + 1];
    ah_hasher *hasher = ah_hasher_new(AH_HASH_MD5);
    assert_true(ah_hasher_add(hasher, AH_STR("bo")) && ah_hasher_add(hasher, AH_STR("dy")));
    assert_true(ah_hasher_end(hasher, hash));
    ah_hasher_free(hasher);
    request.method = AH_STR("POST");
    request.body_hash = ah_str_from(hash);
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"");
    assert_true(ah_digest_needs_body(digest));
    assert_int_equal(ah_digest_hash(digest), AH_HASH_MD5);

    assert_non_null(strstr(answer_to(&request), "response=\"e095c7eec80723d91a53d22f9e0d16a7\""));
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\"");
    assert_false(ah_digest_needs_body(digest));
}

static void where_only_a_signed_body_will_do_it_must_be_at_hand(void **state)
{
    (void)state;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"");

    assert_int_equal(ah_digest_answer(digest, &plain, &answer), AHTTP_E_UNSUPPORTED);
    assert_int_equal(answer.len, 0);
}

static void answers_are_counted_for_each_nonce(void **state)
{
    (void)state;
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
    assert_says("nc=00000001");
    assert_says("response=\"f1202435231f48ff4a8404e67cf5613f\"");

    assert_int_equal(ah_digest_note_info(digest, AH_STR("qop=auth, nextnonce=\"m\"")), 0);

    const char *text = answer_to(&plain);
    assert_non_null(strstr(text, "nonce=\"m\", uri=\"/\", cnonce=\"c\", nc=00000001"));
    assert_non_null(strstr(text, "response=\"73577ae0892d6fc6f1ebc5d3393d1dd3\""));
    assert_int_equal(ah_digest_note_info(digest, AH_STR("nextnonce=\"m\"")), 0);
    assert_int_equal(ah_digest_note_info(digest, AH_STR("rspauth=\"\"")), 0);
    assert_says("nonce=\"m\", uri=\"/\", cnonce=\"c\", nc=00000002");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    ah_digest_request request = plain;
    request.user = AH_STR("a\"b\\c");
    accept("Digest realm=\"x\\\"y\\\\z\", nonce=\"n\", qop=\"auth\", opaque=\"\\\\\"");

    const char *text = answer_to(&request);

    assert_non_null(strstr(text, "username=\"a\\\"b\\\\c\", realm=\"x\\\"y\\\\z\""));
    assert_non_null(strstr(text, "opaque=\"\\\\\""));
    assert_non_null(strstr(text, "response=\"0b80d861506f68ce73ff33b78dbd3d72\""));
}

static void a_user_beyond_ascii_is_sent_in_extended_form(void **state)
{
    (void)state;
    ah_digest_request request = plain;
    request.user = AH_STR("J\xC3\xA4s\xC3\xB8n Doe");
    accept("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");

    assert_non_null(
        strstr(answer_to(&request), "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm"));
}

/* ---- Which challenge ---- */

static void the_strongest_challenge_is_taken(void **state)
{
    (void)state;
    const char *values[] = {
        "Basic realm=\"r\", Digest realm=\"r\", nonce=\"1\", algorithm=MD5, qop=\"auth\"",
        "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256",
        "Digest realm=\"r\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\"",
        "Digest realm=\"r\", nonce=\"4\", algorithm=SHA-256, qop=\"auth\"",
        "Digest realm=\"r\", nonce=\"5\", algorithm=SHA-1024, qop=\"auth\"",
    };

    assert_int_equal(take(COUNT_OF(values), values), 0);

    assert_says("nonce=\"3\"");
}

static void challenges_that_cannot_be_answered_are_passed_over(void **state)
{
    (void)state;
    refuse("Basic realm=\"r\"");
    refuse("Digest");
    refuse("Digest abc==");
    refuse("Digest realm=\"r\"");
    refuse("Digest nonce=\"n\"");
    refuse("Digest realm=\"r\", nonce=\"n\", algorithm=MD4");
    refuse("Digest realm=\"r\", nonce=\"n\", algorithm=-sess");
    refuse("Digest realm=\"r\", nonce=\"n\", qop=\"auth-conf\"");
    assert_int_equal(take(0, NULL), 0);
    assert_null(digest);
}

/* An error of the server's, about which aiohttp and curl say the same. */
static void of_a_parameter_that_comes_twice_the_last_counts(void **state)
{
    (void)state;
    accept("Digest realm=\"a\", nonce=\"1\", qop=\"auth\", realm=\"b\", nonce=\"2\"");

    assert_says("realm=\"b\", nonce=\"2\"");
}

static void the_facts_of_a_challenge_are_told(void **state)
{
    (void)state;
    accept("dIGEST realm=\"the realm\", nonce=\"n\", domain=\"/a /b\", stale=TRUE, qop=\"\"");

    assert_str(ah_digest_realm(digest), "the realm");
    assert_str(ah_digest_domain(digest), "/a /b");
    assert_true(ah_digest_is_stale(digest));
    assert_null(strstr(answer_to(&plain), "qop"));
    accept("Digest realm=\"\", nonce=\"n\", stale=false");
    assert_str(ah_digest_domain(digest), "");
    assert_false(ah_digest_is_stale(digest));
}

/* ---- Memory ---- */

static void answer_in_little_memory(void *ctx)
{
    ah_arena arena = {0};
    ahttp_headers headers;
    ah_digest *taken = NULL;
    ah_buf out = {0};
    int rc = AHTTP_E_NO_MEMORY;

    (void)ctx;
    ah_headers_init(&headers, &arena);
    if (ah_headers_add(&headers, asks, AH_STR("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")))
        rc = ah_digest_take(&headers, asks, &taken);
    if (rc == 0)
        rc = ah_digest_note_info(taken, AH_STR("nextnonce=\"m\""));
    if (rc == 0)
        rc = ah_digest_answer(taken, &plain, &out);
    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY);
    ah_digest_free(taken);
    ah_buf_release(&out);
    ah_arena_release(&arena);
}

static void out_of_memory_is_told(void **state)
{
    (void)state;

    for_each_allocation(answer_in_little_memory, NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_examples_of_rfc_7616_come_out),
        TEST(the_example_with_a_hashed_user_comes_out),
        TEST(the_examples_of_rfc_2069_and_2617_come_out),
        TEST(every_hash_is_known),
        TEST(a_session_hashes_its_nonces_into_the_key),
        TEST(the_answers_of_a_session_share_their_cnonce),
        TEST(the_text_of_the_algorithm_keeps_its_case),
        TEST(the_body_is_signed_where_that_is_offered_and_it_is_at_hand),
        TEST(the_hash_of_a_body_will_do_instead_of_it),
        TEST(where_only_a_signed_body_will_do_it_must_be_at_hand),
        TEST(answers_are_counted_for_each_nonce),
        TEST(quotes_and_backslashes_are_escaped),
        TEST(a_user_beyond_ascii_is_sent_in_extended_form),
        TEST(the_strongest_challenge_is_taken),
        TEST(challenges_that_cannot_be_answered_are_passed_over),
        TEST(of_a_parameter_that_comes_twice_the_last_counts),
        TEST(the_facts_of_a_challenge_are_told),
        cmocka_unit_test(out_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
