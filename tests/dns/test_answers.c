/* SPDX-License-Identifier: MIT */
#include "dns/asking.h"

static void an_answer_is_kept_as_long_as_its_shortest_record_lives(void **state)
{
    fixture *self = *state;

    resolved(self, "both.test");
    ahttp_loop_advance(self->loop, 39999);
    resolved(self, "both.test");
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_A), 1);
    ahttp_loop_advance(self->loop, 1);
    resolved(self, "both.test");

    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_A), 2);
}

static void an_alias_that_lives_shorter_counts(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "alias.test"), "192.0.2.7:80");
    ahttp_loop_advance(self->loop, 5000);
    resolved(self, "alias.test");

    assert_int_equal(dns_server_asked(self->server, "alias.test", DNS_A), 2);
}

static void no_answer_is_kept_longer_than_the_option_says(void **state)
{
    fixture *self = *state;

    resolved(self, "only4.test");
    ahttp_loop_advance(self->loop, 99999);
    resolved(self, "only4.test");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
    ahttp_loop_advance(self->loop, 1);
    resolved(self, "only4.test");

    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 2);
}

static void without_a_cache_each_look_up_asks(void **state)
{
    fixture other = *(fixture *)*state;

    other.resolver = make_resolver(other.loop, dns_server_text(other.server), 0);
    resolved(&other, "only4.test");
    resolved(&other, "only4.test");
    ahttp_resolver_unref(other.resolver);

    assert_int_equal(dns_server_asked(other.server, "only4.test", DNS_A), 2);
}

static void an_answer_that_may_not_be_kept_is_not(void **state)
{
    fixture *self = *state;

    resolved(self, "volatile.test");
    resolved(self, "volatile.test");

    assert_int_equal(dns_server_asked(self->server, "volatile.test", DNS_A), 2);
}

static void with_both_times_endless_an_answer_is_kept_for_ever(void **state)
{
    fixture other = *(fixture *)*state;
    const ah_resolver_options options = {.servers = dns_server_text(other.server),
                                         .cache_ms = INT64_MAX,
                                         .min_cache_ms = INT64_MAX,
                                         .query_timeout_ms = PATIENT_MS,
                                         .system = AH_SYSTEM_NEVER};

    other.resolver = ah_resolver_new(other.loop, &options);
    resolved(&other, "only4.test");
    ahttp_loop_advance(other.loop, INT64_C(1000) * 365 * 24 * 3600 * 1000);
    assert_string_equal(resolved(&other, "only4.test"), "192.0.2.4:80");
    assert_int_equal(dns_server_asked(other.server, "only4.test", DNS_A), 1);
    ahttp_resolver_forget(other.resolver, "only4.test");
    resolved(&other, "only4.test");

    assert_int_equal(dns_server_asked(other.server, "only4.test", DNS_A), 2);
    ahttp_resolver_unref(other.resolver);
}

static void addresses_take_turns_at_being_the_first(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "many.test"), "192.0.2.1:80 192.0.2.2:80 192.0.2.3:80");
    assert_string_equal(resolved(self, "many.test"), "192.0.2.2:80 192.0.2.3:80 192.0.2.1:80");
    assert_string_equal(resolved(self, "many.test"), "192.0.2.3:80 192.0.2.1:80 192.0.2.2:80");
    assert_string_equal(resolved(self, "many.test"), "192.0.2.1:80 192.0.2.2:80 192.0.2.3:80");
}

static void that_a_name_does_not_exist_is_remembered_for_a_second(void **state)
{
    fixture *self = *state;

    resolved(self, "no.such.host");
    ahttp_loop_advance(self->loop, 999);
    assert_string_equal(resolved(self, "no.such.host"),
                        "resolve no.such.host: domain name not found");
    assert_int_equal(dns_server_asked(self->server, "no.such.host", DNS_A), 1);
    ahttp_loop_advance(self->loop, 1);
    resolved(self, "no.such.host");

    assert_int_equal(dns_server_asked(self->server, "no.such.host", DNS_A), 2);
}

/* Asks twice within a second, and once more after it. */
static void assert_is_remembered(fixture *self, const char *host)
{
    char first[400];

    snprintf(first, sizeof first, "%s", resolved(self, host));
    assert_non_null(strstr(first, "resolve "));
    size_t asked = dns_server_asked(self->server, host, DNS_A);
    ahttp_loop_advance(self->loop, 999);
    assert_string_equal(resolved(self, host), first);
    assert_int_equal(dns_server_asked(self->server, host, DNS_A), asked);
    ahttp_loop_advance(self->loop, 1);
    resolved(self, host);

    assert_int_equal(dns_server_asked(self->server, host, DNS_A), 2 * asked);
}

static void that_a_server_failed_is_remembered_for_a_second(void **state)
{
    assert_is_remembered(*state, "fails.test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_answer_is_kept_as_long_as_its_shortest_record_lives),
        WITH_SERVER(an_alias_that_lives_shorter_counts),
        WITH_SERVER(no_answer_is_kept_longer_than_the_option_says),
        WITH_SERVER(without_a_cache_each_look_up_asks),
        WITH_SERVER(an_answer_that_may_not_be_kept_is_not),
        WITH_SERVER(with_both_times_endless_an_answer_is_kept_for_ever),
        WITH_SERVER(addresses_take_turns_at_being_the_first),
        WITH_SERVER(that_a_name_does_not_exist_is_remembered_for_a_second),
        WITH_SERVER(that_a_server_failed_is_remembered_for_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
