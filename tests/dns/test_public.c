/* SPDX-License-Identifier: MIT */
/* Resolvers that programs make, with a name server. */
#include "dns/asking.h"

#include "support/failing_alloc.h"

typedef struct answer {
    int calls;
    int code;
    char text[200];
} answer;

static void note(ahttp_future *future, void *ctx)
{
    answer *it = ctx;
    const ahttp_error *error = ahttp_future_error(future);
    ahttp_addresses *list = ahttp_future_take(future);

    it->calls++;
    it->code = error ? error->code : 0;
    snprintf(it->text, sizeof it->text, "%s",
             error ? error->message : ahttp_addresses_get(list, 0));
    ahttp_addresses_free(list);
}

static const char *first_of(const fixture *self, ahttp_resolver *resolver, const char *host)
{
    static answer it;

    it = (answer){0};
    ahttp_then(ahttp_resolver_lookup(resolver, host, 0, AHTTP_FAMILY_ANY), note, &it);
    ahttp_loop_run(self->loop);
    assert_int_equal(it.calls, 1);
    return it.text;
}

static void own_servers_are_asked_and_answers_remembered_until_forgotten(void **state)
{
    fixture *self = *state;
    ahttp_resolver *resolver = ahttp_resolver_new(.servers = dns_server_text(self->server),
                                                  .query_timeout_ms = PATIENT_MS, .tries = 1);

    assert_string_equal(first_of(self, resolver, "only4.test"), "192.0.2.4");
    assert_string_equal(first_of(self, resolver, "only4.test"), "192.0.2.4");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 1);
    ahttp_resolver_forget(resolver, "only4.test");
    assert_string_equal(first_of(self, resolver, "only4.test"), "192.0.2.4");
    assert_int_equal(dns_server_asked(self->server, "only4.test", DNS_A), 2);
    ahttp_resolver_unref(resolver);
}

static void own_servers_are_asked_for_local_names_too(void **state)
{
    fixture *self = *state;
    ahttp_resolver *resolver = ahttp_resolver_new(.servers = dns_server_text(self->server),
                                                  .query_timeout_ms = PATIENT_MS, .tries = 1);

    assert_string_equal(first_of(self, resolver, "printer.local"),
                        "resolve printer.local: domain name not found");
    assert_int_equal(dns_server_asked(self->server, "printer.local", DNS_A), 1);
    ahttp_resolver_unref(resolver);
}

static void a_shortest_time_holds_where_records_live_less(void **state)
{
    fixture *self = *state;
    ahttp_resolver *resolver =
        ahttp_resolver_new(.servers = dns_server_text(self->server), .tries = 1,
                           .query_timeout_ms = PATIENT_MS, .min_cache_ms = 3000);

    first_of(self, resolver, "volatile.test");
    ahttp_loop_advance(self->loop, 2999);
    ahttp_loop_run(self->loop);
    first_of(self, resolver, "volatile.test");
    assert_int_equal(dns_server_asked(self->server, "volatile.test", DNS_A), 1);
    ahttp_loop_advance(self->loop, 1);
    ahttp_loop_run(self->loop);
    first_of(self, resolver, "volatile.test");
    assert_int_equal(dns_server_asked(self->server, "volatile.test", DNS_A), 2);
    ahttp_resolver_unref(resolver);
}

static void a_look_up_holds_its_resolver(void **state)
{
    fixture *self = *state;
    ahttp_resolver *resolver = ahttp_resolver_new(.servers = dns_server_text(self->server),
                                                  .query_timeout_ms = PATIENT_MS, .tries = 1);
    answer it = {0};

    ahttp_then(ahttp_resolver_lookup(resolver, "both.test", 0, AHTTP_FAMILY_ANY), note, &it);
    ahttp_resolver_unref(resolver);
    ahttp_loop_run(self->loop);

    assert_string_equal(it.text, "2001:db8::1");
}

static void a_loop_that_closes_ends_look_ups_and_sockets(void **state)
{
    fixture *self = *state;
    ahttp_loop *own = ahttp_loop_new(.virtual_clock = true);
    ahttp_resolver *resolver =
        ahttp_resolver_new(.loop = own, .servers = dns_server_text(self->server),
                           .query_timeout_ms = PATIENT_MS);
    answer it = {0};

    ahttp_then(ahttp_resolver_lookup(resolver, "silent.test", 0, AHTTP_FAMILY_ANY), note, &it);
    uv_run(ahttp_loop_uv(own), UV_RUN_NOWAIT);
    assert_int_equal(ahttp_loop_close(own), 0);

    assert_int_equal(it.calls, 1);
    assert_int_equal(it.code, AHTTP_E_CLOSED);
    ahttp_resolver_unref(resolver);
}

static void look_up_twice(void *ctx)
{
    fixture self = {.server = ctx, .loop = ahttp_loop_new(.virtual_clock = true)};

    if (!self.loop)
        return;
    ahttp_resolver *resolver =
        ahttp_resolver_new(.loop = self.loop, .servers = dns_server_text(self.server), .tries = 1,
                           .query_timeout_ms = PATIENT_MS);
    for (int i = 0; resolver && i < 2; i++) {
        const char *text = first_of(&self, resolver, "only4.test");
        assert_true(strcmp(text, "out of memory") == 0 || strcmp(text, "192.0.2.4") == 0);
    }
    ahttp_resolver_unref(resolver);
    assert_int_equal(ahttp_loop_close(self.loop), 0);
}

static void running_out_of_memory_is_an_answer_like_others(void **state)
{
    fixture *self = *state;

    for_each_allocation(look_up_twice, self->server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(own_servers_are_asked_and_answers_remembered_until_forgotten),
        WITH_SERVER(own_servers_are_asked_for_local_names_too),
        WITH_SERVER(a_shortest_time_holds_where_records_live_less),
        WITH_SERVER(a_look_up_holds_its_resolver),
        WITH_SERVER(a_loop_that_closes_ends_look_ups_and_sockets),
        WITH_SERVER(running_out_of_memory_is_an_answer_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
