/* SPDX-License-Identifier: MIT */
/* A client's key that never leaves its token: SoftHSM's, by the engine of OpenSSL that speaks
   PKCS #11 (Debian's libengine-pkcs11-openssl). Who has logged in once is in for the whole process,
   so wrong PINs come first. */
#include "client/tls_server.h"

#include <sys/stat.h>

#define KEY "org.openssl.engine:pkcs11:pkcs11:token=test;object=%s;type=private%s"

static certificate *root, *leaf, *me;
static program *token, *nginx;
static uint16_t port;

/* Where SoftHSM looks for its settings: in HOME, which for the program is its folder. */
static void write_settings(void)
{
    assert_int_equal(mkdir(program_path(token, ".config"), 0755), 0);
    assert_int_equal(mkdir(program_path(token, ".config/softhsm2"), 0755), 0);
    setenv("SOFTHSM2_CONF",
           program_write(token, ".config/softhsm2/softhsm2.conf", "directories.tokendir = %s\n",
                         program_folder(token)),
           1);
}

static void fill_token(void)
{
    token = program_new("softhsm2-util", "softhsm2");
    write_settings();
    certificate_write(me, program_path(token, "me.pem"), program_path(token, "me.key"));
    program_start(token, 0, "--init-token", "--free", "--label", "test", "--pin", "1234",
                  "--so-pin", "1234");
    assert_int_equal(program_wait(token), 0);
    program_start(token, 0, "--import", program_path(token, "me.key"), "--token", "test", "--label",
                  "me", "--id", "01", "--pin", "1234");
    assert_int_equal(program_wait(token), 0);
}

static int begin(void **state)
{
    char servers[512];
    (void)state;
    root = certificate_new(.common_name = "Root", .is_ca = true);
    leaf = certificate_new(.common_name = "leaf", .names = "DNS:h.test", .issuer = root);
    me = certificate_new(.common_name = "me", .issuer = root);
    fill_token();
    nginx = program_new("nginx", "nginx-light");
    port = program_port(nginx);
    certificate_write(root, program_path(nginx, "root"), NULL);
    certificate_write(leaf, program_path(nginx, "certificate"), program_path(nginx, "key"));
    snprintf(servers, sizeof servers,
             "server { listen 127.0.0.1:%u ssl; ssl_verify_client on;\n"
             "  ssl_client_certificate root; return 200 \"" NGINX_TELLS "\"; }\n",
             port);
    write_nginx(nginx, servers);
    start_nginx(nginx, port);
    return 0;
}

static int end(void **state)
{
    (void)state;
    program_stop(nginx);
    program_stop(token);
    unsetenv("SOFTHSM2_CONF");
    certificate_free(me);
    certificate_free(leaf);
    certificate_free(root);
    return 0;
}

static ahttp_tls *with_key(const char *object, const char *more, const char *password)
{
    char uri[256];

    snprintf(uri, sizeof uri, KEY, object, more);
    return ahttp_tls_new(.ca_file = program_path(nginx, "root"),
                         .cert_file = program_path(token, "me.pem"), .key_uri = uri,
                         .password = password);
}

static void assert_known(ahttp_tls *tls)
{
    client it = client_with(tls, true);

    assert_has(text_of(ahttp_get(it.session, url_of("h.test", port))), "client=CN=me");

    client_end(&it);
}

static void a_key_in_a_token_signs(void **state)
{
    (void)state;
    assert_known(with_key("me", "?pin-value=1234", NULL));
}

static void its_pin_may_be_the_password(void **state)
{
    (void)state;
    assert_known(with_key("me", "", "1234"));
}

static void assert_refused(ahttp_tls *tls, const char *part)
{
    const ahttp_error *error = ahttp_tls_error(tls);

    assert_non_null(error);
    if (error->code != AHTTP_E_TLS_SETTINGS || !strstr(error->message, part))
        fail_msg("%s is not in: %s", part, error->message);
    ahttp_tls_unref(tls);
}

static void a_wrong_pin_and_a_key_that_is_not_there_are_told_apart(void **state)
{
    (void)state;
    assert_refused(with_key("me", "", "4321"), "object=me;type=private: the password is wrong");
    assert_refused(with_key("me", "", NULL), "type=private: it is encrypted; give its password");
    assert_refused(with_key("nobody", "?pin-value=1234", NULL), ": object not found");
    assert_refused(with_key("nobody", "", "1234"), ": object not found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_pin_and_a_key_that_is_not_there_are_told_apart),
        cmocka_unit_test(a_key_in_a_token_signs),
        cmocka_unit_test(its_pin_may_be_the_password),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
