/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "dns/resolver.h"
#include "support/dns_server.h"
#include "support/failing_alloc.h"
#include "support/open_fds.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* Long enough that no try is repeated on a slow machine. */
enum { PATIENT_MS = 60000 };

static const dns_rule rules[] = {
    {"both.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.1", "192.0.2.2"}, NULL, 0},
    {"both.test", DNS_AAAA, DNS_ANSWERS, 40, {"2001:db8::1"}, NULL, 0},
    {"only4.test", DNS_A, DNS_ANSWERS, 300, {"192.0.2.4"}, NULL, 0},
    {"many.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.1", "192.0.2.2", "192.0.2.3"}, NULL, 0},
    {"empty.test", DNS_A, DNS_ANSWERS, 60, {NULL}, NULL, 0},
    {"empty.test", DNS_AAAA, DNS_ANSWERS, 60, {NULL}, NULL, 0},
    {"fails.test", DNS_A, DNS_FAILS, 0, {NULL}, NULL, 0},
    {"fails.test", DNS_AAAA, DNS_FAILS, 0, {NULL}, NULL, 0},
    {"half.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.5"}, NULL, 0},
    {"half.test", DNS_AAAA, DNS_FAILS, 0, {NULL}, NULL, 0},
    {"silent6.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.6"}, NULL, 0},
    {"silent6.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_A, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"silent.test", DNS_AAAA, DNS_SILENT, 0, {NULL}, NULL, 0},
    {"alias.test", DNS_A, DNS_ANSWERS, 300, {"192.0.2.7"}, "target.test", 5},
    {"volatile.test", DNS_A, DNS_ANSWERS, 0, {"192.0.2.8"}, NULL, 0},
    {"large.test", DNS_A, DNS_OVER_TCP, 60, {"192.0.2.9"}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

static const dns_rule hanging_up[] = {
    {"large.test", DNS_A, DNS_HANGS_UP, 60, {"192.0.2.9"}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

typedef struct fixture {
    size_t fds;
    dns_server *server;
    ahttp_loop *loop;
    ah_resolver *resolver;
} fixture;

/* One look-up and what came of it. */
typedef struct asker {
    ah_lookup lookup;
    int calls;
    char text[400]; /* "[::1]:80 127.0.0.1:80", or the message of the error */
    int code;
    int cause;
} asker;

static void note_answer(ah_lookup *lookup, const ah_address *addresses, size_t count,
                        ahttp_error *error)
{
    asker *self = AH_CONTAINER(lookup, asker, lookup);
    char each[AH_ADDRESS_TEXT];
    size_t len = 0;

    self->calls++;
    assert_true((count > 0) == (error == NULL));
    for (size_t i = 0; i < count; i++) {
        ah_address_format(&addresses[i], each);
        len +=
            (size_t)snprintf(self->text + len, sizeof self->text - len, "%s%s", i ? " " : "", each);
    }
    if (error) {
        snprintf(self->text, sizeof self->text, "%s", error->message);
        self->code = error->code;
        self->cause = error->cause;
        ah_error_free(error);
    }
}

static ah_resolver *make_resolver(ahttp_loop *loop, const char *servers, int64_t cache_ms)
{
    ahttp_error *error = NULL;
    const ah_resolver_options options = {
        .servers = servers, .cache_ms = cache_ms, .query_timeout_ms = PATIENT_MS, .tries = 1};
    ah_resolver *resolver = ah_resolver_new(loop, &options, &error);

    ah_error_free(resolver ? NULL : error);
    return resolver;
}

static int start(void **state, const dns_rule *table)
{
    fixture *self = calloc(1, sizeof *self);

    self->loop = ahttp_loop_new(.virtual_clock = true);
    self->fds = count_open_fds();
    self->server = dns_server_start(table);
    self->resolver = make_resolver(self->loop, dns_server_text(self->server), 100000);
    *state = self;
    return 0;
}

static int setup(void **state)
{
    return start(state, rules);
}

static int setup_hanging_up(void **state)
{
    return start(state, hanging_up);
}

static int teardown(void **state)
{
    fixture *self = *state;

    ah_resolver_close(self->resolver);
    dns_server_stop(self->server);
    assert_int_equal(count_open_fds(), self->fds);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    free(self);
    return 0;
}

static void ask(const fixture *self, asker *asking, const char *host, ah_family family)
{
    *asking = (struct asker){.calls = 0};
    ah_resolver_lookup(self->resolver, &asking->lookup, ah_str_from(host), 80, family, note_answer);
    assert_int_equal(asking->calls, 0);
}

/* Asks, and runs the loop until nothing is left to do. */
static const char *resolved_as(const fixture *self, const char *host, ah_family family)
{
    static asker asking;

    ask(self, &asking, host, family);
    ahttp_loop_run(self->loop);
    assert_int_equal(asking.calls, 1);
    return asking.text;
}

static const char *resolved(const fixture *self, const char *host)
{
    return resolved_as(self, host, AH_FAMILY_ANY);
}

/* ---- Without a server ---- */

static void an_address_is_answered_without_a_server(void **state)
{
    fixture *self = *state;
    size_t fds = count_open_fds();

    assert_string_equal(resolved(self, "192.0.2.33"), "192.0.2.33:80");
    assert_string_equal(resolved(self, "2001:db8::33"), "[2001:db8::33]:80");
    assert_int_equal(count_open_fds(), fds);
}

static void localhost_is_answered_without_a_server(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "localhost"), "[::1]:80 127.0.0.1:80");
    assert_string_equal(resolved(self, "my.LocalHost."), "[::1]:80 127.0.0.1:80");
    assert_string_equal(resolved_as(self, "localhost", AH_FAMILY_V4), "127.0.0.1:80");
    assert_string_equal(resolved_as(self, "localhost", AH_FAMILY_V6), "[::1]:80");
    assert_int_equal(dns_server_asked(self->server, "my.localhost", DNS_A), 0);
}

static void a_name_that_only_ends_like_localhost_is_asked_for(void **state)
{
    fixture *self = *state;

    resolved(self, "notlocalhost");

    assert_int_equal(dns_server_asked(self->server, "notlocalhost", DNS_A), 1);
}

static void an_address_of_the_other_family_is_refused(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved_as(self, "192.0.2.1", AH_FAMILY_V6),
                        "resolve 192.0.2.1: not an IPv6 address");
    assert_string_equal(resolved_as(self, "::1", AH_FAMILY_V4), "resolve ::1: not an IPv4 address");
}

static void what_is_neither_address_nor_name_is_refused(void **state)
{
    static const char *const hosts[] = {"2130706433", "017700000001", "127.1", "1.2.3.4.5", "::g"};
    fixture *self = *state;
    char expected[100];

    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        snprintf(expected, sizeof expected, "resolve %s: neither an address nor a name", hosts[i]);
        assert_string_equal(resolved(self, hosts[i]), expected);
        assert_int_equal(dns_server_asked(self->server, hosts[i], DNS_A), 0);
    }
}

static void a_name_has_1_to_254_bytes(void **state)
{
    fixture *self = *state;
    char host[256];

    memset(host, 'a', sizeof host);
    host[255] = '\0';

    assert_string_equal(resolved(self, ""), "resolve host: not a name of 1 to 254 bytes");
    assert_string_equal(resolved(self, host), "resolve host: not a name of 1 to 254 bytes");
}

static void an_answer_that_waits_can_be_cancelled(void **state)
{
    fixture *self = *state;
    asker good;
    asker bad;

    ask(self, &good, "192.0.2.33", AH_FAMILY_ANY);
    ask(self, &bad, "127.1", AH_FAMILY_ANY);
    ah_lookup_cancel(&good.lookup);
    ah_lookup_cancel(&bad.lookup);
    ahttp_loop_run(self->loop);

    assert_int_equal(good.calls, 0);
    assert_int_equal(bad.calls, 0);
}

/* ---- With a server ---- */

static void families_come_by_turns_ipv6_first(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "both.test"), "[2001:db8::1]:80 192.0.2.1:80 192.0.2.2:80");
}

static void one_family_can_be_asked_for_alone(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved_as(self, "both.test", AH_FAMILY_V6), "[2001:db8::1]:80");
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_A), 0);
    assert_string_equal(resolved_as(self, "both.test", AH_FAMILY_V4), "192.0.2.1:80 192.0.2.2:80");
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_AAAA), 1);
}

static void a_family_that_has_no_data_or_fails_does_not_concern_the_other(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "only4.test"), "192.0.2.4:80");
    assert_string_equal(resolved(self, "half.test"), "192.0.2.5:80");
}

static void a_name_that_does_not_exist_is_a_dns_error(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "no.such.host", AH_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    assert_int_equal(asking.code, AHTTP_E_DNS);
    assert_int_equal(asking.cause, 4); /* ARES_ENOTFOUND */
    assert_string_equal(asking.text, "resolve no.such.host: domain name not found");
}

static void no_data_and_server_failure_are_dns_errors(void **state)
{
    fixture *self = *state;
    asker asking;

    assert_string_equal(resolved(self, "empty.test"),
                        "resolve empty.test: DNS server returned answer with no data");
    ask(self, &asking, "fails.test", AH_FAMILY_ANY);
    ahttp_loop_run(self->loop);
    assert_int_equal(asking.code, AHTTP_E_DNS);
    assert_true(ah_str_starts_with(ah_str_from(asking.text), AH_STR("resolve fails.test: ")));
}

static void nobody_at_the_servers_address_is_a_dns_error(void **state)
{
    fixture *self = *state;
    char closed_port[32];
    dns_server *gone = dns_server_start(rules);
    fixture other = *self;

    snprintf(closed_port, sizeof closed_port, "%s", dns_server_text(gone));
    dns_server_stop(gone);
    other.resolver = make_resolver(self->loop, closed_port, 0);

    assert_string_equal(resolved(&other, "both.test"),
                        "resolve both.test: could not contact DNS servers");
    ah_resolver_close(other.resolver);
}

static void wrong_servers_are_reported_by_the_first_look_up(void **state)
{
    fixture other = *(fixture *)*state;

    other.resolver = make_resolver(other.loop, "not an address", 0);

    assert_string_equal(resolved(&other, "127.0.0.1"), "127.0.0.1:80");
    assert_string_equal(resolved(&other, "both.test"),
                        "use DNS servers \"not an address\": misformatted string");
    ah_resolver_close(other.resolver);
}

static void a_truncated_answer_comes_over_tcp(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved_as(self, "large.test", AH_FAMILY_V4), "192.0.2.9:80");
}

static void a_server_that_hangs_up_does_not_end_the_program(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "large.test", AH_FAMILY_V4);
    ahttp_loop_run(self->loop);

    assert_int_equal(asking.code, AHTTP_E_DNS);
}

static void the_second_family_gets_50_ms_after_the_first(void **state)
{
    fixture *self = *state;
    int64_t started_ms = ahttp_loop_now(self->loop);
    asker asking;

    ask(self, &asking, "silent6.test", AH_FAMILY_ANY);
    while (asking.calls == 0) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        ahttp_loop_advance(self->loop, 1);
    }

    assert_string_equal(asking.text, "192.0.2.6:80");
    assert_true(ahttp_loop_now(self->loop) - started_ms >= 50);
    assert_string_equal(resolved(self, "silent6.test"), "192.0.2.6:80");
    assert_int_equal(dns_server_asked(self->server, "silent6.test", DNS_A), 1);
}

/* ---- Shared queries ---- */

static void many_askers_share_one_query(void **state)
{
    fixture *self = *state;
    asker askings[20];

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        ask(self, &askings[i], i % 2 ? "both.test" : "BOTH.test", AH_FAMILY_ANY);
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
        ask(self, &askings[i], "no.such.host", AH_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        assert_int_equal(askings[i].code, AHTTP_E_DNS);
}

static void cancelling_one_asker_does_not_concern_the_others(void **state)
{
    fixture *self = *state;
    asker first;
    asker second;

    ask(self, &first, "only4.test", AH_FAMILY_ANY);
    ask(self, &second, "only4.test", AH_FAMILY_ANY);
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

    ah_resolver_lookup(self->resolver, &both.first.lookup, AH_STR("only4.test"), 80, AH_FAMILY_ANY,
                       note_and_cancel_second);
    ask(self, &both.second, "only4.test", AH_FAMILY_ANY);
    ahttp_loop_run(self->loop);

    assert_int_equal(both.first.calls, 1);
    assert_int_equal(both.second.calls, 0);
}

static void the_loop_does_not_wait_for_a_query_that_nobody_wants(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "silent.test", AH_FAMILY_ANY);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_lookup_cancel(&asking.lookup);
    ahttp_loop_run(self->loop);

    assert_int_equal(asking.calls, 0);
}

static void a_query_that_nobody_wants_fills_the_cache(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "only4.test", AH_FAMILY_ANY);
    ah_lookup_cancel(&asking.lookup);
    resolved(self, "both.test");

    assert_string_equal(resolved(self, "only4.test"), "192.0.2.4:80");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
}

static void a_query_that_was_left_can_be_joined(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "only4.test", AH_FAMILY_ANY);
    ah_lookup_cancel(&asking.lookup);

    assert_string_equal(resolved(self, "only4.test"), "192.0.2.4:80");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
}

/* ---- The cache ---- */

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
    ah_resolver_close(other.resolver);

    assert_int_equal(dns_server_asked(other.server, "only4.test", DNS_A), 2);
}

static void an_answer_that_may_not_be_kept_is_not(void **state)
{
    fixture *self = *state;

    resolved(self, "volatile.test");
    resolved(self, "volatile.test");

    assert_int_equal(dns_server_asked(self->server, "volatile.test", DNS_A), 2);
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

static void that_a_server_failed_is_not_remembered(void **state)
{
    fixture *self = *state;

    resolved(self, "fails.test");
    size_t asked = dns_server_asked(self->server, "fails.test", DNS_A);
    resolved(self, "fails.test");

    assert_int_equal(dns_server_asked(self->server, "fails.test", DNS_A), 2 * asked);
}

/* ---- Endings ---- */

static void a_resolver_may_be_closed_while_a_query_goes_on(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "silent.test", AH_FAMILY_ANY);
    uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
    ah_lookup_cancel(&asking.lookup);

    assert_int_equal(asking.calls, 0);
}

typedef struct closer {
    asker asking;
    ah_resolver *resolver;
} closer;

static void note_and_close(ah_lookup *lookup, const ah_address *addresses, size_t count,
                           ahttp_error *error)
{
    closer *self = AH_CONTAINER(lookup, closer, asking.lookup);

    ah_resolver_close(self->resolver);
    note_answer(lookup, addresses, count, error);
}

static void a_resolver_may_be_closed_by_whom_it_answers(void **state)
{
    fixture *self = *state;
    closer closing = {.resolver = make_resolver(self->loop, dns_server_text(self->server), 1000)};

    ah_resolver_lookup(closing.resolver, &closing.asking.lookup, AH_STR("both.test"), 80,
                       AH_FAMILY_ANY, note_and_close);
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
        ah_resolver_close(self.resolver);
    }
    assert_int_equal(ahttp_loop_close(self.loop), 0);
}

static void running_out_of_memory_is_an_answer_like_others(void **state)
{
    fixture *self = *state;

    for_each_allocation(resolve_some, self->server);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(an_address_is_answered_without_a_server),
        WITH_SERVER(localhost_is_answered_without_a_server),
        WITH_SERVER(a_name_that_only_ends_like_localhost_is_asked_for),
        WITH_SERVER(an_address_of_the_other_family_is_refused),
        WITH_SERVER(what_is_neither_address_nor_name_is_refused),
        WITH_SERVER(a_name_has_1_to_254_bytes),
        WITH_SERVER(an_answer_that_waits_can_be_cancelled),
        WITH_SERVER(families_come_by_turns_ipv6_first),
        WITH_SERVER(one_family_can_be_asked_for_alone),
        WITH_SERVER(a_family_that_has_no_data_or_fails_does_not_concern_the_other),
        WITH_SERVER(a_name_that_does_not_exist_is_a_dns_error),
        WITH_SERVER(no_data_and_server_failure_are_dns_errors),
        WITH_SERVER(nobody_at_the_servers_address_is_a_dns_error),
        WITH_SERVER(wrong_servers_are_reported_by_the_first_look_up),
        WITH_SERVER(a_truncated_answer_comes_over_tcp),
        cmocka_unit_test_setup_teardown(a_server_that_hangs_up_does_not_end_the_program,
                                        setup_hanging_up, teardown),
        WITH_SERVER(the_second_family_gets_50_ms_after_the_first),
        WITH_SERVER(many_askers_share_one_query),
        WITH_SERVER(a_failure_reaches_all_askers),
        WITH_SERVER(cancelling_one_asker_does_not_concern_the_others),
        WITH_SERVER(an_asker_may_cancel_another_when_it_is_answered),
        WITH_SERVER(the_loop_does_not_wait_for_a_query_that_nobody_wants),
        WITH_SERVER(a_query_that_nobody_wants_fills_the_cache),
        WITH_SERVER(a_query_that_was_left_can_be_joined),
        WITH_SERVER(an_answer_is_kept_as_long_as_its_shortest_record_lives),
        WITH_SERVER(an_alias_that_lives_shorter_counts),
        WITH_SERVER(no_answer_is_kept_longer_than_the_option_says),
        WITH_SERVER(without_a_cache_each_look_up_asks),
        WITH_SERVER(an_answer_that_may_not_be_kept_is_not),
        WITH_SERVER(addresses_take_turns_at_being_the_first),
        WITH_SERVER(that_a_name_does_not_exist_is_remembered_for_a_second),
        WITH_SERVER(that_a_server_failed_is_not_remembered),
        WITH_SERVER(a_resolver_may_be_closed_while_a_query_goes_on),
        WITH_SERVER(a_resolver_may_be_closed_by_whom_it_answers),
        WITH_SERVER(running_out_of_memory_is_an_answer_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
