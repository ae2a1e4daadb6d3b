/* SPDX-License-Identifier: MIT */
#include "dns/asking.h"

#include "support/failing_alloc.h"

static void many_askers_share_one_query(void **state)
{
    fixture *self = *state;
    asker askings[20];

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        ask(self, &askings[i], i % 2 ? "both.test" : "BOTH.test", AHTTP_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        assert_string_equal(askings[i].text, "[2001:db8::1]:80 192.0.2.1:80 192.0.2.2:80");
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_A), 1);
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_AAAA), 1);
}

static void a_failure_reaches_all_askers(void **state)
{
    fixture *self = *state;
    asker askings[3];

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        ask(self, &askings[i], "no.such.host", AHTTP_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        assert_int_equal(askings[i].code, AHTTP_E_DNS);
}

static void cancelling_one_asker_does_not_concern_the_others(void **state)
{
    fixture *self = *state;
    asker first;
    asker second;

    ask(self, &first, "only4.test", AHTTP_FAMILY_ANY);
    ask(self, &second, "only4.test", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&first.lookup);
    ahttp_loop_run(self->loop);
    ah_lookup_cancel(&second.lookup);

    assert_int_equal(first.calls, 0);
    assert_string_equal(second.text, "192.0.2.4:80");
}

typedef struct pair_of_askings {
    asker first;
    asker second;
} pair_of_askings;

static void note_and_cancel_second(ah_lookup *lookup, const ah_address *addresses, size_t count,
                                   ahttp_error *error)
{
    pair_of_askings *both = AH_CONTAINER(lookup, pair_of_askings, first.lookup);

    note_answer(lookup, addresses, count, error);
    ah_lookup_cancel(&both->second.lookup);
}

static void an_asker_may_cancel_another_when_it_is_answered(void **state)
{
    fixture *self = *state;
    pair_of_askings both = {0};

    ah_resolver_lookup(self->resolver, &both.first.lookup, AH_STR("only4.test"), 80,
                       AHTTP_FAMILY_ANY, note_and_cancel_second);
    ask(self, &both.second, "only4.test", AHTTP_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    assert_int_equal(both.first.calls, 1);
    assert_int_equal(both.second.calls, 0);
}

static void the_loop_does_not_wait_for_a_query_that_nobody_wants(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "silent.test", AHTTP_FAMILY_ANY);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_lookup_cancel(&asking.lookup);
    ahttp_loop_run(self->loop);

    assert_int_equal(asking.calls, 0);
}

static void a_query_that_nobody_wants_fills_the_cache(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "only4.test", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&asking.lookup);
    resolved(self, "both.test");

    assert_string_equal(resolved(self, "only4.test"), "192.0.2.4:80");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
}

static void a_query_that_was_left_can_be_joined(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "only4.test", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&asking.lookup);

    assert_string_equal(resolved(self, "only4.test"), "192.0.2.4:80");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
}

/* ---- Endings ---- */

static void a_resolver_may_be_closed_while_a_query_goes_on(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "silent.test", AHTTP_FAMILY_ANY);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_lookup_cancel(&asking.lookup);

    assert_int_equal(asking.calls, 0);
}

typedef struct closer {
    asker asking;
    ahttp_resolver *resolver;
} closer;

static void note_and_close(ah_lookup *lookup, const ah_address *addresses, size_t count,
                           ahttp_error *error)
{
    closer *self = AH_CONTAINER(lookup, closer, asking.lookup);

    ahttp_resolver_unref(self->resolver);
    note_answer(lookup, addresses, count, error);
}

static void a_resolver_may_be_closed_by_whom_it_answers(void **state)
{
    fixture *self = *state;
    closer closing = {.resolver = make_resolver(self->loop, dns_server_text(self->server), 1000)};

    ah_resolver_lookup(closing.resolver, &closing.asking.lookup, AH_STR("both.test"), 80,
                       AHTTP_FAMILY_ANY, note_and_close);
    ahttp_loop_run(self->loop);

    assert_string_equal(closing.asking.text, "[2001:db8::1]:80 192.0.2.1:80 192.0.2.2:80");
}

static bool is_out_of_memory_or(const char *text, const char *expected)
{
    return strcmp(text, "out of memory") == 0 || strstr(text, expected) != NULL;
}

/* Without memory for one family, the other still counts. */
static void resolve_some(void *ctx)
{
    fixture self = {.server = ctx, .loop = ahttp_loop_new(.virtual_clock = true)};

    if (!self.loop)
        return;
    self.resolver = make_resolver(self.loop, dns_server_text(self.server), 1000);
    if (self.resolver) {
        for (int i = 0; i < 2; i++) {
            const char *text = resolved(&self, "both.test");
            assert_true(is_out_of_memory_or(text, "[2001:db8::1]:80") ||
                        is_out_of_memory_or(text, "192.0.2.1:80"));
            assert_true(is_out_of_memory_or(resolved(&self, "no.such.host"), "name not found"));
        }
        assert_true(is_out_of_memory_or(resolved(&self, "localhost"), "[::1]:80 127.0.0.1:80"));
        assert_true(is_out_of_memory_or(resolved(&self, "127.1"), "neither an address nor a name"));
        ahttp_resolver_unref(self.resolver);
    }
    assert_int_equal(ahttp_loop_close(self.loop), 0);
}

static void running_out_of_memory_is_an_answer_like_others(void **state)
{
    fixture *self = *state;

    for_each_allocation(resolve_some, self->server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(many_askers_share_one_query),
        WITH_SERVER(a_failure_reaches_all_askers),
        WITH_SERVER(cancelling_one_asker_does_not_concern_the_others),
        WITH_SERVER(an_asker_may_cancel_another_when_it_is_answered),
        WITH_SERVER(the_loop_does_not_wait_for_a_query_that_nobody_wants),
        WITH_SERVER(a_query_that_nobody_wants_fills_the_cache),
        WITH_SERVER(a_query_that_was_left_can_be_joined),
        WITH_SERVER(a_resolver_may_be_closed_while_a_query_goes_on),
        WITH_SERVER(a_resolver_may_be_closed_by_whom_it_answers),
        WITH_SERVER(running_out_of_memory_is_an_answer_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
