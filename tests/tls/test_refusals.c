/* SPDX-License-Identifier: MIT */
/* Settings that cannot be used say which file it is, and what to do about it. */
#include "tls/fixture.h"

#include "support/program.h"

static certificate *root, *me, *other;
static program *folder; /* for its files only */

static int begin_all(void **state)
{
    (void)state;
    root = certificate_new(.common_name = "Root", .is_ca = true);
    me = certificate_new(.common_name = "me", .issuer = root);
    other = certificate_new(.common_name = "other", .issuer = root);
    folder = program_new("openssl", "openssl");
    certificate_write(root, program_path(folder, "root.pem"), NULL);
    certificate_write(me, program_path(folder, "me.pem"), program_path(folder, "me.key"));
    certificate_write(other, program_path(folder, "other.pem"), program_path(folder, "other.key"));
    certificate_write_encrypted_key(me, "secret", program_path(folder, "locked.key"));
    certificate_write_pkcs12(me, "secret", program_path(folder, "me.p12"));
    program_write(folder, "garbage", "this is no certificate\n");
    program_write(folder, "damaged.pem",
                  "-----BEGIN CERTIFICATE-----\nMIIB\n"
                  "-----END CERTIFICATE-----\n");
    program_write(folder, "cut.pem", "%s-----BEGIN CERTIFICATE-----\nMIIB\n",
                  program_text(folder, "me.pem"));
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    program_stop(folder);
    certificate_free(other);
    certificate_free(me);
    certificate_free(root);
    return 0;
}

/* A message with DIR in place of the folder. */
static void assert_refused(ahttp_tls *tls, const char *message)
{
    const ahttp_error *error = ahttp_tls_error(tls);
    char expected[1024] = "";

    assert_non_null(error);
    for (const char *at = message; *at;) {
        bool is_folder = strncmp(at, "DIR", 3) == 0;
        size_t len = strlen(expected);
        snprintf(expected + len, sizeof expected - len, "%.*s", is_folder ? 100 : 1,
                 is_folder ? program_folder(folder) : at);
        at += is_folder ? 3 : 1;
    }
    assert_int_equal(error->code, AHTTP_E_TLS_SETTINGS);
    assert_string_equal(error->message, expected);
    ahttp_tls_unref(tls);
}

#define IN(name) program_path(folder, name)

static void roots_that_are_not_there_are_refused(void **state)
{
    (void)state;
    assert_refused(ahttp_tls_new(.ca_file = IN("none")),
                   "load trusted certificates from DIR/none: no such file or directory");
    assert_refused(ahttp_tls_new(.ca_file = IN("garbage")),
                   "load trusted certificates from DIR/garbage: it holds none in PEM");
    assert_refused(ahttp_tls_new(.ca_pem = "garbage"),
                   "load trusted certificates from ca_pem: it holds none in PEM");
    assert_refused(ahttp_tls_new(.ca_file = IN("damaged.pem")),
                   "load trusted certificates from DIR/damaged.pem: number 1 is damaged");
    assert_refused(ahttp_tls_new(.ca_file = IN("cut.pem")),
                   "load trusted certificates from DIR/cut.pem: number 2 is damaged");
    assert_refused(ahttp_tls_new(.ca_dir = IN("")),
                   "load trusted certificates from DIR/: it has no hashed ones; run `openssl "
                   "rehash` on it");
    assert_refused(ahttp_tls_new(.ca_file = IN("root.pem"), .crl_file = IN("none")),
                   "load revocation lists from DIR/none: no such file or directory");
}

static void client_certificates_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
#define ROOTS .ca_file = IN("root.pem")
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("none")),
                   "load client certificate from DIR/none: no such file or directory");
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("garbage")),
                   "load client certificate from DIR/garbage: it holds none in PEM");
    assert_refused(ahttp_tls_new(ROOTS, .cert_pem = "", .key_pem = ""),
                   "load client certificate from cert_pem: it holds none in PEM");
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("cut.pem"), .key_file = IN("me.key")),
                   "load client certificate from DIR/cut.pem: one of its chain is damaged");
    assert_refused(ahttp_tls_new(ROOTS, .pkcs12_file = IN("none")),
                   "load client certificate from DIR/none: no such file or directory");
    assert_refused(ahttp_tls_new(ROOTS, .pkcs12_file = IN("me.pem")),
                   "load client certificate from DIR/me.pem: it is not PKCS #12");
}

static void keys_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("me.pem")),
                   "load client key from DIR/me.pem: it holds none in PEM");
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_file = IN("none")),
                   "load client key from DIR/none: no such file or directory");
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_file = IN("other.key")),
                   "use client key DIR/other.key: it does not belong to the certificate in "
                   "DIR/me.pem");
    assert_refused(ahttp_tls_new(ROOTS, .key_file = IN("me.key")),
                   "use client key DIR/me.key: there is no certificate for it; give cert_file");
}

static const char *knows_nothing(const char *what, void *ctx)
{
    (void)what;
    ++*(int *)ctx;
    return NULL;
}

static void passwords_that_are_wrong_or_missing_are_told_apart(void **state)
{
    int asked = 0;
    (void)state;
#define LOCKED ROOTS, .cert_file = IN("me.pem"), .key_file = IN("locked.key")
    assert_refused(ahttp_tls_new(LOCKED),
                   "load client key from DIR/locked.key: it is encrypted; give its password");
    assert_refused(ahttp_tls_new(LOCKED, .password_of = knows_nothing, .password_ctx = &asked),
                   "load client key from DIR/locked.key: it is encrypted; give its password");
    assert_refused(ahttp_tls_new(LOCKED, .password = "wrong"),
                   "load client key from DIR/locked.key: the password is wrong");
    assert_refused(ahttp_tls_new(ROOTS, .pkcs12_file = IN("me.p12")),
                   "load client certificate from DIR/me.p12: it is encrypted; give its password");
    assert_refused(ahttp_tls_new(ROOTS, .pkcs12_file = IN("me.p12"), .password = "wrong"),
                   "load client certificate from DIR/me.p12: the password is wrong");

    assert_int_equal(asked, 1);
}

static void stores_that_hold_no_key_are_refused(void **state)
{
    char uri[256], expected[512];
    (void)state;

    snprintf(uri, sizeof uri, "file:%s", IN("me.pem"));
    snprintf(expected, sizeof expected, "load client key from %s: it holds none", uri);
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_uri = uri), expected);
    snprintf(uri, sizeof uri, "file:%s", IN("locked.key"));
    snprintf(expected, sizeof expected, "load client key from %s: the password is wrong", uri);
    assert_refused(
        ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_uri = uri, .password = "wrong"),
        expected);
    assert_refused(ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_uri = "nosuch:x"),
                   "load client key from nosuch:x: unregistered scheme");
    assert_refused(
        ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_uri = "org.openssl.engine:nosuch:x"),
        "load client key from org.openssl.engine:nosuch:x: could not load the shared library");
    assert_refused(
        ahttp_tls_new(ROOTS, .cert_file = IN("me.pem"), .key_uri = "org.openssl.engine:nosuch"),
        "load client key from org.openssl.engine:nosuch: 'id' or 'name' missing");
}

static void choices_that_openssl_does_not_have_are_refused(void **state)
{
    (void)state;
    assert_refused(ahttp_tls_new(ROOTS, .ciphers = "nothing"),
                   "make TLS settings: ciphers \"nothing\" names nothing that OpenSSL has");
    assert_refused(ahttp_tls_new(ROOTS, .cipher_suites = "nothing"),
                   "make TLS settings: cipher_suites \"nothing\" names nothing that OpenSSL has");
    assert_refused(ahttp_tls_new(ROOTS, .groups = "nothing"),
                   "make TLS settings: groups \"nothing\" names nothing that OpenSSL has");
    assert_refused(ahttp_tls_new(ROOTS, .min_version = AHTTP_TLS_1_3, .max_version = AHTTP_TLS_1_2),
                   "make TLS settings: min_version and max_version leave no version");
    assert_refused(ahttp_tls_new(ROOTS, .min_version = (ahttp_tls_version)2),
                   "make TLS settings: min_version and max_version leave no version");
    assert_refused(ahttp_tls_new(ROOTS, .alpn = "h2,http/1.1"),
                   "make TLS settings: alpn \"h2,http/1.1\" has an empty name, one of more than "
                   "255 bytes, or a protocol that this library does not speak");
    assert_refused(ahttp_tls_new(ROOTS, .alpn = "a,,b"),
                   "make TLS settings: alpn \"a,,b\" has an empty name, one of more than 255 "
                   "bytes, or a protocol that this library does not speak");
    assert_refused(ahttp_tls_new(ROOTS, .keylog_file = IN("none/at/all")),
                   "open key log DIR/none/at/all: no such file or directory");
    assert_refused(ahttp_tls_new(ROOTS, .insecure_skip_verify = true),
                   "make TLS settings: insecure_skip_verify makes ca_*, crl_file and "
                   "add_system_roots meaningless; leave out one or the other");
}

static void pins_that_are_none_are_refused(void **state)
{
    static const char *const weak[] = {"sha1:c2f0a3", "md5:00", "c2f0a3", ""};
    static const char *const damaged[] = {"cert-sha256:c2f0a3",
                                          "spki-sha256:", "sha256//c2f0a3=", "cert-sha256:x"};
    char expected[256];
    (void)state;

    for (size_t i = 0; i < COUNT_OF(weak); i++) {
        snprintf(expected, sizeof expected,
                 "read pin \"%s\": it must start with cert-sha256:, spki-sha256: or sha256//, as "
                 "MD5 and SHA-1 can be forged",
                 weak[i]);
        assert_refused(ahttp_tls_new(ROOTS, .pins = AHTTP_PINS(weak[i])), expected);
    }
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        snprintf(expected, sizeof expected,
                 "read pin \"%s\": what follows is neither 64 hex digits nor 44 letters of base64",
                 damaged[i]);
        assert_refused(ahttp_tls_new(ROOTS, .pins = AHTTP_PINS(damaged[i])), expected);
    }
}

static void all_settings_in_scarcity(void *ctx)
{
    (void)ctx;
    ahttp_tls *tls =
        ahttp_tls_new(LOCKED, .password = "secret", .alpn = "http/1.1,http/1.0",
                      .pins = AHTTP_PINS("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    if (tls)
        assert_null(ahttp_tls_error(tls));
    ahttp_tls_unref(tls);
}

static void every_allocation_of_all_settings_may_fail(void **state)
{
    (void)state;
    for_each_allocation(all_settings_in_scarcity, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_that_are_not_there_are_refused),
        cmocka_unit_test(client_certificates_that_cannot_be_read_are_refused),
        cmocka_unit_test(keys_that_do_not_fit_are_refused),
        cmocka_unit_test(passwords_that_are_wrong_or_missing_are_told_apart),
        cmocka_unit_test(stores_that_hold_no_key_are_refused),
        cmocka_unit_test(choices_that_openssl_does_not_have_are_refused),
        cmocka_unit_test(pins_that_are_none_are_refused),
        cmocka_unit_test(every_allocation_of_all_settings_may_fail),
    };

    return cmocka_run_group_tests(tests, begin_all, end_all);
}
