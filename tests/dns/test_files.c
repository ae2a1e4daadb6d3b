/* SPDX-License-Identifier: MIT */
/* What /etc/hosts and /etc/resolv.conf say counts.  c-ares's fopen is replaced in this program,
   so that another file is read as /etc/hosts. */
#include "dns/asking.h"

#include <dlfcn.h>
#include <unistd.h>

static const char *hosts_path; /* NULL: the system's */

typedef FILE *open_fn(const char *path, const char *mode);

/* Visible, so that a shared c-ares finds it. */
__attribute__((visibility("default"))) FILE *fopen(const char *restrict path,
                                                   const char *restrict mode)
{
    void *found = dlsym(RTLD_NEXT, "fopen");
    open_fn *systems;

    memcpy(&systems, &found, sizeof systems);
    return systems(hosts_path && strcmp(path, "/etc/hosts") == 0 ? hosts_path : path, mode);
}

/* A resolver that reads these texts as resolv.conf and hosts; asks the server of the test. */
static fixture with_files(const fixture *self, const char *resolv_conf, const char *hosts)
{
    static char paths[2][32];
    const char *const texts[] = {resolv_conf, hosts};
    fixture own = *self;

    for (int i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "/tmp/test_files.XXXXXX");
        int fd = mkstemp(paths[i]);
        dprintf(fd, "%s", texts[i]);
        close(fd);
    }
    hosts_path = paths[1];
    const ah_resolver_options options = {.servers = dns_server_text(self->server),
                                         .query_timeout_ms = PATIENT_MS,
                                         .tries = 1,
                                         .system = AH_SYSTEM_NEVER,
                                         .resolv_conf = paths[0]};
    own.resolver = ah_resolver_new(self->loop, &options);
    return own;
}

static void end_files(fixture *own)
{
    ahttp_resolver_unref(own->resolver);
    unlink(hosts_path);
    hosts_path = NULL;
}

static void names_of_the_hosts_file_are_asked_of_nobody(void **state)
{
    fixture own = with_files(*state, "",
                             "# comment\n192.0.2.55 printer.lan printer\n"
                             "2001:db8::55 printer.lan\n");

    assert_string_equal(resolved(&own, "printer.lan"), "[2001:db8::55]:80 192.0.2.55:80");
    assert_string_equal(resolved_as(&own, "Printer", AHTTP_FAMILY_IPV4), "192.0.2.55:80");
    assert_int_equal(dns_server_asked(own.server, "printer.lan", DNS_A), 0);
    assert_int_equal(dns_server_asked(own.server, "printer", DNS_A), 0);
    end_files(&own);
}

static void the_search_list_completes_names_of_one_label(void **state)
{
    fixture own = with_files(*state, "search none.test one.test\n", "");

    assert_string_equal(resolved(&own, "printer"), "192.0.2.101:80");
    assert_int_equal(dns_server_asked(own.server, "printer.none.test", DNS_A), 1);
    assert_int_equal(dns_server_asked(own.server, "printer", DNS_A), 0);
    end_files(&own);
}

static void names_with_as_many_dots_as_ndots_are_asked_for_as_they_are(void **state)
{
    fixture own = with_files(*state, "search test\noptions ndots:2\n", "");

    assert_string_equal(resolved(&own, "printer.one"), "192.0.2.101:80");
    assert_int_equal(dns_server_asked(own.server, "printer.one", DNS_A), 0);
    assert_string_equal(resolved(&own, "printer.another.test"), "192.0.2.102:80");
    assert_int_equal(dns_server_asked(own.server, "printer.another.test.test", DNS_A), 0);
    end_files(&own);
}

static void a_dot_at_the_end_keeps_the_search_list_away(void **state)
{
    fixture own = with_files(*state, "search one.test\n", "");

    assert_string_equal(resolved(&own, "printer."), "resolve printer.: domain name not found");
    assert_int_equal(dns_server_asked(own.server, "printer.one.test", DNS_A), 0);
    end_files(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(names_of_the_hosts_file_are_asked_of_nobody),
        WITH_SERVER(the_search_list_completes_names_of_one_label),
        WITH_SERVER(names_with_as_many_dots_as_ndots_are_asked_for_as_they_are),
        WITH_SERVER(a_dot_at_the_end_keeps_the_search_list_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
