/* SPDX-License-Identifier: MIT */
/* Servers with whom there is no TLS, or which end it badly. */
#include "client/tls_server.h"
#include "support/server.h"
#include "support/tls_front.h"

static certificate *root, *leaf, *rsa, *me, *stranger;

static int begin(void **state)
{
    (void)state;
    root = certificate_new(.common_name = "Root", .is_ca = true);
    leaf = certificate_new(.common_name = "leaf", .names = "DNS:good.test", .issuer = root);
    rsa = certificate_new(.common_name = "rsa", .names = "DNS:good.test", .issuer = root,
                          .rsa_bits = 2048);
    me = certificate_new(.common_name = "me", .issuer = root);
    stranger = certificate_new(.common_name = "stranger");
    return 0;
}

static int end(void **state)
{
    (void)state;
    certificate_free(stranger);
    certificate_free(me);
    certificate_free(rsa);
    certificate_free(leaf);
    certificate_free(root);
    return 0;
}

/* ---- Servers that want what is not offered ---- */

typedef struct offer {
    const char *what;
    const char *arguments[12]; /* of s_server */
    ahttp_tls_options options;
    const char *own;     /* "me" or "stranger": the client's certificate */
    const char *message; /* of the failure; NULL: it works */
    int code;            /* default: E_TLS */
} offer;

/* The second group of RFC 2409 §6.2: 1024 bits. */
static const char small_group[] =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR\n"
    "Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL\n"
    "/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC\n"
    "-----END DH PARAMETERS-----\n";

#define BY_RSA "-cert", "rsa.pem", "-key", "rsa.key", "-tls1_2"
#define OLD    "DEFAULT:@SECLEVEL=0"
static const offer offers[] = {
    {"TLS 1.0 only",
     {"-tls1", "-cipher", OLD},
     .message = "tlsv1 alert protocol version (offered was TLS 1.2 to 1.3)"},
    {"TLS 1.1 only",
     {"-tls1_1", "-cipher", OLD},
     .message = "tlsv1 alert protocol version (offered was TLS 1.2 to 1.3)"},
    {"TLS 1.0, where that is wanted",
     {"-tls1", "-cipher", OLD},
     .options = {.min_version = AHTTP_TLS_1_0}},
    {"TLS 1.1, where that is wanted",
     {"-tls1_1", "-cipher", OLD},
     .options = {.min_version = AHTTP_TLS_1_1}},
    {"TLS 1.2", {"-tls1_2"}, .message = NULL},
    {"TLS 1.3 only, for a client of the past",
     {"-tls1_3"},
     .options = {.max_version = AHTTP_TLS_1_2},
     .message = "protocol version (offered was TLS 1.2 to 1.2)"},
    {"no encryption",
     {"-tls1_2", "-cipher", "NULL:@SECLEVEL=0"},
     .message = "handshake failure (no algorithm in common, or it wants a certificate"},
    {"no forward secrecy",
     {BY_RSA, "-cipher", "AES128-GCM-SHA256"},
     .message = "handshake failure (no algorithm in common"},
    {"no forward secrecy, where that is wanted",
     {BY_RSA, "-cipher", "AES128-GCM-SHA256"},
     .options = {.ciphers = "AES128-GCM-SHA256"}},
    {"a group of 1024 bits",
     {BY_RSA, "-cipher", "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-dhparam", "small"},
     .message = "TLS handshake with good.test: dh key too small"},
    {"a group of 2048 bits", {BY_RSA, "-cipher", "DHE-RSA-AES128-GCM-SHA256"}, .message = NULL},
    {"another suite",
     {"-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"},
     .options = {.cipher_suites = "TLS_AES_256_GCM_SHA384"},
     .message = "handshake failure (no algorithm in common"},
    {"another group",
     {"-tls1_3", "-groups", "P-384"},
     .options = {.groups = "X25519"},
     .message = "handshake failure (no algorithm in common"},
    {"another key share than the first", {"-tls1_3", "-groups", "P-384"}, .message = NULL},
    {"no certificate at all, though it may be offered",
     {"-tls1_2", "-nocert", "-cipher", "ADH:@SECLEVEL=0"},
     .options = {.ciphers = "ADH:@SECLEVEL=0"},
     .message = "verify certificate of good.test: the peer has none",
     .code = AHTTP_E_CERTIFICATE},
    {"HTTP/2 only",
     {"-alpn", "h2"},
     .message = "the peer speaks none of the protocols that were offered: http/1.1"},
    {"a certificate of the client's, before TLS 1.3",
     {"-tls1_2", "-Verify", "1", "-verify_return_error"},
     .message = "handshake failure (no algorithm in common, or it wants a certificate of the "
                "client's, and there is none)"},
    {"a certificate of the client's",
     {"-tls1_3", "-Verify", "1", "-verify_return_error"},
     .message = "(the peer wants a certificate of the client's: see cert_file of ahttp_tls)"},
    {"a certificate of the client's, and gets it",
     {"-tls1_3", "-Verify", "1", "-verify_return_error"},
     .own = "me"},
    {"another certificate of the client's, before TLS 1.3",
     {"-tls1_2", "-Verify", "1", "-verify_return_error"},
     .own = "stranger",
     .message = "(the peer refuses the client's certificate)"},
    {"another certificate of the client's",
     {"-tls1_3", "-Verify", "1", "-verify_return_error"},
     .own = "stranger",
     .message = "(the peer refuses the client's certificate)"},
};

static void start_openssl(program *server, uint16_t port, const offer *it)
{
    const char *arguments[32] = {"s_server", "-accept",  NULL,      "-cert",    "leaf.pem",
                                 "-key",     "leaf.key", "-CAfile", "root.pem", "-www"};
    size_t count = 10;
    char port_text[8];

    snprintf(port_text, sizeof port_text, "%u", port);
    arguments[2] = port_text;
    if (strcmp(it->arguments[1] ? it->arguments[1] : "", "-nocert") == 0) {
        arguments[3] = "-nocert";
        arguments[4] = "-www";
        count = 5;
    }
    for (size_t i = 0; i < COUNT_OF(it->arguments) && it->arguments[i]; i++)
        arguments[count++] = it->arguments[i];
    program_start_with(server, port, arguments);
}

static void meet(const offer *it)
{
    program *server = program_new("openssl", "openssl");
    uint16_t port = program_port(server);
    ahttp_tls_options options = it->options;
    char own[128], own_key[128];

    certificate_write(root, program_path(server, "root.pem"), NULL);
    certificate_write(leaf, program_path(server, "leaf.pem"), program_path(server, "leaf.key"));
    certificate_write(rsa, program_path(server, "rsa.pem"), program_path(server, "rsa.key"));
    program_write(server, "small", "%s", small_group);
    certificate_write(me, program_path(server, "me.pem"), program_path(server, "me.key"));
    certificate_write(stranger, program_path(server, "stranger.pem"),
                      program_path(server, "stranger.key"));
    options.size = sizeof options;
    options.ca_file = program_path(server, "root.pem");
    if (it->own) {
        snprintf(own, sizeof own, "%s/%s.pem", program_folder(server), it->own);
        snprintf(own_key, sizeof own_key, "%s/%s.key", program_folder(server), it->own);
        options.cert_file = own;
        options.key_file = own_key;
    }
    start_openssl(server, port, it);
    client user = client_with(ahttp_tls_create(&options), true);

    ahttp_response *response = ahttp_await(ahttp_get(user.session, url_of("good.test", port)));
    const ahttp_error *error = ahttp_task_error();
    if (it->message && response)
        fail_msg("%s: it was accepted", it->what);
    if (!it->message && !response)
        fail_msg("%s: %s", it->what, error->message);
    if (it->message && (error->code != (it->code ? it->code : AHTTP_E_TLS) ||
                        !strstr(error->message, it->message)))
        fail_msg("%s: %s: %s", it->what, ahttp_error_name(error->code), error->message);

    ahttp_response_unref(response);
    client_end(&user);
    program_stop(server);
}

static void a_server_that_wants_something_else_is_told_what_was_offered(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(offers); i++)
        meet(&offers[i]);
}

/* ---- What is no handshake ---- */

static const server_step closes[] = {READ_BYTES(1), CLOSE};
static const server_step resets[] = {READ_BYTES(1), RESET};
static const server_step says_http[] = {READ_BYTES(1), SEND("HTTP/1.1 400 Bad Request\r\n\r\n"),
                                        DRAIN, CLOSE};
static const server_step says_garbage[] = {READ_BYTES(1), SEND("SSH-2.0-OpenSSH_9.2\r\n"), DRAIN,
                                           CLOSE};
static const server_step says_half[] = {READ_BYTES(1), SEND_BYTES("\x16\x03\x03\x00\x7a\x02", 6),
                                        HALF_CLOSE, DRAIN, CLOSE};
static const server_step says_empty[] = {
    READ_BYTES(1), SEND_BYTES("\x16\x03\x03\x00\x04\x0e\x00\x00\x00", 9), DRAIN, CLOSE};
/* A ServerHello for TLS_RSA_WITH_3DES_EDE_CBC_SHA. */
static const server_step says_3des[] = {
    READ_BYTES(1),
    SEND_BYTES("\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03"
               "random random random random rand\x00\x00\x0a\x00",
               47),
    DRAIN, CLOSE};
static const server_step stalls[] = {READ_BYTES(1), HOLD};
static const server_step stalls_midway[] = {READ_BYTES(1),
                                            SEND_BYTES("\x16\x03\x03\x00\x7a\x02", 6), HOLD};

static void a_server_that_breaks_off_the_handshake_gets_its_own_error(void **state)
{
    static const struct {
        const server_step *steps;
        int code;
        const char *message;
    } cases[] = {
        {closes, AHTTP_E_DISCONNECTED, "TLS handshake with good.test: the peer closed"},
        {resets, AHTTP_E_DISCONNECTED, "TLS handshake with good.test: read from 127.0.0.1"},
        {says_http, AHTTP_E_TLS, "so the peer may not speak TLS on this port"},
        {says_garbage, AHTTP_E_TLS, "so the peer may not speak TLS on this port"},
        {says_half, AHTTP_E_DISCONNECTED, "TLS handshake with good.test: the peer closed"},
        {says_empty, AHTTP_E_TLS, "TLS handshake with good.test: unexpected message"},
        {says_3des, AHTTP_E_TLS, "TLS handshake with good.test: unknown cipher returned"},
        {stalls, AHTTP_E_TLS_TIMEOUT, "(tls_ms is 200)"},
        {stalls_midway, AHTTP_E_TLS_TIMEOUT, "(tls_ms is 200)"},
    };
    (void)state;
    test_root_install();

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_server *server = server_start(&(server_script){.others = cases[i].steps});
        client it = client_with(NULL, true);
        assert_fails(ahttp_get(it.session, url_of("good.test", server_port(server)),
                               .timeout = {.tls_ms = 200}),
                     cases[i].code, cases[i].message);
        client_end(&it);
        server_stop(server);
    }

    test_root_remove();
}

/* ---- Ends without close_notify ---- */

#define CUT(body) READ_REQUEST, SEND("HTTP/1.1 200 OK\r\n" body), WAIT_GATE(1), RESET
static const server_step cut_behind_length[] = {CUT("Content-Length: 2\r\n\r\nok")};
static const server_step cut_behind_chunks[] = {
    CUT("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")};
static const server_step cut_in_length[] = {CUT("Content-Length: 3\r\n\r\nok")};
static const server_step cut_in_chunks[] = {CUT("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")};
static const server_step cut_in_nothing[] = {CUT("\r\nok")};

/* RFC 9112 §9.8: only where the end of the connection is the end of the body it matters. */
static void an_end_without_close_notify_cuts_what_is_not_complete(void **state)
{
    static const struct {
        const server_step *steps;
        bool is_whole;
    } cases[] = {{cut_behind_length, true},
                 {cut_behind_chunks, true},
                 {cut_in_length, false},
                 {cut_in_chunks, false},
                 {cut_in_nothing, false}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        test_server *server = server_start(&(server_script){.connections = {cases[i].steps}});
        tls_front *front = tls_front_start(server_port(server));
        client it = client_with(NULL, false);
        ahttp_response *response = ahttp_await(ahttp_get(it.session, tls_front_url(front, "/")));
        assert_non_null(response);
        server_open_gate(server, 1);
        if (cases[i].is_whole)
            assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
        else
            assert_fails(ahttp_response_text(response), AHTTP_E_BODY_CUT,
                         "without TLS close_notify");
        ahttp_response_unref(response);
        client_end(&it);
        tls_front_stop(front);
        server_stop(server);
    }
}

static const server_step half[] = {READ_REQUEST,
                                   SEND("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"), HOLD};

static void a_record_that_was_changed_on_the_way_cuts_the_body(void **state)
{
    (void)state;
    test_server *server = server_start(&(server_script){.connections = {half}});
    tls_front *front = tls_front_start(server_port(server));
    tls_front_damage(front);
    client it = client_with(NULL, false);

    ahttp_response *response = ahttp_await(ahttp_get(it.session, tls_front_url(front, "/")));
    assert_non_null(response);
    assert_fails(ahttp_response_text(response), AHTTP_E_BODY_CUT,
                 "received 2 of 10 bytes, then read from 127.0.0.1:");
    assert_has(ahttp_task_error()->message, "bad record mac");

    ahttp_response_unref(response);
    client_end(&it);
    tls_front_stop(front);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_wants_something_else_is_told_what_was_offered),
        cmocka_unit_test(a_server_that_breaks_off_the_handshake_gets_its_own_error),
        cmocka_unit_test(an_end_without_close_notify_cuts_what_is_not_complete),
        cmocka_unit_test(a_record_that_was_changed_on_the_way_cuts_the_body),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
