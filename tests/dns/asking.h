/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DNS_ASKING_H
#define TESTS_DNS_ASKING_H
/* What the tests of the resolver share: a scripted name server, a resolver that asks it on a
   loop with a virtual clock, and asking. */
#include "support/check.h"

#include "dns/resolver.h"
#include "support/dns_server.h"
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
    {"dangling.test", DNS_A, DNS_ANSWERS, 60, {NULL}, "nowhere.test", 60},
    {"dangling.test", DNS_AAAA, DNS_ANSWERS, 60, {NULL}, "nowhere.test", 60},
    {"loop.test", DNS_A, DNS_LOOPS, 60, {NULL}, "pool.test", 60},
    {"loop.test", DNS_AAAA, DNS_LOOPS, 60, {NULL}, "pool.test", 60},
    {"volatile.test", DNS_A, DNS_ANSWERS, 0, {"192.0.2.8"}, NULL, 0},
    {"printer.one.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.101"}, NULL, 0},
    {"printer.another.test", DNS_A, DNS_ANSWERS, 60, {"192.0.2.102"}, NULL, 0},
    {"large.test", DNS_A, DNS_OVER_TCP, 60, {"192.0.2.9"}, NULL, 0},
    {NULL, 0, DNS_ANSWERS, 0, {NULL}, NULL, 0},
};

typedef struct fixture {
    size_t fds;
    dns_server *server;
    ahttp_loop *loop;
    ahttp_resolver *resolver;
} fixture;

/* One look-up and what came of it. */
typedef struct asker {
    ah_lookup lookup;
    int calls;
    char text[400]; /* "[::1]:80 127.0.0.1:80", or the message of the error */
    int code;
    int cause;
} asker;

static inline void note_answer(ah_lookup *lookup, const ah_address *addresses, size_t count,
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

static inline ahttp_resolver *make_resolver(ahttp_loop *loop, const char *servers, int64_t cache_ms)
{
    const ah_resolver_options options = {.servers = servers,
                                         .cache_ms = cache_ms,
                                         .query_timeout_ms = PATIENT_MS,
                                         .tries = 1,
                                         .system = AH_SYSTEM_NEVER};

    return ah_resolver_new(loop, &options);
}

static inline int start(void **state, const dns_rule *table)
{
    fixture *self = calloc(1, sizeof *self);

    self->loop = ahttp_loop_new(.virtual_clock = true);
    self->fds = count_open_fds();
    self->server = dns_server_start(table);
    self->resolver = make_resolver(self->loop, dns_server_text(self->server), 100000);
    *state = self;
    return 0;
}

static inline int setup(void **state)
{
    return start(state, rules);
}

static inline int teardown(void **state)
{
    fixture *self = *state;

    ahttp_resolver_unref(self->resolver);
    dns_server_stop(self->server);
    assert_int_equal(count_open_fds(), self->fds);
    assert_int_equal(ahttp_loop_close(self->loop), 0);
    free(self);
    return 0;
}

static inline void ask(const fixture *self, asker *asking, const char *host, ahttp_family family)
{
    *asking = (struct asker){.calls = 0};
    ah_resolver_lookup(self->resolver, &asking->lookup, ah_str_from(host), 80, family, note_answer);
    assert_int_equal(asking->calls, 0);
}

/* Asks, and runs the loop until nothing is left to do. */
static inline const char *resolved_as(const fixture *self, const char *host, ahttp_family family)
{
    static asker asking;

    ask(self, &asking, host, family);
    ahttp_loop_run(self->loop);
    assert_int_equal(asking.calls, 1);
    return asking.text;
}

static inline const char *resolved(const fixture *self, const char *host)
{
    return resolved_as(self, host, AHTTP_FAMILY_ANY);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
