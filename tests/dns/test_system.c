/* SPDX-License-Identifier: MIT */
/* Names that the system's resolver is asked for.  getaddrinfo is replaced in this program, for
   libuv as well: it knows some names, counts, and waits at a gate. */
#include "dns/asking.h"

#include "support/failing_alloc.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <unistd.h>

/* So that a shared libuv finds them. */
#define REPLACES_THE_SYSTEMS __attribute__((visibility("default")))

static atomic_int asked;
static uv_sem_t gate; /* open while it is above 0 */

static struct addrinfo *node_of(int family, const char *text, struct addrinfo *next)
{
    struct sockaddr_in6 *address;
    struct addrinfo *node = calloc(1, sizeof *node + sizeof *address);

    address = (struct sockaddr_in6 *)(node + 1);
    node->ai_family = family;
    node->ai_next = next;
    node->ai_addr = (struct sockaddr *)address;
    node->ai_addr->sa_family = (sa_family_t)family;
    node->ai_addrlen = family == AF_INET6 ? sizeof *address : sizeof(struct sockaddr_in);
    inet_pton(family, text,
              family == AF_INET6 ? (void *)&address->sin6_addr
                                 : (void *)&((struct sockaddr_in *)node->ai_addr)->sin_addr);
    return node;
}

REPLACES_THE_SYSTEMS int getaddrinfo(const char *restrict host, const char *restrict service,
                                     const struct addrinfo *restrict hints,
                                     struct addrinfo **restrict list)
{
    (void)service;
    uv_sem_wait(&gate);
    uv_sem_post(&gate);
    atomic_fetch_add(&asked, 1);
    *list = NULL;
    if (strcmp(host, "busy.local") == 0)
        return EAI_AGAIN;
    if (strcmp(host, "printer.local") != 0 && strcmp(host, "no.such.host") != 0 &&
        strcmp(host, "fails.test") != 0)
        return EAI_NONAME;
    if (hints->ai_family != AF_INET6)
        *list = node_of(AF_INET, "192.0.2.77", *list);
    if (hints->ai_family != AF_INET)
        *list = node_of(AF_INET6, "2001:db8::77", *list);
    return 0;
}

REPLACES_THE_SYSTEMS void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static ahttp_resolver *system_resolver(const fixture *self, ah_system_use use, const char *modules)
{
    char path[] = "/tmp/test_system.XXXXXX";
    int fd = mkstemp(path);
    const ah_resolver_options options = {.servers = dns_server_text(self->server),
                                         .cache_ms = 100000,
                                         .query_timeout_ms = PATIENT_MS,
                                         .tries = 1,
                                         .system = use,
                                         .nsswitch = path};
    static asker warm_up;
    fixture own = *self;

    dprintf(fd, "hosts: %s\n", modules);
    close(fd);
    own.resolver = ah_resolver_new(self->loop, &options);
    ask(&own, &warm_up, "both.test", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&warm_up.lookup);
    unlink(path);
    return own.resolver;
}

static int open_gate(void **state)
{
    atomic_store(&asked, 0);
    uv_sem_init(&gate, 1);
    return setup(state);
}

static int close_gate(void **state)
{
    int rc = teardown(state);

    uv_sem_destroy(&gate);
    return rc;
}

static fixture with_modules(void **state, const char *modules)
{
    fixture own = *(fixture *)*state;

    own.resolver = system_resolver(&own, AH_SYSTEM_BY_RULE, modules);
    return own;
}

/* ---- Who is asked ---- */

static void local_names_are_asked_of_the_system_alone(void **state)
{
    fixture own = with_modules(state, "files dns");

    assert_string_equal(resolved(&own, "Printer.local"), "[2001:db8::77]:80 192.0.2.77:80");
    assert_string_equal(resolved_as(&own, "printer.local", AHTTP_FAMILY_IPV4), "192.0.2.77:80");
    assert_string_equal(resolved_as(&own, "printer.local", AHTTP_FAMILY_IPV6), "[2001:db8::77]:80");
    assert_int_equal(dns_server_asked(own.server, "printer.local", DNS_A), 0);
    ahttp_resolver_unref(own.resolver);
}

static void other_names_are_not_asked_of_the_system(void **state)
{
    fixture own = with_modules(state, "files mdns4_minimal [NOTFOUND=return] dns");

    assert_string_equal(resolved(&own, "only4.test"), "192.0.2.4:80");
    assert_string_equal(resolved(&own, "no.such.host"),
                        "resolve no.such.host: domain name not found");
    assert_int_equal(atomic_load(&asked), 0);
    ahttp_resolver_unref(own.resolver);
}

static void a_name_that_servers_do_not_have_may_be_the_systems(void **state)
{
    fixture own = with_modules(state, "files dns wins");

    assert_string_equal(resolved(&own, "only4.test"), "192.0.2.4:80");
    assert_int_equal(atomic_load(&asked), 0);
    assert_string_equal(resolved(&own, "no.such.host"), "[2001:db8::77]:80 192.0.2.77:80");
    assert_string_equal(resolved(&own, "fails.test"), "[2001:db8::77]:80 192.0.2.77:80");
    assert_int_equal(atomic_load(&asked), 2);
    ahttp_resolver_unref(own.resolver);
}

static void where_the_system_has_no_answer_either_the_servers_word_counts(void **state)
{
    fixture own = with_modules(state, "files dns wins");

    assert_string_equal(resolved(&own, "empty.test"),
                        "resolve empty.test: DNS server returned answer with no data");
    assert_int_equal(atomic_load(&asked), 1);
    ahttp_resolver_unref(own.resolver);
}

static void a_module_before_dns_leaves_all_names_to_the_system(void **state)
{
    fixture own = with_modules(state, "files resolve [!UNAVAIL=return] dns");

    assert_string_equal(resolved(&own, "no.such.host"), "[2001:db8::77]:80 192.0.2.77:80");
    assert_int_equal(dns_server_asked(own.server, "no.such.host", DNS_A), 0);
    ahttp_resolver_unref(own.resolver);
}

static void the_rule_can_be_overruled_both_ways(void **state)
{
    fixture always = *(fixture *)*state;
    fixture never = *(fixture *)*state;

    always.resolver = system_resolver(&always, AH_SYSTEM_ALWAYS, "files dns");
    never.resolver = system_resolver(&never, AH_SYSTEM_NEVER, "ldap");

    assert_string_equal(resolved(&always, "no.such.host"), "[2001:db8::77]:80 192.0.2.77:80");
    assert_string_equal(resolved(&never, "printer.local"),
                        "resolve printer.local: domain name not found");
    ahttp_resolver_unref(always.resolver);
    ahttp_resolver_unref(never.resolver);
}

/* ---- What it says ---- */

static void what_the_system_refuses_is_a_dns_error_with_its_code(void **state)
{
    fixture own = with_modules(state, "files dns");
    asker asking;

    ask(&own, &asking, "nobody.local", AHTTP_FAMILY_ANY);
    ahttp_loop_run(own.loop);

    assert_int_equal(asking.code, AHTTP_E_DNS);
    assert_int_equal(asking.cause, UV_EAI_NONAME);
    assert_string_equal(asking.text, "resolve nobody.local: unknown node or service");
    ahttp_resolver_unref(own.resolver);
}

static void answers_are_kept_10_s_and_denials_1_s(void **state)
{
    fixture own = with_modules(state, "files dns");

    resolved(&own, "printer.local");
    resolved(&own, "nobody.local");
    ahttp_loop_advance(own.loop, 999);
    resolved(&own, "nobody.local");
    assert_int_equal(atomic_load(&asked), 2);
    ahttp_loop_advance(own.loop, 1);
    ahttp_loop_run(own.loop);
    resolved(&own, "nobody.local");
    assert_int_equal(atomic_load(&asked), 3);
    resolved(&own, "printer.local");
    assert_int_equal(atomic_load(&asked), 3);
    ahttp_loop_advance(own.loop, 9000);
    ahttp_loop_run(own.loop);
    resolved(&own, "printer.local");
    assert_int_equal(atomic_load(&asked), 4);
    ahttp_resolver_unref(own.resolver);
}

static void a_system_that_is_busy_is_asked_again(void **state)
{
    fixture own = with_modules(state, "files dns");

    resolved(&own, "busy.local");
    resolved(&own, "busy.local");

    assert_int_equal(atomic_load(&asked), 2);
    ahttp_resolver_unref(own.resolver);
}

/* ---- While it takes its time ---- */

static void many_askers_share_one_call(void **state)
{
    fixture own = with_modules(state, "files dns");
    asker askings[10];

    for (size_t i = 0; i < COUNT_OF(askings); i++)
        ask(&own, &askings[i], "printer.local", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&askings[0].lookup);
    ahttp_loop_run(own.loop);

    assert_int_equal(askings[0].calls, 0);
    for (size_t i = 1; i < COUNT_OF(askings); i++)
        assert_string_equal(askings[i].text, "[2001:db8::77]:80 192.0.2.77:80");
    assert_int_equal(atomic_load(&asked), 1);
    ahttp_resolver_unref(own.resolver);
}

static void one_that_nobody_wants_any_more_fills_the_cache(void **state)
{
    fixture own = with_modules(state, "files dns");
    asker asking;

    ask(&own, &asking, "printer.local", AHTTP_FAMILY_ANY);
    ah_lookup_cancel(&asking.lookup);
    ahttp_loop_run(own.loop);

    resolved(&own, "printer.local");
    assert_int_equal(asking.calls, 0);
    assert_int_equal(atomic_load(&asked), 1);
    ahttp_resolver_unref(own.resolver);
}

static void a_resolver_may_go_while_the_system_is_asked(void **state)
{
    fixture own = with_modules(state, "files dns");
    asker asking;

    uv_sem_wait(&gate);
    ask(&own, &asking, "printer.local", AHTTP_FAMILY_ANY);
    uv_run(ahttp_loop_uv(own.loop), UV_RUN_NOWAIT);
    ah_lookup_cancel(&asking.lookup);
    ahttp_resolver_unref(own.resolver);
    uv_sem_post(&gate);
    ahttp_loop_run(own.loop);

    assert_int_equal(asking.calls, 0);
}

static void a_loop_that_closes_while_the_system_is_asked_says_so(void **state)
{
    fixture own = with_modules(state, "files dns");
    asker asking;

    ahttp_resolver_unref(own.resolver);
    own.loop = ahttp_loop_new(.virtual_clock = true);
    own.resolver = system_resolver(&own, AH_SYSTEM_BY_RULE, "files dns");
    uv_sem_wait(&gate);
    ask(&own, &asking, "printer.local", AHTTP_FAMILY_ANY);
    uv_run(ahttp_loop_uv(own.loop), UV_RUN_NOWAIT);
    uv_sem_post(&gate);
    assert_int_equal(ahttp_loop_close(own.loop), 0);

    assert_int_equal(asking.calls, 1);
    assert_int_equal(asking.code, AHTTP_E_CLOSED);
    assert_null(ah_resolver_loop(own.resolver));
    ahttp_resolver_unref(own.resolver);
}

static void ask_the_system(void *ctx)
{
    fixture self = {.server = ctx, .loop = ahttp_loop_new(.virtual_clock = true)};
    const ah_resolver_options options = {.servers = dns_server_text(self.server),
                                         .query_timeout_ms = PATIENT_MS,
                                         .tries = 1,
                                         .system = AH_SYSTEM_ALWAYS};

    if (!self.loop)
        return;
    self.resolver = ah_resolver_new(self.loop, &options);
    if (self.resolver) {
        const char *text = resolved(&self, "printer.local");
        assert_true(strcmp(text, "out of memory") == 0 || strstr(text, "77"));
        text = resolved(&self, "nobody.local");
        assert_true(strcmp(text, "out of memory") == 0 || strstr(text, "unknown node"));
    }
    ahttp_resolver_unref(self.resolver);
    assert_int_equal(ahttp_loop_close(self.loop), 0);
}

static void running_out_of_memory_is_an_answer_like_others(void **state)
{
    fixture *self = *state;

    for_each_allocation(ask_the_system, self->server);
}

#define WITH_GATE(test) cmocka_unit_test_setup_teardown(test, open_gate, close_gate)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GATE(local_names_are_asked_of_the_system_alone),
        WITH_GATE(other_names_are_not_asked_of_the_system),
        WITH_GATE(a_name_that_servers_do_not_have_may_be_the_systems),
        WITH_GATE(where_the_system_has_no_answer_either_the_servers_word_counts),
        WITH_GATE(a_module_before_dns_leaves_all_names_to_the_system),
        WITH_GATE(the_rule_can_be_overruled_both_ways),
        WITH_GATE(what_the_system_refuses_is_a_dns_error_with_its_code),
        WITH_GATE(answers_are_kept_10_s_and_denials_1_s),
        WITH_GATE(a_system_that_is_busy_is_asked_again),
        WITH_GATE(many_askers_share_one_call),
        WITH_GATE(one_that_nobody_wants_any_more_fills_the_cache),
        WITH_GATE(a_resolver_may_go_while_the_system_is_asked),
        WITH_GATE(a_loop_that_closes_while_the_system_is_asked_says_so),
        WITH_GATE(running_out_of_memory_is_an_answer_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
