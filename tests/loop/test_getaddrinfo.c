/* SPDX-License-Identifier: MIT */
/* The system's resolver is asked only for what it answers from the hosts file, or at once. */
#include "support/check.h"

#include "loop/getaddrinfo.h"
#include "support/failing_alloc.h"
#include <netinet/in.h>
#include <string.h>
#include <uv.h>

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
    return ahttp_loop_close(loop);
}

typedef struct answer {
    int calls;
    int status;
    bool is_loopback; /* each of the addresses */
    bool is_current;  /* the loop, in the callback */
} answer;

static bool is_loopback(const struct addrinfo *found)
{
    struct sockaddr_in v4;

    if (found->ai_family != AF_INET || found->ai_addrlen != sizeof v4)
        return false;
    memcpy(&v4, found->ai_addr, sizeof v4);
    return v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static void note(void *ctx, const struct addrinfo *list, int status)
{
    answer *it = ctx;

    it->calls++;
    it->status = status;
    it->is_current = ahttp_loop_current() == loop;
    it->is_loopback = list != NULL;
    for (const struct addrinfo *found = list; found; found = found->ai_next)
        it->is_loopback = it->is_loopback && is_loopback(found);
}

static void a_name_of_the_hosts_file_is_answered_from_the_loop(void **state)
{
    (void)state;
    answer it = {0};
    int status;

    assert_non_null(ah_getaddrinfo_start(loop, "localhost", AF_INET, note, &it, &status));
    assert_int_equal(it.calls, 0);
    ahttp_loop_run(loop);

    assert_int_equal(it.calls, 1);
    assert_int_equal(it.status, 0);
    assert_true(it.is_loopback);
    assert_true(it.is_current);
}

static void what_the_system_refuses_is_a_status_with_a_text(void **state)
{
    (void)state;
    answer it = {0};
    int status;

    assert_non_null(ah_getaddrinfo_start(loop, "::1", AF_INET, note, &it, &status));
    ahttp_loop_run(loop);

    assert_true(it.status < 0);
    assert_false(it.is_loopback);
    assert_false(ah_getaddrinfo_is_no_memory(it.status));
    assert_true(strlen(ah_getaddrinfo_text(it.status)) > 0);
}

static void a_host_that_is_too_long_does_not_begin(void **state)
{
    (void)state;
    answer it = {0};
    char host[400];
    int status;

    memset(host, 'a', sizeof host);
    host[sizeof host - 1] = '\0';

    assert_null(ah_getaddrinfo_start(loop, host, AF_INET, note, &it, &status));
    assert_true(status < 0);
    ahttp_loop_run(loop);
    assert_int_equal(it.calls, 0);
}

static void no_such_name_and_no_address_are_denials(void **state)
{
    (void)state;

    assert_true(ah_getaddrinfo_is_denied(UV_EAI_NONAME));
    assert_true(ah_getaddrinfo_is_denied(UV_EAI_NODATA));
    assert_false(ah_getaddrinfo_is_denied(UV_EAI_AGAIN));
}

static void one_that_was_cancelled_does_not_call(void **state)
{
    (void)state;
    answer it = {0};
    int status;

    ah_getaddrinfo *request = ah_getaddrinfo_start(loop, "localhost", AF_INET, note, &it, &status);
    ah_getaddrinfo_cancel(request);
    ahttp_loop_run(loop);

    assert_int_equal(it.calls, 0);
}

static void a_loop_that_is_closed_waits_for_the_system(void **state)
{
    (void)state;
    answer it = {0};
    int status;

    ah_getaddrinfo_start(loop, "localhost", AF_INET, note, &it, &status);
    assert_int_equal(ahttp_loop_close(loop), 0);

    assert_int_equal(it.calls, 1);
    loop = ahttp_loop_new();
}

static void ask_once(void *ctx)
{
    ahttp_loop *own = ahttp_loop_new(.virtual_clock = true);
    answer it = {0};
    int status;

    (void)ctx;
    if (!own)
        return;
    if (ah_getaddrinfo_start(own, "localhost", AF_INET, note, &it, &status))
        ahttp_loop_run(own);
    else
        assert_true(ah_getaddrinfo_is_no_memory(status));
    assert_int_equal(ahttp_loop_close(own), 0);
}

static void running_out_of_memory_is_a_status(void **state)
{
    (void)state;

    for_each_allocation(ask_once, NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(a_name_of_the_hosts_file_is_answered_from_the_loop),
        WITH_LOOP(what_the_system_refuses_is_a_status_with_a_text),
        WITH_LOOP(a_host_that_is_too_long_does_not_begin),
        WITH_LOOP(no_such_name_and_no_address_are_denials),
        WITH_LOOP(one_that_was_cancelled_does_not_call),
        WITH_LOOP(a_loop_that_is_closed_waits_for_the_system),
        cmocka_unit_test(running_out_of_memory_is_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
