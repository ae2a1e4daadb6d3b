/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "http/challenge.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "support/instructions.h"

static const ah_str asks = {"WWW-Authenticate", 16};

/* All challenges in one text: scheme(token){name=value,name=value}. */
static void write_challenge(ah_buf *out, const ah_challenge *challenge)
{
    ah_buf_append(out, challenge->scheme);
    if (challenge->token.len > 0)
        ah_buf_append_format(out, "(%s)", challenge->token.ptr);
    ah_buf_append_char(out, '{');
    for (const ahttp_pair *param = challenge->params; param->name; param++)
        ah_buf_append_format(out, "%s%s=%s", param == challenge->params ? "" : ",", param->name,
                             param->value);
    ah_buf_append_char(out, '}');
}

static void assert_challenges(size_t fields, const char *const values[], const char *expected)
{
    ah_arena arena = {0};
    ahttp_headers headers;
    const ah_challenge *challenges;
    size_t count;
    ah_buf out = {0};
    ah_headers_init(&headers, &arena);
    for (size_t i = 0; i < fields; i++)
        assert_true(ah_headers_add(&headers, asks, ah_str_from(values[i])));

    assert_true(ah_challenges_read(&headers, asks, &arena, &challenges, &count));

    for (size_t i = 0; i < count; i++)
        write_challenge(&out, &challenges[i]);
    assert_str(ah_buf_str(&out), expected);
    ah_buf_release(&out);
    ah_arena_release(&arena);
}

static void assert_one(const char *value, const char *expected)
{
    assert_challenges(1, &value, expected);
}

static void a_challenge_is_a_scheme_and_parameters(void **state)
{
    (void)state;
    assert_one("Basic realm=\"simple\"", "Basic{realm=simple}");
    assert_one("Digest realm=\"r\", nonce=\"n\",qop=\"auth,auth-int\" , stale=TRUE",
               "Digest{realm=r,nonce=n,qop=auth,auth-int,stale=TRUE}");
    assert_one("Negotiate", "Negotiate{}");
    assert_one("  Bearer \t realm = \"x\" ,error =invalid_token  ",
               "Bearer{realm=x,error=invalid_token}");
}

static void a_challenge_may_have_a_token_instead(void **state)
{
    (void)state;
    assert_one("Negotiate YIIB/+-._~Zz09==", "Negotiate(YIIB/+-._~Zz09==){}");
    assert_one("NTLM TlRMTVNTUAACAAAA=", "NTLM(TlRMTVNTUAACAAAA=){}");
    assert_one("NTLM abc", "NTLM(abc){}");
    assert_one("Basic realm=", "Basic(realm=){}");
}

static void one_field_may_hold_several(void **state)
{
    (void)state;
    /* The example of RFC 9110 §11.6.1, and one that no comma counting would read. */
    assert_one("Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to "
               "\\\"apps\\\"\"",
               "Basic{realm=simple}Newauth{realm=apps,type=1,title=Login to \"apps\"}");
    assert_one("Negotiate, NTLM, Basic realm=\"a, b\"", "Negotiate{}NTLM{}Basic{realm=a, b}");
    assert_one("Negotiate abc==, Digest nonce=\"n\", realm=\"Basic x=y\"",
               "Negotiate(abc==){}Digest{nonce=n,realm=Basic x=y}");
}

static void several_fields_are_read_in_order(void **state)
{
    (void)state;
    const char *values[] = {"Digest realm=\"a\"", "nonce=stray, Basic realm=b", ""};

    assert_challenges(COUNT_OF(values), values, "Digest{realm=a}Basic{realm=b}");
}

static void what_is_no_challenge_is_passed_over(void **state)
{
    (void)state;
    assert_one("", "");
    assert_one(",, ,", "");
    assert_one("realm=\"x\"", "");
    assert_one("=", "");
    assert_one("\"Basic\"", "");
    assert_one("Basic realm=\"x\", @@@, charset=UTF-8", "Basic{realm=x,charset=UTF-8}");
    assert_one("Basic realm=\"x\"y", "");
    assert_one("Basic a b", "");
    assert_one("B\xC3\xA4sic x=y", "");
    assert_one("Digest x=@, Basic realm=y", "Basic{realm=y}");
}

static void a_quoted_string_may_hide_anything_and_end_nowhere(void **state)
{
    (void)state;
    assert_one("Basic realm=\"\\\"a\\\\,\\b\"", "Basic{realm=\"a\\,b}");
    assert_one("Basic realm=\"", "Basic{realm=}");
    assert_one("Basic realm=\"x, Digest nonce=n", "Basic{realm=x, Digest nonce=n}");
    assert_one("Basic realm=\"x\\", "Basic{realm=x\\}");
}

static void a_field_without_a_scheme_has_parameters(void **state)
{
    (void)state;
    ah_arena arena = {0};

    const ahttp_pair *params =
        ah_challenge_params(AH_STR("nextnonce=\"a,b\", junk, qop=auth , NC=00000001"), &arena);

    assert_string_equal(ah_params_find(params, "nextnonce"), "a,b");
    assert_string_equal(ah_params_find(params, "qop"), "auth");
    assert_string_equal(ah_params_find(params, "nc"), "00000001");
    assert_null(params[3].name);
    ah_arena_release(&arena);
}

static uint64_t cost_of_reading(const ahttp_headers *headers)
{
    ah_arena arena = {0};
    const ah_challenge *challenges;
    size_t count;

    uint64_t before = cost_so_far();
    assert_true(ah_challenges_read(headers, asks, &arena, &challenges, &count));
    uint64_t cost = cost_so_far() - before;

    ah_arena_release(&arena);
    return cost;
}

/* A field of so many bytes, part again and again.  The least of several times, for where only the
   time is known. */
static uint64_t cost_of(const char *part, size_t len)
{
    ah_arena arena = {0};
    ahttp_headers headers;
    ah_buf text = {0};
    uint64_t least = UINT64_MAX;

    while (text.len < len)
        ah_buf_append(&text, ah_str_from(part));
    ah_headers_init(&headers, &arena);
    assert_true(ah_headers_add(&headers, asks, ah_buf_str(&text)));
    for (int i = 0; i < 5; i++) {
        uint64_t cost = cost_of_reading(&headers);
        least = cost < least ? cost : least;
    }
    ah_buf_release(&text);
    ah_arena_release(&arena);
    return least;
}

static void what_it_costs_grows_with_the_length_alone(void **state)
{
    static const char *const parts[] = {"Digest ", "a=b,",   "Digest a=\"",  "\\\"",
                                        ", ,,",    "a=\"\\", "x y,",         " =",
                                        "a ",      "\"",     "Basic abc==,", "Digest a=b, "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        uint64_t once = cost_of(parts[i], 4000), more = cost_of(parts[i], 64000);
        if (more > 32 * once + 100000)
            fail_msg("\"%s\": %llu, and of 16 times as much %llu", parts[i],
                     (unsigned long long)once, (unsigned long long)more);
    }
}

static void read_in_little_memory(void *ctx)
{
    ah_arena arena = {0};
    ahttp_headers headers;
    const ah_challenge *challenges;
    size_t count;
    ah_headers_init(&headers, &arena);

    (void)ctx;
    if (ah_headers_add(&headers, asks, AH_STR("Digest a=b, c=\"d\", Basic realm=x")) &&
        ah_challenges_read(&headers, asks, &arena, &challenges, &count))
        assert_int_equal(count, 2);
    ah_arena_release(&arena);
}

static void out_of_memory_is_told(void **state)
{
    (void)state;

    for_each_allocation(read_in_little_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_challenge_is_a_scheme_and_parameters),
        cmocka_unit_test(a_challenge_may_have_a_token_instead),
        cmocka_unit_test(one_field_may_hold_several),
        cmocka_unit_test(several_fields_are_read_in_order),
        cmocka_unit_test(what_is_no_challenge_is_passed_over),
        cmocka_unit_test(a_quoted_string_may_hide_anything_and_end_nowhere),
        cmocka_unit_test(a_field_without_a_scheme_has_parameters),
        cmocka_unit_test(what_it_costs_grows_with_the_length_alone),
        cmocka_unit_test(out_of_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
