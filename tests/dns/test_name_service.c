/* SPDX-License-Identifier: MIT */
#include "support/check.h"

#include "dns/name_service.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The way for host where nsswitch.conf has that text. */
static ah_name_way way_with(const char *text, const char *host)
{
    char path[] = "/tmp/test_name_service.XXXXXX";
    ah_name_service service = {0};
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    ah_name_way way = ah_name_service_way(&service, path, ah_str_from(host));
    unlink(path);
    return way;
}

static void files_and_dns_are_what_we_do_ourselves(void **state)
{
    (void)state;

    assert_int_equal(way_with("hosts: files dns\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("hosts: files\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("hosts: dns [!UNAVAIL=return] files\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("passwd: nis\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("", "example.com"), AH_WAY_DNS);
}

static void without_the_file_all_is_ours_but_local_names(void **state)
{
    (void)state;
    ah_name_service service = {0};

    assert_int_equal(ah_name_service_way(&service, "/nonexistent", AH_STR("example.com")),
                     AH_WAY_DNS);
    assert_int_equal(ah_name_service_way(&service, "/nonexistent", AH_STR("printer.local")),
                     AH_WAY_SYSTEM);
}

static void local_names_are_the_systems(void **state)
{
    static const char *const hosts[] = {"printer.local", "a.printer.LOCAL", "printer.local."};
    static const char *const others[] = {"local", "printer.notlocal", "local.test", ".local.test"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        assert_int_equal(way_with("hosts: files dns\n", hosts[i]), AH_WAY_SYSTEM);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_int_equal(way_with("hosts: files dns\n", others[i]), AH_WAY_DNS);
}

static void mdns_modules_matter_to_local_names_only(void **state)
{
    static const char ubuntu[] = "hosts: files mdns4_minimal [NOTFOUND=return] dns mdns4\n";

    (void)state;
    assert_int_equal(way_with(ubuntu, "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with(ubuntu, "printer.local"), AH_WAY_SYSTEM);
}

static void myhostname_matters_to_names_of_this_machine_only(void **state)
{
    char own[256] = "";

    (void)state;
    assert_int_equal(gethostname(own, sizeof own), 0);

    assert_int_equal(way_with("hosts: files myhostname dns\n", own), AH_WAY_SYSTEM);
    assert_int_equal(way_with("hosts: files myhostname dns\n", "_gateway"), AH_WAY_SYSTEM);
    assert_int_equal(way_with("hosts: files myhostname dns\n", "_outbound."), AH_WAY_SYSTEM);
    assert_int_equal(way_with("hosts: files myhostname dns\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("hosts: files dns myhostname\n", own), AH_WAY_DNS_THEN_SYSTEM);
    assert_int_equal(way_with("hosts: files dns myhostname\n", "example.com"), AH_WAY_DNS);
}

static void another_module_before_dns_makes_all_names_the_systems(void **state)
{
    static const char fedora[] = "hosts:      files myhostname resolve [!UNAVAIL=return] dns\n";

    (void)state;
    assert_int_equal(way_with(fedora, "example.com"), AH_WAY_SYSTEM);
    assert_int_equal(way_with("hosts: ldap dns\n", "example.com"), AH_WAY_SYSTEM);
    assert_int_equal(way_with("hosts: files wins\n", "example.com"), AH_WAY_SYSTEM);
}

static void another_module_behind_dns_is_asked_when_that_has_no_answer(void **state)
{
    (void)state;

    assert_int_equal(way_with("hosts: files dns wins\n", "example.com"), AH_WAY_DNS_THEN_SYSTEM);
    assert_int_equal(way_with("hosts: dns[NOTFOUND=continue]ldap\n", "example.com"),
                     AH_WAY_DNS_THEN_SYSTEM);
}

static void comments_blanks_and_odd_lines_are_read_as_the_system_does(void **state)
{
    (void)state;

    assert_int_equal(way_with("# hosts: ldap\n\thosts:\tfiles\tdns # ldap\r\n", "example.com"),
                     AH_WAY_DNS);
    assert_int_equal(way_with("networks: ldap\nhosts:dns ldap", "example.com"),
                     AH_WAY_DNS_THEN_SYSTEM);
    assert_int_equal(way_with("hosts:\n", "example.com"), AH_WAY_DNS);
    assert_int_equal(way_with("hosts: files dns [unfinished ldap\n", "example.com"), AH_WAY_DNS);
}

static void the_file_is_read_once(void **state)
{
    (void)state;
    char path[] = "/tmp/test_name_service.XXXXXX";
    ah_name_service service = {0};
    int fd = mkstemp(path);

    assert_true(write(fd, "hosts: ldap\n", 12) == 12);
    close(fd);
    assert_int_equal(ah_name_service_way(&service, path, AH_STR("a.test")), AH_WAY_SYSTEM);
    unlink(path);

    assert_int_equal(ah_name_service_way(&service, path, AH_STR("b.test")), AH_WAY_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_dns_are_what_we_do_ourselves),
        cmocka_unit_test(without_the_file_all_is_ours_but_local_names),
        cmocka_unit_test(local_names_are_the_systems),
        cmocka_unit_test(mdns_modules_matter_to_local_names_only),
        cmocka_unit_test(myhostname_matters_to_names_of_this_machine_only),
        cmocka_unit_test(another_module_before_dns_makes_all_names_the_systems),
        cmocka_unit_test(another_module_behind_dns_is_asked_when_that_has_no_answer),
        cmocka_unit_test(comments_blanks_and_odd_lines_are_read_as_the_system_does),
        cmocka_unit_test(the_file_is_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
