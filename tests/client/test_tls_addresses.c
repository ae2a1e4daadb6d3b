/* SPDX-License-Identifier: MIT */
/* Hosts that have several addresses, of which not each speaks TLS as it should. */
#include "client/tls_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static certificate *root, *good, *old;
static program *nginx;
static uint16_t port;
static int silent = -1; /* listens, and accepts nobody */

/* 127.0.0.1 is in order, 127.0.0.2 has an old certificate, 127.0.0.3 speaks no TLS, 127.0.0.4 is
   not there, and 127.0.0.5 says nothing. */
static void listen_in_silence(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr("127.0.0.5")};

    silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(silent, 16), 0);
}

static int begin(void **state)
{
    (void)state;
    root = certificate_new(.common_name = "Root", .is_ca = true);
    good = certificate_new(.common_name = "good", .names = "DNS:h.test", .issuer = root);
    old = certificate_new(.common_name = "old", .names = "DNS:h.test", .issuer = root,
                          .from_days = -20, .until_days = -10);
    nginx = program_new("nginx", "nginx-light");
    port = program_port(nginx);
    certificate_write(root, program_path(nginx, "root"), NULL);
    certificate_write(good, program_path(nginx, "certificate"), program_path(nginx, "key"));
    certificate_write(old, program_path(nginx, "old"), program_path(nginx, "old.key"));
    char servers[1024];
    snprintf(servers, sizeof servers,
             "server { listen 127.0.0.1:%u ssl; return 200 good; }\n"
             "server { listen 127.0.0.2:%u ssl; ssl_certificate old; ssl_certificate_key old.key;\n"
             "  return 200 old; }\n"
             "server { listen 127.0.0.3:%u; return 200 plain; }\n",
             port, port, port);
    write_nginx(nginx, servers);
    start_nginx(nginx, port);
    listen_in_silence();
    return 0;
}

static int end(void **state)
{
    (void)state;
    close(silent);
    program_stop(nginx);
    certificate_free(old);
    certificate_free(good);
    certificate_free(root);
    return 0;
}

static client client_of(const char *addresses, const char *const *pins)
{
    ahttp_tls *tls = ahttp_tls_new(.ca_file = program_path(nginx, "root"), .pins = pins);
    client it = {.loop = ahttp_loop_new()};
    ahttp_connector *connector =
        ahttp_connector_new(.loop = it.loop, .tls = tls,
                            .hosts = AHTTP_HOSTS({"h.test", 0, addresses}));

    it.session = ahttp_session_new(.connector = connector, .timeout = {.total_ms = 20000});
    ahttp_connector_unref(connector);
    ahttp_tls_unref(tls);
    return it;
}

static void assert_reaches(const char *addresses)
{
    client it = client_of(addresses, NULL);

    assert_string_equal(text_of(ahttp_get(it.session, url_of("h.test", port))), "good");

    client_end(&it);
}

static void the_next_address_is_tried_when_the_certificate_of_one_is_not_good(void **state)
{
    (void)state;
    assert_reaches("127.0.0.2,127.0.0.1");
}

static void so_it_is_when_one_speaks_no_tls(void **state)
{
    (void)state;
    assert_reaches("127.0.0.3,127.0.0.4,127.0.0.2,127.0.0.1");
}

static void so_it_is_when_one_says_nothing_for_tls_ms(void **state)
{
    (void)state;
    client it = client_of("127.0.0.5,127.0.0.1", NULL);

    assert_string_equal(
        text_of(ahttp_get(it.session, url_of("h.test", port), .timeout.tls_ms = 100)), "good");

    client_end(&it);
}

static void the_last_failure_of_tls_is_told(void **state)
{
    (void)state;
    client it = client_of("127.0.0.3,127.0.0.2", NULL);

    assert_fails(ahttp_get(it.session, url_of("h.test", port)), AHTTP_E_CERTIFICATE,
                 "certificate has expired (certificate 0, CN=old, valid until ");

    client_end(&it);
}

static void also_where_the_addresses_behind_it_are_not_reached(void **state)
{
    (void)state;
    client it = client_of("127.0.0.2,127.0.0.4", NULL);

    assert_fails(ahttp_get(it.session, url_of("h.test", port)), AHTTP_E_CERTIFICATE,
                 "certificate has expired");
    assert_int_equal(ahttp_task_error()->phase, AHTTP_PHASE_TLS);

    client_end(&it);
}

static void a_pin_is_looked_for_at_each_address(void **state)
{
    (void)state;
    client it = client_of("127.0.0.2,127.0.0.1", AHTTP_PINS("cert-sha256:"
                                                            "00000000000000000000000000000000"
                                                            "00000000000000000000000000000000"));

    assert_fails(ahttp_get(it.session, url_of("h.test", port)), AHTTP_E_PIN,
                 "pinned is cert-sha256:0000");

    client_end(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_address_is_tried_when_the_certificate_of_one_is_not_good),
        cmocka_unit_test(so_it_is_when_one_speaks_no_tls),
        cmocka_unit_test(so_it_is_when_one_says_nothing_for_tls_ms),
        cmocka_unit_test(the_last_failure_of_tls_is_told),
        cmocka_unit_test(also_where_the_addresses_behind_it_are_not_reached),
        cmocka_unit_test(a_pin_is_looked_for_at_each_address),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
