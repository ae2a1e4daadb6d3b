/* SPDX-License-Identifier: MIT */
/* Logging in to servers as others have written them: nginx for Basic, Apache and lighttpd for
   Digest. */
#include "fixture.h"
#include "support/program.h"

/* ann:secret, and for Digest H(ann:the realm:secret). */
#define BASIC_USERS  "ann:{PLAIN}secret\n"
#define DIGEST_USERS "ann:the realm:c343e0364cc318adad9dbd8ce8ee1e6e\n"

static ahttp_loop *loop;
static ahttp_session *session;

static int begin(void **state)
{
    (void)state;
    loop = ahttp_loop_new();
    session = ahttp_session_new(.loop = loop);
    return session ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
    return ahttp_loop_close(loop);
}

static const char *at(uint16_t port, const char *path)
{
    static char url[128];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    return url;
}

static void assert_status(ahttp_future *request, int status)
{
    ahttp_response *response = response_of(request);

    if (ahttp_response_status(response) != status)
        fail_msg("%s: %d is not %d", ahttp_response_url(response), ahttp_response_status(response),
                 status);
    assert_int_equal(ahttp_await_status(ahttp_response_read(response)), 0);
    ahttp_response_unref(response);
}

static void nginx_takes_basic(void **state)
{
    (void)state;
    program *nginx = program_new("nginx", "nginx-light");
    uint16_t port = program_port(nginx);
    program_write(nginx, "users", BASIC_USERS);
    program_write(nginx, "conf",
                  "daemon off; pid pid; error_log stderr; events {}\n"
                  "http { access_log off; client_body_temp_path t; proxy_temp_path t;\n"
                  "       fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;\n"
                  "       server { listen 127.0.0.1:%u; location / {\n"
                  "         auth_basic \"the realm\"; auth_basic_user_file %s;\n"
                  "         root %s; } } }\n",
                  port, program_path(nginx, "users"), program_folder(nginx));
    program_start(nginx, port, "-p", program_folder(nginx), "-c", "conf");

    assert_status(ahttp_get(session, at(port, "/users")), 401);
    assert_status(ahttp_get(session, at(port, "/users"), .auth = "ann:wrong"), 401);
    assert_status(ahttp_get(session, at(port, "/users"), .auth = "ann:secret"), 200);

    program_stop(nginx);
}

static program *start_apache(uint16_t *port, const char *more)
{
    program *apache = program_new("apache2|httpd", "apache2-bin");

    *port = program_port(apache);
    program_write(apache, "users", DIGEST_USERS);
    program_write(apache, "index", "hello");
    program_write(apache, "conf",
                  "ServerRoot %s\nServerName localhost\nListen 127.0.0.1:%u\n"
                  "PidFile pid\nErrorLog errors\nDefaultRuntimeDir .\n"
                  "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
                  "LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so\n"
                  "LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so\n"
                  "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
                  "LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so\n"
                  "LoadModule auth_digest_module /usr/lib/apache2/modules/mod_auth_digest.so\n"
                  "DocumentRoot %s\n"
                  "<Directory />\n  AuthType Digest\n  AuthName \"the realm\"\n"
                  "  AuthDigestDomain /\n  AuthUserFile users\n  %s\n  Require valid-user\n"
                  "</Directory>\n",
                  program_folder(apache), *port, program_folder(apache), more);
    program_start(apache, *port, "-D", "FOREGROUND", "-f", program_path(apache, "conf"));
    return apache;
}

static void apache_takes_digest(void **state)
{
    (void)state;
    uint16_t port;
    program *apache = start_apache(&port, "");
    assert_status(ahttp_get(session, at(port, "/index")), 401);
    assert_status(ahttp_get(session, at(port, "/index"), .digest_auth = "ann:wrong"), 401);

    for (int i = 0; i < 3; i++)
        assert_status(ahttp_get(session, at(port, "/index?n=1"), .digest_auth = "ann:secret"), 200);

    program_stop(apache);
}

/* With SHA-256, the user's name hashed as well (RFC 7616 §3.4.4): the hashes of "ann:the
   realm:secret" and of "ann:the realm". */
static void lighttpd_takes_digest_by_sha_256_and_hashed_users(void **state)
{
    (void)state;
    program *lighttpd = program_new("lighttpd", "lighttpd");
    uint16_t port = program_port(lighttpd);
    program_write(lighttpd, "users", "ann:the realm:%s:%s\n",
                  "93f392087b311274c833bec32ca9bf843e448412a6c37dde1599020fd1042cb2",
                  "be802b3e47d729a96f8e1d22688adcece64a22f0cb56837ab8564c077ae1aa23");
    program_write(lighttpd, "index", "hello");
    program_write(
        lighttpd, "conf",
        "server.document-root = \"%s\"\nserver.bind = \"127.0.0.1\"\nserver.port = %u\n"
        "server.modules = (\"mod_auth\", \"mod_authn_file\")\n"
        "auth.backend = \"htdigest\"\nauth.backend.htdigest.userfile = \"%s\"\n"
        "auth.require = (\"/\" => (\"method\" => \"digest\", \"realm\" => \"the realm\",\n"
        "  \"algorithm\" => \"SHA-256\", \"userhash\" => \"enable\",\n"
        "  \"require\" => \"valid-user\"))\n",
        program_folder(lighttpd), port, program_path(lighttpd, "users"));
    program_start(lighttpd, port, "-D", "-f", program_path(lighttpd, "conf"));

    ahttp_response *asked = response_of(ahttp_get(session, at(port, "/index")));
    assert_string_equal(ahttp_response_challenge(asked, "Digest", "algorithm"), "SHA-256");
    assert_string_equal(ahttp_response_challenge(asked, "Digest", "userhash"), "true");
    ahttp_response_unref(asked);
    assert_status(ahttp_get(session, at(port, "/index"), .digest_auth = "ann:wrong"), 401);
    for (int i = 0; i < 3; i++)
        assert_status(ahttp_get(session, at(port, "/index?n=1"), .digest_auth = "ann:secret"), 200);

    program_stop(lighttpd);
}

/* A nonce lives for a second, and each response brings the next one. */
static void apache_renews_its_nonces(void **state)
{
    (void)state;
    uint16_t port;
    program *apache = start_apache(&port, "AuthDigestNonceLifetime 1");
    assert_status(ahttp_get(session, at(port, "/index"), .digest_auth = "ann:secret"), 200);
    assert_int_equal(ahttp_await_status(ahttp_sleep(1200)), 0);

    assert_status(ahttp_get(session, at(port, "/index"), .digest_auth = "ann:secret"), 200);

    program_stop(apache);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nginx_takes_basic),
        TEST(apache_takes_digest),
        TEST(lighttpd_takes_digest_by_sha_256_and_hashed_users),
        TEST(apache_renews_its_nonces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
