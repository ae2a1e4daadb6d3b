/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "base/mem.h"
#include "support/failing_alloc.h"
#include "tls/tickets.h"
#include <stdio.h>
#include <time.h>

static SSL_SESSION *session_of(int version)
{
    static const unsigned char id[] = "id";
    SSL_SESSION *session = SSL_SESSION_new();

    assert_non_null(session);
    SSL_SESSION_set_protocol_version(session, version);
    SSL_SESSION_set1_id(session, id, sizeof id);
    SSL_SESSION_set_time(session, (long)time(NULL));
    SSL_SESSION_set_timeout(session, 100);
    return session;
}

static void put(ah_tls_tickets *tickets, const char *server, SSL_SESSION *session)
{
    ah_tls_tickets_put(tickets, ah_str_from(server), (ah_tls_ticket){session, NULL});
}

/* The same object, which the test lets go of. */
static void assert_taken(ah_tls_tickets *tickets, const char *server, const SSL_SESSION *expected)
{
    ah_tls_ticket taken = ah_tls_tickets_take(tickets, ah_str_from(server));

    assert_ptr_equal(taken.session, expected);
    ah_tls_ticket_release(taken);
}

static void a_session_of_tls_1_3_is_given_once_and_the_newest_first(void **state)
{
    ah_tls_tickets tickets = {0};
    SSL_SESSION *sessions[AH_TICKETS_EACH + 1];
    (void)state;
    ah_tls_tickets_init(&tickets);
    for (int i = 0; i <= AH_TICKETS_EACH; i++) {
        sessions[i] = session_of(TLS1_3_VERSION);
        put(&tickets, "a", sessions[i]);
    }

    assert_taken(&tickets, "b", NULL);
    for (int i = AH_TICKETS_EACH; i > 0; i--)
        assert_taken(&tickets, "a", sessions[i]);
    assert_taken(&tickets, "a", NULL);

    ah_tls_tickets_release(&tickets);
}

static void an_older_session_is_given_again_and_again(void **state)
{
    ah_tls_tickets tickets = {0};
    SSL_SESSION *session = session_of(TLS1_2_VERSION);
    (void)state;
    ah_tls_tickets_init(&tickets);

    put(&tickets, "a", session);

    assert_taken(&tickets, "a", session);
    assert_taken(&tickets, "a", session);
    ah_tls_tickets_release(&tickets);
}

static void the_certificates_of_a_session_go_with_it(void **state)
{
    ah_tls_tickets tickets = {0};
    ah_certificates *certificates = ah_alloc_zeroed(sizeof *certificates);
    (void)state;
    ah_tls_tickets_init(&tickets);
    certificates->refs = 1;

    ah_tls_tickets_put(&tickets, AH_STR("a"),
                       (ah_tls_ticket){session_of(TLS1_2_VERSION), certificates});

    for (int i = 0; i < 2; i++) {
        ah_tls_ticket taken = ah_tls_tickets_take(&tickets, AH_STR("a"));
        assert_ptr_equal(taken.certificates, certificates);
        ah_tls_ticket_release(taken);
    }
    assert_int_equal(certificates->refs, 1);
    ah_tls_tickets_release(&tickets);
}

static void what_is_too_old_is_passed_over(void **state)
{
    ah_tls_tickets tickets = {0};
    SSL_SESSION *good = session_of(TLS1_3_VERSION), *old = session_of(TLS1_3_VERSION);
    (void)state;
    ah_tls_tickets_init(&tickets);
    SSL_SESSION_set_time(old, (long)time(NULL) - 101);
    put(&tickets, "a", good);

    put(&tickets, "a", old);

    assert_taken(&tickets, "a", good);
    ah_tls_tickets_release(&tickets);
}

static void the_servers_that_were_asked_last_are_remembered(void **state)
{
    ah_tls_tickets tickets = {0};
    char name[16];
    int known = 0;
    (void)state;
    ah_tls_tickets_init(&tickets);
    for (int i = 0; i < 3 * AH_TICKET_SERVERS; i++) {
        snprintf(name, sizeof name, "%d", i);
        put(&tickets, name, session_of(TLS1_2_VERSION));
        ah_tls_ticket_release(ah_tls_tickets_take(&tickets, AH_STR("0")));
    }

    for (int i = 0; i < 3 * AH_TICKET_SERVERS; i++) {
        snprintf(name, sizeof name, "%d", i);
        ah_tls_ticket ticket = ah_tls_tickets_take(&tickets, ah_str_from(name));
        assert_true(ticket.session ||
                    (i > 0 && i < 3 * AH_TICKET_SERVERS - (AH_TICKET_SERVERS - 1)));
        known += ticket.session != NULL;
        ah_tls_ticket_release(ticket);
    }

    assert_int_equal(known, AH_TICKET_SERVERS);
    ah_tls_tickets_release(&tickets);
}

static void keep_in_scarcity(void *ctx)
{
    ah_tls_tickets tickets = {0};

    (void)ctx;
    ah_tls_tickets_init(&tickets);
    put(&tickets, "a", session_of(TLS1_3_VERSION));
    put(&tickets, "b", session_of(TLS1_3_VERSION));
    ah_tls_ticket_release(ah_tls_tickets_take(&tickets, AH_STR("a")));
    ah_tls_tickets_release(&tickets);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for_each_allocation(keep_in_scarcity, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_of_tls_1_3_is_given_once_and_the_newest_first),
        cmocka_unit_test(an_older_session_is_given_again_and_again),
        cmocka_unit_test(the_certificates_of_a_session_go_with_it),
        cmocka_unit_test(what_is_too_old_is_passed_over),
        cmocka_unit_test(the_servers_that_were_asked_last_are_remembered),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
