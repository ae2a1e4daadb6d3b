/* SPDX-License-Identifier: MIT */
/* Proxies as others make them: squid, tinyproxy, Dante, Twisted, microsocks, haproxy,
   mitmproxy. */
#include "fixture.h"

#include "support/certificates.h"
#include "support/program.h"
#include "support/tls_front.h"

static fixture f;
static tls_front *front; /* the same server by https */
static program *proxy;
static char proxy_url[64];

static int begin(void **state)
{
    (void)state;
    f = start(NULL, false);
    front = tls_front_start(server_port(f.server));
    return 0;
}

static int end(void **state)
{
    (void)state;
    finish(&f);
    tls_front_stop(front);
    program_stop(proxy);
    proxy = NULL;
    return 0;
}

static void name_it(const char *scheme, uint16_t port)
{
    snprintf(proxy_url, sizeof proxy_url, "%s://127.0.0.1:%u", scheme, port);
}

/* The front serves one connection after the other, so none is kept. */
#define ONCE .headers = AHTTP_PAIRS({"Connection", "close"})

static void assert_reaches_both(ahttp_proxy through)
{
    char by_name[64];

    snprintf(by_name, sizeof by_name, "https://localhost%s",
             strrchr(tls_front_url(front, "/bytes/6"), ':'));
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = through), "ok");
    assert_text(ahttp_get(f.session, tls_front_url(front, "/bytes/5"), ONCE, .proxy = through),
                "abcde");
    assert_text(ahttp_get(f.session, by_name, ONCE, .proxy = through), "abcdef");
}

/* Of no request that came through it. */
static void assert_no_login_arrived(void)
{
    for (size_t i = 0; i < server_count(f.server, SERVER_REQUESTS); i++)
        assert_false(
            server_request_has_field(server_request_at(f.server, i), "Proxy-Authorization"));
}

static void assert_status(ahttp_future *request, int status)
{
    ahttp_response *response = response_of(request);

    assert_int_equal(ahttp_response_status(response), status);
    ahttp_response_unref(response);
}

static const ahttp_error *refusal_of(ahttp_future *request)
{
    assert_null(ahttp_await(request));
    const ahttp_error *error = ahttp_task_error();
    if (error->code != AHTTP_E_PROXY)
        fail_msg("%s: %s", ahttp_error_name(error->code), error->message);
    return error;
}

#define HASHED_PASSWORD "$1$salt$qJH7.N4xYta3aEG/dfqo/0" /* "password" */

/* ---- squid ---- */

static void start_squid(const char *logins)
{
    uint16_t port = program_port(proxy);
    const char *folder = program_folder(proxy);

    const char *config = program_write(
        proxy, "squid.conf",
        "http_port 127.0.0.1:%u\n"
        "pid_filename %s/pid\naccess_log none\ncache_log %s/cache.log\ncache deny all\n"
        "coredump_dir %s\nvisible_hostname squid.test\nshutdown_lifetime 0 seconds\n%s"
        "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n",
        port, folder, folder, folder, logins);
    char service[32];
    snprintf(service, sizeof service, "t%u", port);
    program_start(proxy, port, "-N", "-n", service, "-f", config);
    name_it("http", port);
}

static void start_squid_with_passwords(void)
{
    char logins[1024];

    proxy = program_new("squid", "squid");
    program_write(proxy, "plain", "user:password\n");
    program_write(proxy, "hashed", "user:" HASHED_PASSWORD "\n");
    snprintf(logins, sizeof logins,
             "auth_param digest program /usr/lib/squid/digest_file_auth %s/plain\n"
             "auth_param digest realm squid\n"
             "auth_param basic program /usr/lib/squid/basic_ncsa_auth %s/hashed\n"
             "auth_param basic realm squid\n",
             program_folder(proxy), program_folder(proxy));
    start_squid(logins);
}

static void squid_lets_those_in_that_it_knows(void **state)
{
    (void)state;
    start_squid_with_passwords();
    const ahttp_proxy known = {.url = proxy_url, .auth = "user:password"};
    const ahttp_proxy by_digest = {.url = proxy_url, .auth = "user:password", .no_basic = true};
    const ahttp_proxy wrong = {.url = proxy_url, .auth = "user:wrong", .no_basic = true};
    const ahttp_proxy unknown = {.url = proxy_url};

    assert_reaches_both(known);
    assert_reaches_both(by_digest);
    assert_reaches_both(by_digest);
    assert_no_login_arrived();
    assert_status(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = unknown), 407);
    assert_status(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = wrong), 407);
    const ahttp_error *error =
        refusal_of(ahttp_get(f.session, tls_front_url(front, "/ok"), .proxy = unknown));
    assert_int_equal(error->status, 407);
    assert_true(error->body.len > 100);
    error = refusal_of(ahttp_get(f.session, tls_front_url(front, "/ok"), .proxy = wrong));
    assert_int_equal(error->status, 407);
    error = refusal_of(ahttp_get(f.session, "https://127.0.0.1:1/", .proxy = known));
    assert_int_equal(error->status, 503);
}

/* What squid's ntlm_fake_auth takes, which only reads who it is: messages 1 and 3 of NTLM. */
#define NTLM_BEGINS "TlRMTVNTUAABAAAABwIAAAAAAAAgAAAAAAAAACAAAAA="
#define NTLM_ANSWER                                                                                \
    "TlRMTVNTUAADAAAAGAAYAEAAAAAYABgAWAAAAAEAAQBwAAAAAgACAHEAAAABAAEA"                             \
    "cwAAAAAAAAB0AAAABwIAAExMTExMTExMTExMTExMTExMTExMTExMTE5OTk5OTk5O"                             \
    "Tk5OTk5OTk5OTk5OTk5OTkRtZVc="

/* Of each request squid wants to know anew who it is, but on a connection it knows that. */
static ahttp_future *speak_ntlm(const ahttp_auth_request *request, void *ctx)
{
    static const ahttp_pair begins[] = {{"Proxy-Authorization", "NTLM " NTLM_BEGINS}, {0}};
    static const ahttp_pair answers[] = {{"Proxy-Authorization", "NTLM " NTLM_ANSWER}, {0}};
    const char *token = ahttp_auth_challenge(request, "NTLM", NULL);
    const ahttp_pair *fields = !token ? NULL : *token ? answers : begins;
    ahttp_promise *promise;
    ahttp_future *future = ahttp_promise_new(&promise, NULL, NULL);

    ++*(int *)ctx;
    assert_string_equal(request->proxy, proxy_url);
    ahttp_promise_resolve(promise, (void *)(uintptr_t)fields, NULL);
    return future;
}

static void squid_and_ntlm_keep_to_one_connection(void **state)
{
    (void)state;
    int asked = 0;
    ahttp_connector_stats stats = {.size = sizeof stats};
    proxy = program_new("squid", "squid");
    start_squid("auth_param ntlm program /usr/lib/squid/ntlm_fake_auth\n");
    const ahttp_proxy by_ntlm = {
        .url = proxy_url, .authorize = speak_ntlm, .authorize_ctx = &asked};

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = by_ntlm), "ok");
    assert_int_equal(asked, 3);
    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = by_ntlm), "ok");
    assert_int_equal(asked, 4);
    ahttp_connector_get_stats(ahttp_session_connector(f.session), &stats);
    assert_int_equal(stats.opened, 1);
    assert_text(ahttp_get(f.session, tls_front_url(front, "/bytes/5"), ONCE, .proxy = by_ntlm),
                "abcde");
    assert_int_equal(asked, 7);
    assert_no_login_arrived();
}

/* ---- tinyproxy ---- */

static program *start_tinyproxy(uint16_t *port)
{
    program *tiny = program_new("tinyproxy", "tinyproxy-bin");
    int tls_port = atoi(strrchr(tls_front_url(front, ""), ':') + 1);

    *port = program_port(tiny);
    const char *config = program_write(tiny, "conf",
                                       "Port %u\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                                       "BasicAuth user password\nConnectPort %d\n",
                                       *port, tls_port);
    program_start(tiny, *port, "-d", "-c", config);
    return tiny;
}

static void tinyproxy_opens_some_ports_only(void **state)
{
    (void)state;
    uint16_t port;
    proxy = start_tinyproxy(&port);
    name_it("http", port);
    const ahttp_proxy known = {.url = proxy_url, .auth = "user:password"};

    assert_reaches_both(known);
    assert_no_login_arrived();
    assert_status(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy.url = proxy_url), 407);
    const ahttp_error *error =
        refusal_of(ahttp_get(f.session, "https://127.0.0.1:1/", .proxy = known));
    assert_int_equal(error->status, 403);
    assert_true(error->body.len > 0);
}

/* ---- Dante ---- */

static const char *write_dante(program *dante, uint16_t port, const char *method)
{
    return program_write(dante, "conf",
                         "logoutput: stderr\ninternal: 127.0.0.1 port = %u\nexternal: 127.0.0.1\n"
                         "clientmethod: none\nsocksmethod: %s\nuser.privileged: nobody\n"
                         "user.unprivileged: nobody\n"
                         "client pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }\n"
                         "socks block { from: 127.0.0.1/32 to: 127.0.0.2/32 }\n"
                         "socks pass { from: 127.0.0.1/32 to: 127.0.0.1/32 command: connect }\n",
                         port, method);
}

static uint16_t start_dante(program **dante)
{
    *dante = program_new("danted", "dante-server");
    uint16_t port = program_port(*dante);
    const char *config = write_dante(*dante, port, "none");

    program_start(*dante, port, "-f", config, "-p", program_path(*dante, "pid"));
    return port;
}

/* Dante asks the system who is who.  For it the files of a folder are the system's: by nss_wrapper,
   which comes between a program and its C library. */
static uint16_t start_dante_with_accounts(void)
{
    char accounts[3][300];

    proxy = program_new("env", "coreutils");
    uint16_t port = program_port(proxy);
    const char *config = write_dante(proxy, port, "username");
    program_write(proxy, "passwd",
                  "user:x:7777:7777::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n");
    program_write(proxy, "group", "users:x:7777:\nnogroup:x:65534:\n");
    program_write(proxy, "shadow", "user:" HASHED_PASSWORD ":19000:0:99999:7:::\n");
    snprintf(accounts[0], 300, "NSS_WRAPPER_PASSWD=%s", program_path(proxy, "passwd"));
    snprintf(accounts[1], 300, "NSS_WRAPPER_GROUP=%s", program_path(proxy, "group"));
    snprintf(accounts[2], 300, "NSS_WRAPPER_SHADOW=%s", program_path(proxy, "shadow"));
    program_start(proxy, port, "LD_PRELOAD=libnss_wrapper.so", accounts[0], accounts[1],
                  accounts[2], "danted", "-f", config, "-p", program_path(proxy, "pid"));
    return port;
}

static void dante_is_passed_by_each_version_of_socks(void **state)
{
    (void)state;
    uint16_t port = start_dante(&proxy);
    char by_name[64];

    for (size_t i = 0; i < 3; i++) {
        name_it((const char *[]){"socks4", "socks5", "socks5h"}[i], port);
        assert_reaches_both((ahttp_proxy){.url = proxy_url});
        snprintf(by_name, sizeof by_name, "http://localhost:%u/ok", server_port(f.server));
        assert_text(ahttp_get(f.session, by_name, .proxy.url = proxy_url), "ok");
    }
    assert_fails(ahttp_get(f.session, "http://127.0.0.2:1/", .proxy.url = proxy_url), AHTTP_E_PROXY,
                 "its rules do not allow this connection");
    assert_fails(ahttp_get(f.session, "http://127.0.0.1:1/", .proxy.url = proxy_url), AHTTP_E_PROXY,
                 "the host refused the connection");
}

static void dante_lets_those_in_that_have_an_account(void **state)
{
    (void)state;
    name_it("socks5h", start_dante_with_accounts());

    assert_reaches_both((ahttp_proxy){.url = proxy_url, .auth = "user:password"});
    assert_fails(ahttp_get(f.session, server_url(f.server, "/ok"),
                           .proxy = {.url = proxy_url, .auth = "user:wrong"}),
                 AHTTP_E_PROXY, "does not accept the user and password");
    assert_fails(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy.url = proxy_url),
                 AHTTP_E_PROXY, "no user is given");
}

/* ---- Twisted, which speaks SOCKS4A ---- */

static void twisted_looks_names_up_by_socks4a(void **state)
{
    (void)state;
    char number[8], by_name[64];
    proxy = program_new("twistd3|twistd", "python3-twisted");
    uint16_t port = program_port(proxy);
    snprintf(number, sizeof number, "%u", port);
    snprintf(by_name, sizeof by_name, "http://localhost:%u/ok", server_port(f.server));
    program_start(proxy, port, "-n", "--pidfile=", "socks", "-i", "127.0.0.1", "-p", number);

    name_it("socks4a", port);
    assert_reaches_both((ahttp_proxy){.url = proxy_url, .auth = "user"});
    assert_text(ahttp_get(f.session, by_name, .proxy.url = proxy_url), "ok");
    program_wait_for(proxy, "log", "user b'user'");
    name_it("socks4", port);
    assert_reaches_both((ahttp_proxy){.url = proxy_url});
    assert_fails(ahttp_get(f.session, "http://127.0.0.1:1/", .proxy.url = proxy_url), AHTTP_E_PROXY,
                 "it refuses, or the host cannot be reached from it");
}

/* ---- microsocks ---- */

static void microsocks_wants_user_and_password(void **state)
{
    (void)state;
    proxy = program_new("microsocks", "microsocks");
    uint16_t port = program_port(proxy);
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    program_start(proxy, port, "-i", "127.0.0.1", "-p", number, "-u", "user", "-P", "password");
    name_it("socks5h", port);

    assert_reaches_both((ahttp_proxy){.url = proxy_url, .auth = "user:password"});
    assert_fails(
        ahttp_get(f.session, "http://a.test/", .proxy = {.url = proxy_url, .auth = "user:wrong"}),
        AHTTP_E_PROXY, "does not accept the user and password");
    assert_fails(ahttp_get(f.session, "http://a.test/", .proxy.url = proxy_url), AHTTP_E_PROXY,
                 "no user is given");
}

/* ---- haproxy, which makes an https proxy of tinyproxy ---- */

static void start_haproxy(const certificate *leaf, uint16_t to_port)
{
    proxy = program_new("haproxy", "haproxy");
    uint16_t port = program_port(proxy);

    certificate_write(leaf, program_path(proxy, "leaf.pem"), program_path(proxy, "leaf.pem.key"));
    const char *config =
        program_write(proxy, "conf",
                      "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 30s\n"
                      "  timeout server 30s\n"
                      "frontend f\n  bind 127.0.0.1:%u ssl crt %s\n  default_backend b\n"
                      "backend b\n  server s 127.0.0.1:%u\n",
                      port, program_path(proxy, "leaf.pem"), to_port);
    program_start(proxy, port, "-db", "-f", config);
    name_it("https", port);
}

static void an_https_proxy_has_trust_of_its_own_and_tls_goes_through_tls(void **state)
{
    (void)state;
    certificate *root = certificate_new(.common_name = "Proxy Root", .is_ca = true);
    certificate *leaf = certificate_new(.names = "IP:127.0.0.1", .issuer = root);
    uint16_t port;
    program *tiny = start_tinyproxy(&port);
    start_haproxy(leaf, port);
    const char *root_path = program_path(proxy, "root.pem");
    certificate_write(root, root_path, NULL);
    ahttp_tls *trust = ahttp_tls_new(.ca_file = root_path);
    ahttp_tls *other = ahttp_tls_new(.insecure_skip_verify = true);
    ahttp_session *session = ahttp_session_new(.loop = f.loop, .proxy_tls = trust);

    assert_reaches_both((ahttp_proxy){.url = proxy_url, .auth = "user:password", .tls = trust});
    assert_text(ahttp_get(session, tls_front_url(front, "/ok"), ONCE,
                          .proxy = {.url = proxy_url, .auth = "user:password"}),
                "ok");
    assert_fails(
        ahttp_get(f.session, tls_front_url(front, "/ok"), .tls = other, .proxy.url = proxy_url),
        AHTTP_E_CERTIFICATE, "connect to proxy https://127.0.0.1:");
    assert_fails(ahttp_get(session, tls_front_url(front, "/ok"), .tls = trust,
                           .proxy = {.url = proxy_url, .auth = "user:password"}),
                 AHTTP_E_CERTIFICATE, ": verify certificate of 127.0.0.1");

    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
    ahttp_tls_unref(trust);
    ahttp_tls_unref(other);
    program_stop(tiny);
    certificate_free(leaf);
    certificate_free(root);
}

static void assert_certificate(const ahttp_response *response, ahttp_bytes expected)
{
    ahttp_bytes found = ahttp_peer_certificate(ahttp_response_peer(response), 0);

    assert_int_equal(found.len, expected.len);
    assert_memory_equal(found.data, expected.data, found.len);
}

static void behind_an_https_proxy_the_peer_is_who_answers(void **state)
{
    (void)state;
    certificate *leaf = certificate_new(.names = "IP:127.0.0.1");
    unsigned char *der = NULL;
    size_t der_len = (size_t)i2d_X509(leaf->x509, &der);
    uint16_t port;
    program *tiny = start_tinyproxy(&port);
    start_haproxy(leaf, port);
    ahttp_tls *trust = ahttp_tls_new(.ca_file = program_path(proxy, "leaf.pem"));
    const ahttp_proxy through = {.url = proxy_url, .auth = "user:password", .tls = trust};
    ahttp_response *direct = response_of(ahttp_get(f.session, tls_front_url(front, "/ok"), ONCE));
    ahttp_bytes of_host = ahttp_peer_certificate(ahttp_response_peer(direct), 0);
    assert_non_null(ahttp_await(ahttp_response_read(direct)));

    ahttp_response *host =
        response_of(ahttp_get(f.session, tls_front_url(front, "/ok"), ONCE, .proxy = through));
    ahttp_response *forwarded =
        response_of(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy = through));

    assert_certificate(host, of_host);
    assert_certificate(forwarded, (ahttp_bytes){der, der_len});
    assert_string_equal(ahttp_peer_address(ahttp_response_peer(host)), strstr(proxy_url, "127"));
    assert_string_equal(ahttp_peer_address(ahttp_response_peer(forwarded)),
                        strstr(proxy_url, "127"));
    ahttp_response_unref(direct);
    ahttp_response_unref(host);
    ahttp_response_unref(forwarded);
    ahttp_tls_unref(trust);
    program_stop(tiny);
    OPENSSL_free(der);
    certificate_free(leaf);
}

/* ---- One behind the other ---- */

static void a_socks_proxy_leads_to_an_http_proxy(void **state)
{
    (void)state;
    uint16_t port;
    program *tiny = start_tinyproxy(&port);
    char near[64];
    snprintf(near, sizeof near, "socks5://127.0.0.1:%u", start_dante(&proxy));
    name_it("http", port);

    assert_reaches_both((ahttp_proxy){
        .url = proxy_url, .auth = "user:password", .via = &(ahttp_proxy){.url = near}});

    program_stop(tiny);
}

/* ---- mitmproxy, which reads along ---- */

static void mitmproxy_is_trusted_by_its_own_root_only(void **state)
{
    (void)state;
    proxy = program_new("mitmdump", "mitmproxy");
    uint16_t port = program_port(proxy);
    char number[8], confdir[256];
    snprintf(number, sizeof number, "%u", port);
    snprintf(confdir, sizeof confdir, "confdir=%s", program_folder(proxy));
    program_start(proxy, port, "--set", confdir, "--listen-host", "127.0.0.1", "-p", number, "-q",
                  "--ssl-insecure");
    name_it("http", port);
    ahttp_tls *trust = ahttp_tls_new(.ca_file = program_path(proxy, "mitmproxy-ca-cert.pem"));

    assert_text(ahttp_get(f.session, server_url(f.server, "/ok"), .proxy.url = proxy_url), "ok");
    assert_text(ahttp_get(f.session, tls_front_url(front, "/bytes/5"), ONCE, .tls = trust,
                          .proxy.url = proxy_url),
                "abcde");
    assert_fails(ahttp_get(f.session, tls_front_url(front, "/ok"), .proxy.url = proxy_url),
                 AHTTP_E_CERTIFICATE, "verify certificate of 127.0.0.1");

    ahttp_tls_unref(trust);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(squid_lets_those_in_that_it_knows),
        HERE(squid_and_ntlm_keep_to_one_connection),
        HERE(tinyproxy_opens_some_ports_only),
        HERE(dante_is_passed_by_each_version_of_socks),
        HERE(dante_lets_those_in_that_have_an_account),
        HERE(twisted_looks_names_up_by_socks4a),
        HERE(microsocks_wants_user_and_password),
        HERE(an_https_proxy_has_trust_of_its_own_and_tls_goes_through_tls),
        HERE(behind_an_https_proxy_the_peer_is_who_answers),
        HERE(a_socks_proxy_leads_to_an_http_proxy),
        HERE(mitmproxy_is_trusted_by_its_own_root_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
