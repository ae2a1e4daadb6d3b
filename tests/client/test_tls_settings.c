/* SPDX-License-Identifier: MIT */
/* What ahttp_tls can set, against nginx. */
#include "client/tls_server.h"
#include <openssl/evp.h>
#include <sys/stat.h>

static certificate *root, *leaf, *me;
static program *nginx;
static uint16_t port, demanding_port, old_port;

/* A server of one kind of certificate, one that demands the client's, and one of TLS 1.2. */
static int begin(void **state)
{
    char servers[2048];

    (void)state;
    root = certificate_new(.common_name = "Test Root", .is_ca = true);
    leaf = certificate_new(.common_name = "server", .issuer = root,
                           .names = "DNS:server.test,DNS:inner.test,DNS:localhost");
    me = certificate_new(.common_name = "me", .issuer = root, .usage = "clientAuth");
    nginx = program_new("nginx", "nginx-light");
    port = program_port(nginx);
    demanding_port = program_port(nginx);
    old_port = program_port(nginx);
    certificate_write(root, program_path(nginx, "root.pem"), NULL);
    certificate_write(leaf, program_path(nginx, "certificate"), program_path(nginx, "key"));
    certificate_write(me, program_path(nginx, "me.pem"), program_path(nginx, "me.key"));
    snprintf(servers, sizeof servers,
             "server { listen 127.0.0.1:%u ssl; location / { return 200 \"" NGINX_TELLS "\"; }\n"
             "  location = /here { return 302 /; }\n"
             "  location = /there { return 302 https://server.test:%u/; } }\n"
             "server { listen 127.0.0.1:%u ssl; ssl_verify_client on;\n"
             "  ssl_client_certificate root.pem; return 200 \"" NGINX_TELLS "\"; }\n"
             "server { listen 127.0.0.1:%u ssl; ssl_protocols TLSv1.2;\n"
             "  return 200 \"" NGINX_TELLS "\"; }\n",
             port, port, demanding_port, old_port);
    write_nginx(nginx, servers);
    start_nginx(nginx, port);
    return 0;
}

static int end(void **state)
{
    (void)state;
    program_stop(nginx);
    certificate_free(me);
    certificate_free(leaf);
    certificate_free(root);
    return 0;
}

static const char *file(const char *name)
{
    return program_path(nginx, name);
}

static const char *get(client *it, const char *host, uint16_t at)
{
    return text_of(ahttp_get(it->session, url_of(host, at)));
}

/* ---- Whom to trust ---- */

static void own_roots_come_from_file_text_and_directory(void **state)
{
    (void)state;
    char *pem = strdup(program_text(nginx, "root.pem"));
    assert_int_equal(mkdir(file("roots"), 0755), 0);
    certificate_write_hashed(root, file("roots"));
    ahttp_tls *all[] = {ahttp_tls_new(.ca_file = file("root.pem")), ahttp_tls_new(.ca_pem = pem),
                        ahttp_tls_new(.ca_dir = file("roots"))};

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        client it = client_with(all[i], false);
        assert_has(get(&it, "server.test", port), "name=server.test");
        client_end(&it);
    }

    free(pem);
}

static void own_roots_replace_the_systems_unless_those_are_added(void **state)
{
    (void)state;
    certificate *other = certificate_new(.common_name = "Other Root", .is_ca = true);
    certificate_write(other, file("other.pem"), NULL);
    setenv("SSL_CERT_FILE", file("root.pem"), 1);
    client without = client_with(ahttp_tls_new(.ca_file = file("other.pem")), false);
    client with =
        client_with(ahttp_tls_new(.ca_file = file("other.pem"), .add_system_roots = true), false);

    assert_fails(ahttp_get(without.session, url_of("server.test", port)), AHTTP_E_CERTIFICATE,
                 "unable to get local issuer certificate (certificate 0, CN=server, issued by "
                 "CN=Test Root)");
    assert_has(get(&with, "server.test", port), "name=server.test");

    unsetenv("SSL_CERT_FILE");
    client_end(&with);
    client_end(&without);
    certificate_free(other);
}

static void verification_can_be_skipped_by_saying_so(void **state)
{
    (void)state;
    client nothing = client_with(ahttp_tls_new(.insecure_skip_verify = true), false);
    client no_name =
        client_with(ahttp_tls_new(.ca_file = file("root.pem"), .insecure_skip_name = true), false);

    assert_has(get(&nothing, "other.test", port), "name=other.test");
    assert_has(get(&nothing, "127.0.0.1", port), "name= ");
    assert_has(get(&no_name, "other.test", port), "name=other.test");
    assert_has(get(&no_name, "127.0.0.1", port), "name= ");

    client_end(&no_name);
    client_end(&nothing);
}

static void a_revoked_certificate_is_refused_where_a_list_says_so(void **state)
{
    (void)state;
    certificate_write_crl(root, NULL, file("nobody.crl"));
    certificate_write_crl(root, leaf, file("server.crl"));
    client trusting = client_with(
        ahttp_tls_new(.ca_file = file("root.pem"), .crl_file = file("nobody.crl")), false);
    client knowing = client_with(
        ahttp_tls_new(.ca_file = file("root.pem"), .crl_file = file("server.crl")), false);

    assert_has(get(&trusting, "server.test", port), "name=server.test");
    assert_fails(ahttp_get(knowing.session, url_of("server.test", port)), AHTTP_E_CERTIFICATE,
                 "certificate revoked (certificate 0, CN=server");

    client_end(&knowing);
    client_end(&trusting);
}

/* ---- Pins ---- */

static void hex_of(const unsigned char digest[32], const char *prefix, char text[128])
{
    int len = snprintf(text, 128, "%s", prefix);

    for (int i = 0; i < 32; i++)
        len += snprintf(text + len, (size_t)(128 - len), "%02x", digest[i]);
}

static void pins_of(const certificate *it, char by_certificate[128], char by_key[128],
                    char in_base64[128])
{
    unsigned char digest[32], *der = NULL;

    X509_digest(it->x509, EVP_sha256(), digest, NULL);
    hex_of(digest, "cert-sha256:", by_certificate);
    int len = i2d_PUBKEY(it->key, &der);
    EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    hex_of(digest, "spki-sha256:", by_key);
    snprintf(in_base64, 128, "sha256//");
    EVP_EncodeBlock((unsigned char *)in_base64 + 8, digest, 32);
}

static void a_pin_matches_by_certificate_or_key(void **state)
{
    char by_certificate[128], by_key[128], in_base64[128], upper[128], other[128], unused[128];
    (void)state;
    pins_of(leaf, by_certificate, by_key, in_base64);
    pins_of(me, other, unused, unused);
    snprintf(upper, sizeof upper, "CERT-SHA256:");
    for (size_t i = 12, at = 12; by_certificate[i]; i += 2)
        at += (size_t)snprintf(upper + at, sizeof upper - at, "%s%c%c", i > 12 ? ":" : "",
                               by_certificate[i], by_certificate[i + 1]);
    ahttp_tls *all[] = {
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(by_certificate)),
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(by_key)),
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(in_base64)),
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(upper)),
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(other, by_key)),
        ahttp_tls_new(.insecure_skip_verify = true, .pins = AHTTP_PINS(by_key)),
    };

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        client it = client_with(all[i], false);
        assert_has(get(&it, "server.test", port), "name=server.test");
        client_end(&it);
    }
}

static void another_certificate_than_the_pinned_one_fails_with_both(void **state)
{
    char mine[128], my_key[128], its[128], its_key[128], unused[128], expected[1024];
    (void)state;
    pins_of(me, mine, my_key, unused);
    pins_of(leaf, its, its_key, unused);
    ahttp_tls *all[] = {
        ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(mine, my_key)),
        ahttp_tls_new(.insecure_skip_verify = true, .pins = AHTTP_PINS(mine, my_key))};
    snprintf(expected, sizeof expected,
             "verify pin of server.test: the certificate is %s with the key %s, pinned is %s or %s",
             its, its_key, mine, my_key);

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        client it = client_with(all[i], false);
        assert_fails(ahttp_get(it.session, url_of("server.test", port)), AHTTP_E_PIN, expected);
        client_end(&it);
    }
}

static void a_pin_does_not_replace_verification(void **state)
{
    char pin[128], unused[128];
    (void)state;
    pins_of(leaf, pin, unused, unused);
    client it =
        client_with(ahttp_tls_new(.ca_file = file("root.pem"), .pins = AHTTP_PINS(pin)), false);

    assert_fails(
        ahttp_get(it.session, url_of("other.test", port)), AHTTP_E_CERTIFICATE,
        "hostname mismatch (certificate 0, CN=server, names: server.test, inner.test, localhost)");

    client_end(&it);
}

/* ---- Who to be ---- */

static const char *answer_password(const char *what, void *ctx)
{
    snprintf(ctx, 256, "%s", what);
    return "secret";
}

static void a_client_certificate_is_shown_to_who_demands_it(void **state)
{
    char asked[256] = "", uri[512];
    (void)state;
    certificate_write_encrypted_key(me, "secret", file("locked.key"));
    certificate_write_pkcs12(me, "secret", file("me.p12"));
    certificate_write_pkcs12(me, NULL, file("open.p12"));
    char *certificate_text = strdup(program_text(nginx, "me.pem"));
    char *key_text = strdup(program_text(nginx, "me.key"));
    program_write(nginx, "both.pem", "%s%s", key_text, certificate_text);
    snprintf(uri, sizeof uri, "file:%s", file("me.key"));
#define ME .ca_file = file("root.pem")
    ahttp_tls *all[] = {
        ahttp_tls_new(ME, .cert_file = file("me.pem"), .key_file = file("me.key")),
        ahttp_tls_new(ME, .cert_file = file("both.pem")),
        ahttp_tls_new(ME, .cert_pem = certificate_text, .key_pem = key_text),
        ahttp_tls_new(ME, .cert_file = file("me.pem"), .key_file = file("locked.key"),
                      .password = "secret"),
        ahttp_tls_new(ME, .cert_file = file("me.pem"), .key_file = file("locked.key"),
                      .password_of = answer_password, .password_ctx = asked),
        ahttp_tls_new(ME, .pkcs12_file = file("me.p12"), .password = "secret"),
        ahttp_tls_new(ME, .pkcs12_file = file("open.p12")),
        ahttp_tls_new(ME, .cert_file = file("me.pem"), .key_uri = uri),
    };
#undef ME

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        client it = client_with(all[i], false);
        assert_has(get(&it, "server.test", demanding_port), "client=CN=me");
        client_end(&it);
    }

    assert_string_equal(asked, file("locked.key"));
    free(key_text);
    free(certificate_text);
}

static void without_a_client_certificate_the_server_says_what_it_wants(void **state)
{
    (void)state;
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);

    assert_has(get(&it, "server.test", demanding_port), "No required SSL certificate was sent");

    client_end(&it);
}

/* ---- Per request ---- */

static void settings_of_a_request_are_its_own_and_share_no_connection(void **state)
{
    (void)state;
    ahttp_tls *with_me = ahttp_tls_new(.ca_file = file("root.pem"), .cert_file = file("me.pem"),
                                       .key_file = file("me.key"));
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);
    ahttp_connector_stats stats = {.size = sizeof stats};
    const char *url = url_of("server.test", demanding_port);

    assert_has(text_of(ahttp_get(it.session, url, .tls = with_me)), "client=CN=me");
    assert_has(text_of(ahttp_get(it.session, url)), "No required SSL certificate");
    assert_has(text_of(ahttp_get(it.session, url, .tls = with_me)), "client=CN=me");

    ahttp_connector_get_stats(ahttp_session_connector(it.session), &stats);
    assert_int_equal(stats.opened, 2);
    assert_int_equal(stats.reused, 1);
    ahttp_tls_unref(with_me);
    client_end(&it);
}

static void the_connectors_own_settings_make_no_difference_when_given_again(void **state)
{
    (void)state;
    ahttp_tls *tls = ahttp_tls_new(.ca_file = file("root.pem"));
    client it = client_with(ahttp_tls_ref(tls), false);
    ahttp_connector_stats stats = {.size = sizeof stats};

    text_of(ahttp_get(it.session, url_of("server.test", port)));
    text_of(ahttp_get(it.session, url_of("server.test", port), .tls = tls));

    ahttp_connector_get_stats(ahttp_session_connector(it.session), &stats);
    assert_int_equal(stats.opened, 1);
    ahttp_tls_unref(tls);
    client_end(&it);
}

static void another_server_name_is_asked_for_and_verified(void **state)
{
    (void)state;
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);
    ahttp_connector_stats stats = {.size = sizeof stats};
    char host[64];
    snprintf(host, sizeof host, "host=127.0.0.1:%u", port);

    const char *text =
        text_of(ahttp_get(it.session, url_of("127.0.0.1", port), .server_name = "inner.test"));
    assert_has(text, "name=inner.test");
    assert_has(text, host);
    assert_fails(ahttp_get(it.session, url_of("127.0.0.1", port)), AHTTP_E_CERTIFICATE,
                 "IP address mismatch");
    assert_fails(ahttp_get(it.session, url_of("server.test", port), .server_name = "no.test"),
                 AHTTP_E_CERTIFICATE, "verify certificate of no.test: hostname mismatch");
    assert_fails(ahttp_get(it.session, url_of("server.test", port), .server_name = ""),
                 AHTTP_E_ARGUMENT, "server_name");

    ahttp_connector_get_stats(ahttp_session_connector(it.session), &stats);
    assert_int_equal(stats.idle, 1);
    client_end(&it);
}

/* The proxy gets an address here, and the server the name. */
static void in_a_tunnel_name_and_protocols_are_the_hosts(void **state)
{
    char number[8], url[64];
    (void)state;
    program *proxy = program_new("microsocks", "microsocks");
    uint16_t proxy_port = program_port(proxy);
    snprintf(number, sizeof number, "%u", proxy_port);
    snprintf(url, sizeof url, "socks5://127.0.0.1:%u", proxy_port);
    program_start(proxy, proxy_port, "-i", "127.0.0.1", "-p", number);
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);

    const char *text =
        text_of(ahttp_get(it.session, url_of("server.test", port), .proxy.url = url));
    assert_has(text, "name=server.test");
    assert_has(text, "alpn=http/1.1");
    text = text_of(ahttp_get(it.session, url_of("server.test", port), .proxy.url = url,
                             .server_name = "inner.test"));
    assert_has(text, "name=inner.test");

    client_end(&it);
    program_stop(proxy);
}

static void another_server_name_is_not_for_the_host_that_a_redirect_leads_to(void **state)
{
    (void)state;
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);
    char url[300];

    snprintf(url, sizeof url, "%shere", url_of("127.0.0.1", port));
    assert_has(text_of(ahttp_get(it.session, url, .server_name = "inner.test")), "name=inner.test");
    snprintf(url, sizeof url, "%sthere", url_of("127.0.0.1", port));
    assert_has(text_of(ahttp_get(it.session, url, .server_name = "inner.test")),
               "name=server.test");

    client_end(&it);
}

static void a_dot_behind_the_name_is_for_the_resolver_only(void **state)
{
    (void)state;
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);

    assert_has(get(&it, "server.test.", port), "name=server.test ");

    client_end(&it);
}

static void an_international_name_is_asked_for_by_its_a_label(void **state)
{
    (void)state;
    client it = client_with(ahttp_tls_new(.insecure_skip_verify = true), false);

    if (ahttp_has_feature(AHTTP_FEATURE_IDN))
        assert_has(get(&it,
                       "b\xc3\xbc"
                       "cher.test",
                       port),
                   "name=xn--bcher-kva.test ");
    else
        assert_fails(ahttp_get(it.session, url_of("b\xc3\xbc", port)), AHTTP_E_URL, "");

    client_end(&it);
}

/* ---- Which TLS ---- */

static void versions_and_protocols_are_as_set(void **state)
{
    (void)state;
    client old =
        client_with(ahttp_tls_new(.ca_file = file("root.pem"), .max_version = AHTTP_TLS_1_2,
                                  .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384", .groups = "P-256"),
                    false);
    client new = client_with(ahttp_tls_new(.ca_file = file("root.pem"), .alpn = "",
                                           .min_version = AHTTP_TLS_1_3,
                                           .cipher_suites = "TLS_CHACHA20_POLY1305_SHA256"),
                             false);

    assert_has(get(&old, "server.test", port), "protocol=TLSv1.2 ");
    assert_has(get(&old, "server.test", port), "alpn=http/1.1 ");
    assert_has(get(&new, "server.test", port), "protocol=TLSv1.3 ");
    assert_has(get(&new, "server.test", port), "alpn= ");
    assert_fails(ahttp_get(new.session, url_of("server.test", old_port)), AHTTP_E_TLS,
                 "tlsv1 alert protocol version (offered was TLS 1.3 to 1.3)");

    client_end(&new);
    client_end(&old);
}

/* ---- Resumption ---- */

/* Connections that resume a session share its certificates. */
static void assert_same_certificate(const ahttp_peer *one, const ahttp_peer *other, bool is_shared)
{
    ahttp_bytes first = ahttp_peer_certificate(one, 0), second = ahttp_peer_certificate(other, 0);

    assert_int_equal(first.data == second.data, is_shared);
    assert_true(first.len > 0 && first.len == second.len);
}

static void assert_resumes(ahttp_tls *tls, uint16_t at, bool expected)
{
    client it = client_with(tls, true);
    ahttp_peer *first = NULL;

    for (int i = 0; i < 4; i++) {
        ahttp_response *response = ahttp_await(ahttp_get(it.session, url_of("server.test", at)));
        assert_non_null(response);
        const char *text = ahttp_await(ahttp_response_text(response));
        assert_has(text, i > 0 && expected ? "resumed=r " : "resumed=. ");
        assert_int_equal(ahttp_peer_tls_resumed(ahttp_response_peer(response)), i > 0 && expected);
        first = i == 0 ? ahttp_peer_ref(ahttp_response_peer(response)) : first;
        if (i > 0)
            assert_same_certificate(first, ahttp_response_peer(response), expected);
        ahttp_response_unref(response);
    }
    ahttp_peer_unref(first);
    client_end(&it);
}

static void sessions_of_tls_1_3_and_1_2_are_resumed(void **state)
{
    (void)state;
    assert_resumes(ahttp_tls_new(.ca_file = file("root.pem")), port, true);
    assert_resumes(ahttp_tls_new(.ca_file = file("root.pem")), old_port, true);
}

static void sessions_are_not_resumed_where_that_is_not_wanted(void **state)
{
    (void)state;
    assert_resumes(ahttp_tls_new(.ca_file = file("root.pem"), .no_resumption = true), port, false);
    assert_resumes(ahttp_tls_new(.ca_file = file("root.pem"), .no_resumption = true), old_port,
                   false);
}

/* ---- Key log ---- */

static void count_line(const char *line, void *ctx)
{
    int *counts = ctx;

    counts[0]++;
    counts[1] += strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0;
}

static void secrets_are_logged_where_that_is_asked_for(void **state)
{
    int counts[2] = {0};
    (void)state;
    setenv("SSLKEYLOGFILE", file("from_environment"), 1);
    ahttp_tls *all[] = {
        ahttp_tls_new(.ca_file = file("root.pem")),
        ahttp_tls_new(.ca_file = file("root.pem"), .keylog_file = file("from_option")),
        ahttp_tls_new(.ca_file = file("root.pem"), .keylog = count_line, .keylog_ctx = counts)};
    unsetenv("SSLKEYLOGFILE");

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        client it = client_with(all[i], false);
        get(&it, "server.test", port);
        client_end(&it);
    }

    assert_has(program_text(nginx, "from_environment"), "\nCLIENT_TRAFFIC_SECRET_0 ");
    const char *log = program_text(nginx, "from_option");
    assert_has(log, "CLIENT_HANDSHAKE_TRAFFIC_SECRET ");
    assert_true(log[strlen(log) - 1] == '\n');
    assert_true(counts[0] >= 5);
    assert_int_equal(counts[1], 1);
}

/* ---- The example ---- */

#ifdef EXAMPLE
static void the_example_shows_who_it_is(void **state)
{
    (void)state;
    program *example = program_new(EXAMPLE, "libahttp");
    const char *url = url_of("localhost", demanding_port);

    program_start(example, 0, url, file("root.pem"), file("me.pem"), file("me.key"));
    assert_int_equal(program_wait(example), 0);
    assert_has(program_text(example, "log"), "TLSv1.3, TLS_");
    assert_has(program_text(example, "log"), "client=CN=me");
    program_start(example, 0, url, file("me.pem"), file("me.pem"), file("me.key"));
    assert_int_equal(program_wait(example), 1);
    assert_has(program_text(example, "log"), "verify certificate of localhost: ");

    program_stop(example);
}
#endif

/* ---- Traces ---- */

static char told[600];

static void tell(const ahttp_trace_info *info, void *ctx)
{
    static const char *const names[AHTTP_TRACE_EVENTS] = {
        [AHTTP_TRACE_CREATE_START] = "create", [AHTTP_TRACE_TLS_START] = "tls",
        [AHTTP_TRACE_TLS_END] = "tls-end",     [AHTTP_TRACE_CREATE_END] = "created",
        [AHTTP_TRACE_EXCEPTION] = "exception",
    };
    bool is_mine = info->request_ctx == ctx;

    if (names[info->event])
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s%s %s %d|", names[info->event],
                 is_mine ? "" : "(not mine)", info->text ? "text" : "-", info->code != 0);
}

static void handshakes_are_told_to_traces_with_the_context_of_their_request(void **state)
{
    int mine;
    (void)state;
    const ahttp_trace trace = {.size = sizeof trace, .ctx = &mine, .any = tell};
    client it = client_with(ahttp_tls_new(.ca_file = file("root.pem")), false);
    ahttp_session *session = ahttp_session_new(.connector = ahttp_session_connector(it.session),
                                               .traces = AHTTP_TRACES(&trace));

    text_of(ahttp_get(session, url_of("server.test", port), .trace_ctx = &mine));
    assert_string_equal(told, "create - 0|tls text 0|tls-end text 0|created - 0|");
    told[0] = '\0';
    assert_null(ahttp_await(ahttp_get(session, url_of("other.test", port), .trace_ctx = &mine)));
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    assert_string_equal(told, "create - 0|tls text 0|tls-end text 1|created - 1|exception text 1|");
    ahttp_session_unref(session);
    client_end(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_roots_come_from_file_text_and_directory),
        cmocka_unit_test(handshakes_are_told_to_traces_with_the_context_of_their_request),
        cmocka_unit_test(own_roots_replace_the_systems_unless_those_are_added),
        cmocka_unit_test(verification_can_be_skipped_by_saying_so),
        cmocka_unit_test(a_revoked_certificate_is_refused_where_a_list_says_so),
        cmocka_unit_test(a_pin_matches_by_certificate_or_key),
        cmocka_unit_test(another_certificate_than_the_pinned_one_fails_with_both),
        cmocka_unit_test(a_pin_does_not_replace_verification),
        cmocka_unit_test(a_client_certificate_is_shown_to_who_demands_it),
        cmocka_unit_test(without_a_client_certificate_the_server_says_what_it_wants),
        cmocka_unit_test(settings_of_a_request_are_its_own_and_share_no_connection),
        cmocka_unit_test(the_connectors_own_settings_make_no_difference_when_given_again),
        cmocka_unit_test(another_server_name_is_asked_for_and_verified),
        cmocka_unit_test(in_a_tunnel_name_and_protocols_are_the_hosts),
        cmocka_unit_test(another_server_name_is_not_for_the_host_that_a_redirect_leads_to),
        cmocka_unit_test(a_dot_behind_the_name_is_for_the_resolver_only),
        cmocka_unit_test(an_international_name_is_asked_for_by_its_a_label),
        cmocka_unit_test(versions_and_protocols_are_as_set),
        cmocka_unit_test(sessions_of_tls_1_3_and_1_2_are_resumed),
        cmocka_unit_test(sessions_are_not_resumed_where_that_is_not_wanted),
        cmocka_unit_test(secrets_are_logged_where_that_is_asked_for),
#ifdef EXAMPLE
        cmocka_unit_test(the_example_shows_who_it_is),
#endif
    };

    return cmocka_run_group_tests(tests, begin, end);
}
