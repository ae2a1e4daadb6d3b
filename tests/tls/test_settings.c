/* SPDX-License-Identifier: MIT */
#include "tls/fixture.h"

static void remove_hashed(const certificate *it, const char *dir)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%08lx.0", dir, X509_subject_name_hash(it->x509));
    assert_int_equal(unlink(path), 0);
}

/* Settings and handshake anew, with roots from wherever the environment says. */
static void connect_anew(fixture *f)
{
    tls_peer *peer = tls_peer_new(f->loop, .certificate = f->leaf);

    ahttp_tls_unref(f->tls);
    f->tls = ahttp_tls_new();
    if (ahttp_tls_error(f->tls))
        fail_msg("%s", ahttp_tls_error(f->tls)->message);
    start_handshake(f, peer, "server.example");
    run(f);
    if (f->user.transport)
        close_transport(&f->user);
    tls_peer_free(peer);
}

static void a_root_in_a_hashed_directory_is_trusted(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    char dirs[256];
    certificate_write_hashed(f.root, f.dir);
    snprintf(dirs, sizeof dirs, "/nowhere:%s", f.dir);
    setenv("SSL_CERT_DIR", dirs, 1);
    unsetenv("SSL_CERT_FILE");

    connect_anew(&f);

    assert_int_equal(f.user.code, 0);
    assert_int_equal(f.user.outcomes, 1);
    remove_hashed(f.root, f.dir);
    end(&f);
}

static void a_root_in_ssl_cert_file_is_trusted_beside_a_directory(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    certificate *other = certificate_new(.common_name = "Other", .is_ca = true);
    certificate_write_hashed(other, f.dir);

    connect_anew(&f);

    assert_int_equal(f.user.code, 0);
    remove_hashed(other, f.dir);
    certificate_free(other);
    end(&f);
}

static void the_systems_roots_are_found_without_any_variable(void **state)
{
    (void)state;
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    if (access(X509_get_default_cert_file(), R_OK) != 0) {
        print_message("this system has no bundle of roots at %s\n", X509_get_default_cert_file());
        skip();
    }

    ahttp_tls *tls = ahttp_tls_new();

    assert_null(ahttp_tls_error(tls));
    ahttp_tls_unref(tls);
}

static void a_missing_file_is_an_error_that_names_it(void **state)
{
    (void)state;
    setenv("SSL_CERT_FILE", "/nowhere/roots.pem", 1);

    ahttp_tls *tls = ahttp_tls_new();
    const ahttp_error *error = ahttp_tls_error(tls);

    assert_int_equal(error->code, AHTTP_E_TLS_SETTINGS);
    assert_string_equal(error->message, "load trusted certificates from /nowhere/roots.pem: "
                                        "no such file or directory");
    ahttp_tls_unref(tls);
}

static void a_file_without_certificates_is_an_error(void **state)
{
    (void)state;
    setenv("SSL_CERT_FILE", "/dev/null", 1);

    ahttp_tls *tls = ahttp_tls_new();
    const ahttp_error *error = ahttp_tls_error(tls);

    assert_int_equal(error->code, AHTTP_E_TLS_SETTINGS);
    assert_non_null(strstr(error->message, "/dev/null: "));
    ahttp_tls_unref(tls);
}

static void no_roots_at_all_is_an_error_that_says_what_to_do(void **state)
{
    (void)state;
    setenv("SSL_CERT_DIR", "/nowhere", 1);
    unsetenv("SSL_CERT_FILE");

    ahttp_tls *tls = ahttp_tls_new();
    const ahttp_error *error = ahttp_tls_error(tls);

    assert_int_equal(error->code, AHTTP_E_TLS_SETTINGS);
    assert_string_equal(error->message,
                        "find trusted certificates: /nowhere has no hashed ones; set "
                        "SSL_CERT_FILE to a file of them or SSL_CERT_DIR to a folder");
    ahttp_tls_unref(tls);
}

static void settings_may_be_given_up_before_its_connections(void **state)
{
    fixture f;
    (void)state;
    begin(&f);
    tls_peer *peer = tls_peer_new(f.loop, .certificate = f.leaf);
    start_handshake(&f, peer, "server.example");

    ahttp_tls_unref(f.tls);
    f.tls = NULL;
    run(&f);

    assert_non_null(f.user.transport);
    close_transport(&f.user);
    tls_peer_free(peer);
    end(&f);
}

static void make_settings(void *ctx)
{
    (void)ctx;

    ahttp_tls_unref(ahttp_tls_new());
}

static void every_allocation_of_settings_may_fail(void **state)
{
    (void)state;
    setenv("SSL_CERT_FILE", "/nowhere/roots.pem", 1);

    for_each_allocation(make_settings, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_in_a_hashed_directory_is_trusted),
        cmocka_unit_test(a_root_in_ssl_cert_file_is_trusted_beside_a_directory),
        cmocka_unit_test(the_systems_roots_are_found_without_any_variable),
        cmocka_unit_test(a_missing_file_is_an_error_that_names_it),
        cmocka_unit_test(a_file_without_certificates_is_an_error),
        cmocka_unit_test(no_roots_at_all_is_an_error_that_says_what_to_do),
        cmocka_unit_test(settings_may_be_given_up_before_its_connections),
        cmocka_unit_test(every_allocation_of_settings_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
