/* SPDX-License-Identifier: MIT */
/* Resolvers that ask a function of the program. */
#include "support/check.h"

#include "support/failing_alloc.h"
#include "support/misuse.h"
#include <ahttp/resolver.h>
#include <stdio.h>
#include <string.h>

typedef enum manner { ANSWERS, FAILS, GIVES_NOTHING, GIVES_NULL, WAITS, SLEEPS } manner;

/* What the function does, and what it has seen. */
typedef struct names {
    manner manner;
    int calls;
    int cancels;
    int frees;
    char host[64];
    uint16_t port;
    ahttp_family family;
    ahttp_promise *promise;
    ahttp_resolver *let_go; /* in the call */
    ahttp_future *give_up;  /* in the call */
} names;

static ahttp_loop *loop;

static int open_loop(void **state)
{
    (void)state;
    loop = ahttp_loop_new(.virtual_clock = true);
    return loop ? 0 : -1;
}

static int close_loop(void **state)
{
    (void)state;
    return loop ? ahttp_loop_close(loop) : 0;
}

static ahttp_addresses *some_addresses(void)
{
    static const char *const texts[] = {"192.0.2.1", "192.0.2.2", "2001:db8::1"};
    ahttp_addresses *list = ahttp_addresses_new();

    for (size_t i = 0; list && i < COUNT_OF(texts); i++)
        if (ahttp_addresses_add(list, texts[i]) < 0) {
            ahttp_addresses_free(list);
            return NULL;
        }
    return list;
}

static void answer_with(ahttp_promise *promise, ahttp_addresses *list)
{
    if (list)
        ahttp_promise_resolve(promise, list, ahttp_addresses_free);
    else
        ahttp_promise_reject(promise, AHTTP_E_NO_MEMORY, "out of memory");
}

static void note_cancel(void *ctx)
{
    names *self = ctx;

    self->cancels++;
    ahttp_promise_reject(self->promise, AHTTP_E_CANCELLED, "cancelled");
}

static ahttp_future *look_up(const char *host, uint16_t port, ahttp_family family, void *ctx)
{
    names *self = ctx;
    ahttp_promise *promise;
    ahttp_future *future;

    self->calls++;
    self->port = port;
    self->family = family;
    snprintf(self->host, sizeof self->host, "%s", host);
    if (self->manner == SLEEPS)
        return ahttp_sleep(1000);
    future = ahttp_promise_new(&promise, self->manner == WAITS ? note_cancel : NULL, self);
    switch (self->manner) {
    case ANSWERS: answer_with(promise, some_addresses()); break;
    case FAILS: ahttp_promise_reject(promise, AHTTP_E_STATE, "ask me tomorrow"); break;
    case GIVES_NOTHING: answer_with(promise, ahttp_addresses_new()); break;
    case GIVES_NULL: ahttp_promise_resolve(promise, NULL, NULL); break;
    default: self->promise = promise; break;
    }
    ahttp_resolver_unref(self->let_go);
    if (self->give_up)
        ahttp_future_cancel(self->give_up);
    return future;
}

static void note_free(void *ctx)
{
    ((names *)ctx)->frees++;
}

static ahttp_resolver *resolver_of(names *self)
{
    return ahttp_resolver_new(.loop = loop, .lookup = look_up, .ctx = self, .free_ctx = note_free);
}

typedef struct answer {
    int calls;
    int code;
    char text[200];
} answer;

static void note_answer(ahttp_future *future, void *ctx)
{
    answer *it = ctx;
    const ahttp_error *error = ahttp_future_error(future);
    ahttp_addresses *list = ahttp_future_take(future);
    size_t len = 0;

    it->calls++;
    it->code = error ? error->code : 0;
    if (error)
        snprintf(it->text, sizeof it->text, "%s", error->message);
    for (size_t i = 0; list && ahttp_addresses_get(list, i); i++)
        len += (size_t)snprintf(it->text + len, sizeof it->text - len, "%s%s", i ? " " : "",
                                ahttp_addresses_get(list, i));
    ahttp_addresses_free(list);
}

static ahttp_future *ask(ahttp_resolver *resolver, const char *host, ahttp_family family,
                         answer *it)
{
    ahttp_future *future = ahttp_resolver_lookup(resolver, host, 80, family);

    *it = (answer){0};
    ahttp_then(future, note_answer, it);
    return future;
}

static const char *answer_of(ahttp_resolver *resolver, const char *host, ahttp_family family)
{
    static answer it;

    ask(resolver, host, family, &it);
    ahttp_loop_run(loop);
    assert_int_equal(it.calls, 1);
    return it.text;
}

/* ---- What it says ---- */

static void the_function_is_asked_and_believed(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);

    assert_string_equal(answer_of(resolver, "Example.COM", AHTTP_FAMILY_ANY),
                        "2001:db8::1 192.0.2.1 192.0.2.2");

    assert_string_equal(own.host, "example.com");
    assert_int_equal(own.port, 80);
    assert_int_equal(own.family, AHTTP_FAMILY_ANY);
    ahttp_resolver_unref(resolver);
    assert_int_equal(own.frees, 1);
}

static void addresses_of_another_family_are_passed_over(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);

    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV6), "2001:db8::1");
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4), "192.0.2.1 192.0.2.2");
    ahttp_resolver_unref(resolver);
}

static void addresses_and_localhost_are_not_asked_for(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);

    assert_string_equal(answer_of(resolver, "192.0.2.9", AHTTP_FAMILY_ANY), "192.0.2.9");
    assert_string_equal(answer_of(resolver, "localhost", AHTTP_FAMILY_IPV4), "127.0.0.1");
    assert_string_equal(answer_of(resolver, "127.1", AHTTP_FAMILY_ANY),
                        "resolve 127.1: neither an address nor a name");
    assert_int_equal(own.calls, 0);
    ahttp_resolver_unref(resolver);
}

static void its_failure_is_a_dns_error_and_is_not_kept(void **state)
{
    (void)state;
    names own = {.manner = FAILS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer it;

    ask(resolver, "a.test", AHTTP_FAMILY_ANY, &it);
    ahttp_loop_run(loop);
    assert_int_equal(it.code, AHTTP_E_DNS);
    assert_string_equal(it.text, "resolve a.test: ask me tomorrow");
    own.manner = ANSWERS;
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV6), "2001:db8::1");
    ahttp_resolver_unref(resolver);
}

static void no_address_is_a_dns_error(void **state)
{
    (void)state;
    names own = {.manner = GIVES_NOTHING};
    ahttp_resolver *resolver = resolver_of(&own);

    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_ANY),
                        "resolve a.test: the resolver gave no address");
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4),
                        "resolve a.test: the resolver gave no IPv4 address");
    own.manner = GIVES_NULL;
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV6),
                        "resolve a.test: the resolver gave no IPv6 address");
    ahttp_resolver_unref(resolver);
}

/* ---- Asking less ---- */

static void answers_are_kept_for_cache_ms_and_by_turns(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = look_up, .ctx = &own, .cache_ms = 5000);

    answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4);
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4), "192.0.2.2 192.0.2.1");
    assert_int_equal(own.calls, 1);
    ahttp_loop_advance(loop, 5000);
    ahttp_loop_run(loop);
    answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4);
    assert_int_equal(own.calls, 2);
    ahttp_resolver_unref(resolver);
}

static void with_cache_never_each_look_up_asks(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver =
        ahttp_resolver_new(.lookup = look_up, .ctx = &own, .cache_ms = AHTTP_NEVER);

    answer_of(resolver, "a.test", AHTTP_FAMILY_ANY);
    answer_of(resolver, "a.test", AHTTP_FAMILY_ANY);
    assert_int_equal(own.calls, 2);
    ahttp_resolver_unref(resolver);
}

static void one_host_or_all_can_be_forgotten(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);

    answer_of(resolver, "a.test", AHTTP_FAMILY_ANY);
    answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4);
    answer_of(resolver, "b.test", AHTTP_FAMILY_ANY);
    ahttp_resolver_forget(resolver, "A.test");
    answer_of(resolver, "a.test", AHTTP_FAMILY_ANY);
    answer_of(resolver, "a.test", AHTTP_FAMILY_IPV4);
    answer_of(resolver, "b.test", AHTTP_FAMILY_ANY);
    assert_int_equal(own.calls, 5);
    ahttp_resolver_forget(resolver, NULL);
    answer_of(resolver, "b.test", AHTTP_FAMILY_ANY);
    assert_int_equal(own.calls, 6);
    ahttp_resolver_unref(resolver);
}

static void a_thousand_names_are_kept_and_the_one_not_used_for_longest_makes_room(void **state)
{
    (void)state;
    enum { MOST = 1000 };
    char host[32];
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);

    for (int i = 0; i < MOST; i++) {
        snprintf(host, sizeof host, "host%d.test", i);
        answer_of(resolver, host, AHTTP_FAMILY_ANY);
    }
    answer_of(resolver, "host0.test", AHTTP_FAMILY_ANY); /* used again */
    assert_int_equal(own.calls, MOST);
    answer_of(resolver, "one.more.test", AHTTP_FAMILY_ANY);
    answer_of(resolver, "host0.test", AHTTP_FAMILY_ANY);
    assert_int_equal(own.calls, MOST + 1);
    answer_of(resolver, "host1.test", AHTTP_FAMILY_ANY);

    assert_int_equal(own.calls, MOST + 2);
    ahttp_resolver_unref(resolver);
}

static void many_askers_share_one_call(void **state)
{
    (void)state;
    names own = {.manner = WAITS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer answers[5];

    for (size_t i = 0; i < COUNT_OF(answers); i++)
        ask(resolver, "a.test", AHTTP_FAMILY_IPV6, &answers[i]);
    ahttp_loop_run(loop);
    assert_int_equal(own.calls, 1);
    answer_with(own.promise, some_addresses());
    ahttp_loop_run(loop);

    for (size_t i = 0; i < COUNT_OF(answers); i++)
        assert_string_equal(answers[i].text, "2001:db8::1");
    ahttp_resolver_unref(resolver);
}

/* ---- Giving up ---- */

static void only_the_last_asker_cancels_the_call(void **state)
{
    (void)state;
    names own = {.manner = WAITS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer first, last;
    ahttp_future *first_future = ask(resolver, "a.test", AHTTP_FAMILY_ANY, &first);
    ahttp_future *last_future = ask(resolver, "a.test", AHTTP_FAMILY_ANY, &last);

    ahttp_loop_run(loop);
    ahttp_future_cancel(first_future);
    ahttp_loop_run(loop);
    assert_int_equal(own.cancels, 0);
    ahttp_future_cancel(last_future);
    ahttp_loop_run(loop);

    assert_int_equal(own.cancels, 1);
    assert_int_equal(first.code, AHTTP_E_CANCELLED);
    assert_int_equal(last.code, AHTTP_E_CANCELLED);
    ahttp_resolver_unref(resolver);
}

static void a_call_that_was_cancelled_is_not_joined(void **state)
{
    (void)state;
    names own = {.manner = SLEEPS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer first;
    ahttp_future *future = ask(resolver, "a.test", AHTTP_FAMILY_ANY, &first);

    ahttp_loop_advance(loop, 0);
    ahttp_future_cancel(future);
    own.manner = ANSWERS;
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_IPV6), "2001:db8::1");
    ahttp_resolver_unref(resolver);
}

static void who_gives_up_at_once_asks_nobody(void **state)
{
    (void)state;
    names own = {.manner = ANSWERS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer it;

    ahttp_future_cancel(ask(resolver, "a.test", AHTTP_FAMILY_ANY, &it));
    ahttp_loop_run(loop);

    assert_int_equal(own.calls, 0);
    assert_int_equal(it.code, AHTTP_E_CANCELLED);
    ahttp_resolver_unref(resolver);
}

static void the_function_may_let_go_of_all(void **state)
{
    (void)state;
    names own = {.manner = WAITS, .let_go = resolver_of(&own)};
    answer it;

    own.give_up = ask(own.let_go, "a.test", AHTTP_FAMILY_ANY, &it);
    ahttp_loop_run(loop);

    assert_int_equal(own.calls, 1);
    assert_int_equal(own.cancels, 1);
    assert_int_equal(own.frees, 1);
    assert_int_equal(it.code, AHTTP_E_CANCELLED);
}

static void a_loop_that_closes_ends_the_call_and_says_so(void **state)
{
    (void)state;
    names own = {.manner = WAITS};
    ahttp_resolver *resolver = resolver_of(&own);
    answer it;

    ask(resolver, "a.test", AHTTP_FAMILY_ANY, &it);
    ahttp_loop_run(loop);
    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_int_equal(own.cancels, 1);
    assert_int_equal(it.code, AHTTP_E_CLOSED);
    loop = ahttp_loop_new(.virtual_clock = true);
    assert_string_equal(answer_of(resolver, "a.test", AHTTP_FAMILY_ANY),
                        "resolve host: the resolver's loop was closed");
    ahttp_resolver_forget(resolver, NULL);
    ahttp_resolver_unref(ahttp_resolver_ref(resolver));
    ahttp_resolver_unref(resolver);
    assert_int_equal(own.frees, 1);
}

/* ---- Mistakes and want of memory ---- */

static ahttp_future *return_null(const char *host, uint16_t port, ahttp_family family, void *ctx)
{
    (void)host;
    (void)port;
    (void)family;
    (void)ctx;
    return NULL;
}

static void return_null_once(void)
{
    ahttp_resolver *resolver = ahttp_resolver_new(.lookup = return_null);

    ahttp_drop(ahttp_resolver_lookup(resolver, "a.test", 0, AHTTP_FAMILY_ANY));
    ahttp_loop_run(loop);
}

static void mix_options(void)
{
    ahttp_resolver_new(.lookup = return_null, .servers = "127.0.0.1");
}

static void want_both(void)
{
    ahttp_resolver_new(.system_resolver = true, .no_system_resolver = true);
}

static void want_nonsense(void)
{
    ahttp_resolver_new(.cache_ms = -2);
}

static void broken_rules_are_told(void **state)
{
    (void)state;

    assert_misuse(return_null_once, "return a future");
    assert_misuse(mix_options, "nobody else is asked");
    assert_misuse(want_both, "one of");
    assert_misuse(want_nonsense, "above 0");
    assert_null(ahttp_resolver_create(&(ahttp_resolver_options){.tries = 1}));
}

static void ask_some(void *ctx)
{
    names own = {.manner = ANSWERS};
    answer it;

    (void)ctx;
    loop = ahttp_loop_new(.virtual_clock = true);
    if (!loop)
        return;
    ahttp_resolver *resolver = resolver_of(&own);
    for (int i = 0; resolver && i < 2; i++) {
        ask(resolver, "a.test", AHTTP_FAMILY_ANY, &it);
        ahttp_loop_run(loop);
        assert_int_equal(it.calls, 1);
        assert_true(it.code == AHTTP_E_NO_MEMORY || strchr(it.text, '1'));
    }
    ahttp_resolver_unref(resolver);
    assert_int_equal(ahttp_loop_close(loop), 0);
}

static void running_out_of_memory_is_an_answer_like_others(void **state)
{
    (void)state;

    for_each_allocation(ask_some, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(the_function_is_asked_and_believed),
        WITH_LOOP(addresses_of_another_family_are_passed_over),
        WITH_LOOP(addresses_and_localhost_are_not_asked_for),
        WITH_LOOP(its_failure_is_a_dns_error_and_is_not_kept),
        WITH_LOOP(no_address_is_a_dns_error),
        WITH_LOOP(answers_are_kept_for_cache_ms_and_by_turns),
        WITH_LOOP(with_cache_never_each_look_up_asks),
        WITH_LOOP(one_host_or_all_can_be_forgotten),
        WITH_LOOP(a_thousand_names_are_kept_and_the_one_not_used_for_longest_makes_room),
        WITH_LOOP(many_askers_share_one_call),
        WITH_LOOP(only_the_last_asker_cancels_the_call),
        WITH_LOOP(a_call_that_was_cancelled_is_not_joined),
        WITH_LOOP(who_gives_up_at_once_asks_nobody),
        WITH_LOOP(the_function_may_let_go_of_all),
        WITH_LOOP(a_loop_that_closes_ends_the_call_and_says_so),
        WITH_LOOP(broken_rules_are_told),
        cmocka_unit_test(running_out_of_memory_is_an_answer_like_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
