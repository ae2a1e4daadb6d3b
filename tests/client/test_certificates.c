/* SPDX-License-Identifier: MIT */
/* What becomes of all kinds of certificates, as nginx and `openssl s_server` show them. */
#include "client/tls_server.h"

enum { MOST_CHAIN = 4 };

#define PREFIX "verify certificate of "

/* ---- The certificates ---- */

typedef enum who {
    NOBODY, /* the end of a chain */
    ROOT,   /* trusted */
    STRANGE_ROOT,
    STRICT_ROOT, /* trusted, for .inside.test only */
    MIDDLE,      /* these are issued by ROOT */
    OLD_MIDDLE,
    FALSE_MIDDLE, /* has no right to issue anything */
    GOOD,
    EXPIRED,
    EARLY,
    WILD,
    WILD_MIDDLE,
    WILD_PART,
    ADDRESS,
    ADDRESS_AS_NAME,
    ADDRESS_AS_CN,
    CN_ONLY,
    NUL_NAME,
    UPPER,
    MANY_NAMES,
    NO_SUBJECT,
    FOR_CLIENTS,
    WITH_SHA1,
    WEAK,
    BEHIND_MIDDLE, /* issued by MIDDLE, and so on */
    BEHIND_OLD,
    BEHIND_FALSE,
    ALONE, /* issued by itself */
    STRANGE,
    INSIDE,
    OUTSIDE,
    COUNT
} who;

static certificate *made[COUNT];

static void make_issuers(void)
{
    made[ROOT] = certificate_new(.common_name = "Root", .is_ca = true);
    made[STRANGE_ROOT] = certificate_new(.common_name = "Strange Root", .is_ca = true);
    made[STRICT_ROOT] = certificate_new(.common_name = "Strict Root", .is_ca = true,
                                        .constraints = "permitted;DNS:inside.test");
    made[MIDDLE] = certificate_new(.common_name = "Middle", .issuer = made[ROOT], .is_ca = true);
    made[OLD_MIDDLE] = certificate_new(.common_name = "Old Middle", .issuer = made[ROOT],
                                       .is_ca = true, .from_days = -20, .until_days = -10);
    made[FALSE_MIDDLE] = certificate_new(.common_name = "False Middle", .issuer = made[ROOT]);
}

#define LEAF(which, ca, ...)                                                                       \
    made[which] = certificate_new(.common_name = "leaf", .issuer = made[ca], __VA_ARGS__)

static void make_named(void)
{
    static char names[32 * 1000];

    for (int i = 0, len = 0; i < 1000; i++)
        len += snprintf(names + len, sizeof names - (size_t)len, "%sDNS:host%d.good.test",
                        i > 0 ? "," : "", i);
    LEAF(WILD, ROOT, .names = "DNS:*.wild.test");
    LEAF(WILD_MIDDLE, ROOT, .names = "DNS:a.*.test");
    LEAF(WILD_PART, ROOT, .names = "DNS:a*.wild.test");
    LEAF(ADDRESS, ROOT, .names = "IP:127.0.0.1");
    LEAF(ADDRESS_AS_NAME, ROOT, .names = "DNS:127.0.0.1");
    made[ADDRESS_AS_CN] = certificate_new(.common_name = "127.0.0.1", .issuer = made[ROOT]);
    made[CN_ONLY] = certificate_new(.common_name = "good.test", .issuer = made[ROOT]);
    LEAF(NUL_NAME, ROOT, .dns_bytes = "good.test\0.evil.test", .dns_len = 20);
    LEAF(UPPER, ROOT, .names = "DNS:GOOD.TEST");
    LEAF(MANY_NAMES, ROOT, .names = names);
    made[NO_SUBJECT] = certificate_new(.names = "DNS:good.test", .issuer = made[ROOT]);
}

static void make_leaves(void)
{
    LEAF(GOOD, ROOT, .names = "DNS:good.test");
    LEAF(EXPIRED, ROOT, .names = "DNS:good.test", .from_days = -20, .until_days = -1);
    LEAF(EARLY, ROOT, .names = "DNS:good.test", .from_days = 1, .until_days = 20);
    LEAF(FOR_CLIENTS, ROOT, .names = "DNS:good.test", .usage = "clientAuth");
    LEAF(WITH_SHA1, ROOT, .names = "DNS:good.test", .digest = "SHA1");
    LEAF(WEAK, ROOT, .names = "DNS:good.test", .rsa_bits = 512);
    LEAF(BEHIND_MIDDLE, MIDDLE, .names = "DNS:good.test");
    LEAF(BEHIND_OLD, OLD_MIDDLE, .names = "DNS:good.test");
    LEAF(BEHIND_FALSE, FALSE_MIDDLE, .names = "DNS:good.test");
    made[ALONE] = certificate_new(.common_name = "alone", .names = "DNS:good.test");
    LEAF(STRANGE, STRANGE_ROOT, .names = "DNS:good.test");
    LEAF(INSIDE, STRICT_ROOT, .names = "DNS:a.inside.test");
    LEAF(OUTSIDE, STRICT_ROOT, .names = "DNS:good.test");
}

/* ---- What becomes of them ---- */

typedef struct fate {
    const char *what;
    who chain[MOST_CHAIN]; /* as sent: the server's own comes first */
    const char *host;
    const char *message; /* of E_CERTIFICATE, a part; NULL: all is well */
    bool weak;           /* nginx does not take it */
    bool cannot_sign;    /* the key is good for TLS 1.2 without forward secrecy only */
} fate;

static const fate fates[] = {
    {"good", {GOOD}, .host = "good.test"},
    {"a dot behind the name", {GOOD}, .host = "good.test."},
    {"a name in another case", {GOOD}, .host = "GOOD.test"},
    {"expired",
     {EXPIRED},
     .host = "good.test",
     .message = "certificate has expired (certificate 0, CN=leaf, valid until "},
    {"not yet valid",
     {EARLY},
     .host = "good.test",
     .message = "certificate is not yet valid (certificate 0, CN=leaf, valid from "},
    {"another host",
     {GOOD},
     .host = "evil.test",
     .message = "evil.test: hostname mismatch (certificate 0, CN=leaf, names: good.test)"},
    {"self-signed",
     {ALONE},
     .host = "good.test",
     .message = "self-signed certificate (certificate 0, CN=alone, issued by CN=alone)"},
    {"unknown root",
     {STRANGE},
     .host = "good.test",
     .message = "unable to get local issuer certificate (certificate 0, CN=leaf, issued by "
                "CN=Strange Root)"},
    {"unknown root that is sent",
     {STRANGE, STRANGE_ROOT},
     .host = "good.test",
     .message = "self-signed certificate in certificate chain (certificate 1, CN=Strange Root, "},
    {"common name only",
     {CN_ONLY},
     .host = "good.test",
     .message = "hostname mismatch (certificate 0, CN=good.test, names: none)"},
    {"an address", {ADDRESS}, .host = "127.0.0.1"},
    {"an address for a name",
     {ADDRESS},
     .host = "good.test",
     .message = "hostname mismatch (certificate 0, CN=leaf, names: 127.0.0.1)"},
    {"another address",
     {GOOD},
     .host = "127.0.0.1",
     .message = "IP address mismatch (certificate 0, CN=leaf, names: good.test)"},
    {"an address as a name",
     {ADDRESS_AS_NAME},
     .host = "127.0.0.1",
     .message = "IP address mismatch"},
    {"an address as common name",
     {ADDRESS_AS_CN},
     .host = "127.0.0.1",
     .message = "IP address mismatch"},
    {"wildcard, one label", {WILD}, .host = "a.wild.test"},
    {"wildcard, two labels", {WILD}, .host = "a.b.wild.test", .message = "hostname mismatch"},
    {"wildcard, no label", {WILD}, .host = "wild.test", .message = "hostname mismatch"},
    {"wildcard in the middle", {WILD_MIDDLE}, .host = "a.b.test", .message = "hostname mismatch"},
    {"wildcard for a part of a label",
     {WILD_PART},
     .host = "ab.wild.test",
     .message = "hostname mismatch"},
    {"NUL in a name",
     {NUL_NAME},
     .host = "good.test",
     .message = "hostname mismatch (certificate 0, CN=leaf, names: good.test?.evil.test)"},
    {"upper-case name", {UPPER}, .host = "good.test"},
    {"a thousand names", {MANY_NAMES}, .host = "host999.good.test"},
    {"a thousand others",
     {MANY_NAMES},
     .host = "good.test",
     .message = "host9.good.test and 990 more)"},
    {"no subject", {NO_SUBJECT}, .host = "good.test"},
    {"intermediate", {BEHIND_MIDDLE, MIDDLE}, .host = "good.test"},
    {"intermediate and root", {BEHIND_MIDDLE, MIDDLE, ROOT}, .host = "good.test"},
    {"chain in another order", {BEHIND_MIDDLE, ROOT, MIDDLE}, .host = "good.test"},
    {"more than the chain", {BEHIND_MIDDLE, STRANGE_ROOT, MIDDLE}, .host = "good.test"},
    {"missing intermediate",
     {BEHIND_MIDDLE},
     .host = "good.test",
     .message =
         "unable to get local issuer certificate (certificate 0, CN=leaf, issued by CN=Middle)"},
    {"expired intermediate",
     {BEHIND_OLD, OLD_MIDDLE},
     .host = "good.test",
     .message = "certificate has expired (certificate 1, CN=Old Middle, valid until "},
    {"intermediate that is no authority",
     {BEHIND_FALSE, FALSE_MIDDLE},
     .host = "good.test",
     .message = "invalid CA certificate (certificate 1, CN=False Middle, "},
    {"within the constraints", {INSIDE}, .host = "a.inside.test"},
    {"beyond the constraints",
     {OUTSIDE},
     .host = "good.test",
     .message = "permitted subtree violation (certificate 0, CN=leaf, "},
    {"for clients",
     {FOR_CLIENTS},
     .host = "good.test",
     .message = "unsuitable certificate purpose (certificate 0, CN=leaf, "},
    {"signed by SHA-1",
     {WITH_SHA1},
     .host = "good.test",
     .message = "CA signature digest algorithm too weak (certificate 0, CN=leaf, ",
     .weak = true},
    {"RSA of 512 bits",
     {WEAK},
     .host = "good.test",
     .message = "EE certificate key too weak (certificate 0, CN=leaf, ",
     .weak = true,
     .cannot_sign = true},
};

static const char *part_path(program *server, size_t number, const char *what)
{
    char name[32];

    snprintf(name, sizeof name, "%zu.%s", number, what);
    return program_path(server, name);
}

static void write_chain(program *server, size_t number)
{
    const fate *it = &fates[number];
    const certificate *chain[MOST_CHAIN + 1] = {NULL};

    for (size_t i = 0; i < MOST_CHAIN && it->chain[i] != NOBODY; i++)
        chain[i] = made[it->chain[i]];
    certificate_write(chain[0], part_path(server, number, "pem"), part_path(server, number, "key"));
    certificate_write_all(chain, part_path(server, number, "pem"));
}

static client trusting_client(program *server, const char *ciphers)
{
    const certificate *trusted[] = {made[ROOT], made[STRICT_ROOT], NULL};

    certificate_write_all(trusted, program_path(server, "trusted"));
    return client_with(
        ahttp_tls_new(.ca_file = program_path(server, "trusted"), .ciphers = ciphers), true);
}

static void meet(client *it, const fate *its, uint16_t port)
{
    ahttp_response *response = ahttp_await(ahttp_get(it->session, url_of(its->host, port)));
    const ahttp_error *error = ahttp_task_error();

    if (its->message && response)
        fail_msg("%s: it was accepted", its->what);
    if (!its->message && !response)
        fail_msg("%s: %s", its->what, error->message);
    if (its->message && (error->code != AHTTP_E_CERTIFICATE || !strstr(error->message, PREFIX) ||
                         !strstr(error->message, its->message)))
        fail_msg("%s: %s is not \"%s\"", its->what, error->message, its->message);
    ahttp_response_unref(response);
}

static void nginx_meets_its_fate_with_each(void **state)
{
    program *nginx = program_new("nginx", "nginx-light");
    uint16_t ports[COUNT_OF(fates)];
    char servers[COUNT_OF(fates) * 256];
    size_t len = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fates); i++) {
        if (fates[i].weak)
            continue;
        write_chain(nginx, i);
        ports[i] = program_port(nginx);
        len += (size_t)snprintf(servers + len, sizeof servers - len,
                                "server { listen 127.0.0.1:%u ssl; ssl_certificate %zu.pem;\n"
                                "  ssl_certificate_key %zu.key; return 200; }\n",
                                ports[i], i, i);
        assert_true(len < sizeof servers);
    }
    write_nginx(nginx, servers);
    start_nginx(nginx, ports[0]);
    client it = trusting_client(nginx, NULL);

    for (size_t i = 0; i < COUNT_OF(fates); i++)
        if (!fates[i].weak)
            meet(&it, &fates[i], ports[i]);

    client_end(&it);
    program_stop(nginx);
}

static void openssl_meets_its_fate_with_each(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fates); i++) {
        program *server = program_new("openssl", "openssl");
        uint16_t port = program_port(server);
        char port_text[8];
        snprintf(port_text, sizeof port_text, "%u", port);
        write_chain(server, i);
        const char *chain = part_path(server, i, "pem");
        const char *ciphers = fates[i].cannot_sign ? "AES128-SHA" : NULL;
        client it = trusting_client(server, ciphers);
        program_start(server, port, "s_server", "-accept", port_text, "-cert", chain, "-cert_chain",
                      chain, "-key", part_path(server, i, "key"), "-www", "-cipher",
                      fates[i].cannot_sign ? "AES128-SHA:@SECLEVEL=0" : "DEFAULT:@SECLEVEL=0",
                      fates[i].cannot_sign ? "-tls1_2" : NULL);

        meet(&it, &fates[i], port);

        client_end(&it);
        program_stop(server);
    }
}

static void everything_is_accepted_where_nothing_is_verified(void **state)
{
    static const size_t some[] = {3, 6, 9, 30, 34};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(some); i++) {
        program *server = program_new("openssl", "openssl");
        uint16_t port = program_port(server);
        char port_text[8];
        snprintf(port_text, sizeof port_text, "%u", port);
        write_chain(server, some[i]);
        program_start(server, port, "s_server", "-accept", port_text, "-www", "-cert",
                      part_path(server, some[i], "pem"), "-key", part_path(server, some[i], "key"));
        client it = client_with(ahttp_tls_new(.insecure_skip_verify = true), true);

        assert_has(text_of(ahttp_get(it.session, url_of("good.test", port))), "s_server");

        client_end(&it);
        program_stop(server);
    }
}

static int begin(void **state)
{
    (void)state;
    make_issuers();
    make_named();
    make_leaves();
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        certificate_free(made[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nginx_meets_its_fate_with_each),
        cmocka_unit_test(openssl_meets_its_fate_with_each),
        cmocka_unit_test(everything_is_accepted_where_nothing_is_verified),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
