/* SPDX-License-Identifier: MIT */
#include "dns/asking.h"

#include "support/at_rest.h"
#include "support/skipped_time.h"
#include <unistd.h>

static const dns_rule hanging_up[] = {
    {"large.test", DNS_A, DNS_HANGS_UP, 60, {"192.0.2.9"}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

static int setup_hanging_up(void **state)
{
    return start(state, hanging_up);
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
    assert_string_equal(resolved_as(self, "localhost", AHTTP_FAMILY_IPV4), "127.0.0.1:80");
    assert_string_equal(resolved_as(self, "localhost", AHTTP_FAMILY_IPV6), "[::1]:80");
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

    assert_string_equal(resolved_as(self, "192.0.2.1", AHTTP_FAMILY_IPV6),
                        "resolve 192.0.2.1: not an IPv6 address");
    assert_string_equal(resolved_as(self, "::1", AHTTP_FAMILY_IPV4),
                        "resolve ::1: not an IPv4 address");
}

static void what_is_neither_address_nor_name_is_refused(void **state)
{
    static const char *const hosts[] = {"2130706433", "017700000001", "127.1", "1.2.3.4.5",
                                        "0x7f000001", "0X7F.0.1",     "::g"};
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

    ask(self, &good, "192.0.2.33", AHTTP_FAMILY_ANY);
    ask(self, &bad, "127.1", AHTTP_FAMILY_ANY);
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

    assert_string_equal(resolved_as(self, "both.test", AHTTP_FAMILY_IPV6), "[2001:db8::1]:80");
    assert_int_equal(dns_server_asked(self->server, "both.test", DNS_A), 0);
    assert_string_equal(resolved_as(self, "both.test", AHTTP_FAMILY_IPV4),
                        "192.0.2.1:80 192.0.2.2:80");
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

    ask(self, &asking, "no.such.host", AHTTP_FAMILY_ANY);
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
    ask(self, &asking, "fails.test", AHTTP_FAMILY_ANY);
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
    ahttp_resolver_unref(other.resolver);
}

static void a_server_that_is_gone_is_passed_over_for_the_next(void **state)
{
    fixture *self = *state;
    dns_server *gone = dns_server_start(rules);
    fixture other = *self;
    char servers[80];

    snprintf(servers, sizeof servers, "[::1]%s,%s", strchr(dns_server_text(gone), ':'),
             dns_server_text(self->server));
    dns_server_stop(gone);
    other.resolver = make_resolver(self->loop, servers, 0);

    assert_string_equal(resolved(&other, "only4.test"), "192.0.2.4:80");
    ahttp_resolver_unref(other.resolver);
}

static void asking_a_server_makes_no_thread(void **state)
{
    size_t threads = count_threads();

    resolved(*state, "both.test");

    assert_int_equal(count_threads(), threads);
}

static void wrong_servers_are_reported_by_the_first_look_up(void **state)
{
    fixture other = *(fixture *)*state;

    other.resolver = make_resolver(other.loop, "not an address", 0);

    assert_string_equal(resolved(&other, "127.0.0.1"), "127.0.0.1:80");
    assert_string_equal(resolved(&other, "both.test"),
                        "use DNS servers \"not an address\": misformatted string");
    ahttp_resolver_unref(other.resolver);
}

/* Name server and resolver wait for each other again and again until c-ares gives up. */
static const char *resolved_in_time(const fixture *self, const char *host, int64_t *took_ms)
{
    static asker asking;
    int64_t began_ms = ahttp_loop_now(self->loop);

    ask(self, &asking, host, AHTTP_FAMILY_IPV4);
    while (asking.calls == 0) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        if (asking.calls == 0 && !loop_has_work(ahttp_loop_uv(self->loop)))
            skip_time(self->loop, 100);
    }
    *took_ms = ahttp_loop_now(self->loop) - began_ms;
    return asking.text;
}

static void a_server_that_keeps_silent_is_a_dns_error_in_the_end(void **state)
{
    static const char error[] = "resolve silent.test: timeout while contacting DNS servers";
    fixture other = *(fixture *)*state;
    const ah_resolver_options options = {.servers = dns_server_text(other.server),
                                         .query_timeout_ms = 2000,
                                         .tries = 2,
                                         .cache_ms = 60000,
                                         .system = AH_SYSTEM_NEVER};
    int64_t took_ms;

    other.resolver = ah_resolver_new(other.loop, &options);
    assert_string_equal(resolved_in_time(&other, "silent.test", &took_ms), error);
    assert_in_range(took_ms, 1, 2000 + 4000); /* c-ares counts what really passes, too */
    assert_string_equal(resolved_in_time(&other, "silent.test", &took_ms), error);
    assert_true(took_ms < 100); /* it is remembered, and no time was skipped */

    assert_int_equal(dns_server_asked(other.server, "silent.test", DNS_A), 2);
    ahttp_resolver_unref(other.resolver);
}

static void aliases_that_lead_nowhere_or_round_are_dns_errors(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved(self, "dangling.test"),
                        "resolve dangling.test: DNS server returned answer with no data");
    assert_string_equal(resolved(self, "loop.test"),
                        "resolve loop.test: DNS server returned answer with no data");
    assert_int_equal(dns_server_asked(self->server, "loop.test", DNS_A), 1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void a_configuration_that_has_changed_is_read_anew(void **state)
{
    fixture other = *(fixture *)*state;
    char path[] = "/tmp/test_resolver.XXXXXX";
    const ah_resolver_options options = {.servers = dns_server_text(other.server),
                                         .query_timeout_ms = PATIENT_MS,
                                         .system = AH_SYSTEM_NEVER,
                                         .resolv_conf = path};

    close(mkstemp(path));
    write_file(path, "search one.test\n");
    other.resolver = ah_resolver_new(other.loop, &options);

    assert_string_equal(resolved(&other, "printer"), "192.0.2.101:80");
    write_file(path, "search another.test\n");
    assert_string_equal(resolved(&other, "printer"), "192.0.2.102:80");
    ahttp_resolver_unref(other.resolver);
    unlink(path);
}

static void a_truncated_answer_comes_over_tcp(void **state)
{
    fixture *self = *state;

    assert_string_equal(resolved_as(self, "large.test", AHTTP_FAMILY_IPV4), "192.0.2.9:80");
}

static void a_server_that_hangs_up_does_not_end_the_program(void **state)
{
    fixture *self = *state;
    asker asking;

    ask(self, &asking, "large.test", AHTTP_FAMILY_IPV4);
    ahttp_loop_run(self->loop);

    assert_int_equal(asking.code, AHTTP_E_DNS);
}

static void the_second_family_gets_50_ms_after_the_first(void **state)
{
    fixture *self = *state;
    int64_t started_ms = ahttp_loop_now(self->loop);
    asker asking;

    ask(self, &asking, "silent6.test", AHTTP_FAMILY_ANY);
    while (asking.calls == 0) {
        uv_run(ahttp_loop_uv(self->loop), UV_RUN_NOWAIT);
        ahttp_loop_advance(self->loop, 1);
    }

    assert_string_equal(asking.text, "192.0.2.6:80");
    assert_true(ahttp_loop_now(self->loop) - started_ms >= 50);
    assert_string_equal(resolved(self, "silent6.test"), "192.0.2.6:80");
    assert_int_equal(dns_server_asked(self->server, "silent6.test", DNS_A), 1);
}

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
        WITH_SERVER(a_server_that_is_gone_is_passed_over_for_the_next),
        WITH_SERVER(asking_a_server_makes_no_thread),
        WITH_SERVER(wrong_servers_are_reported_by_the_first_look_up),
        WITH_SERVER(a_server_that_keeps_silent_is_a_dns_error_in_the_end),
        WITH_SERVER(aliases_that_lead_nowhere_or_round_are_dns_errors),
        WITH_SERVER(a_configuration_that_has_changed_is_read_anew),
        WITH_SERVER(a_truncated_answer_comes_over_tcp),
        WITH_SERVER(the_second_family_gets_50_ms_after_the_first),
        cmocka_unit_test_setup_teardown(a_server_that_hangs_up_does_not_end_the_program,
                                        setup_hanging_up, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
