/* SPDX-License-Identifier: MIT */
/* What the options say of TLS, as the library's object. */
#include "run.h"
#include "tls_files.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The options of one side, the server's or the proxy's. */
typedef struct side {
    const char *cacert, *capath, *cert, *key, *pass, *pinned;
    bool insecure;
} side;

static side side_of(const settings *settings, bool of_proxy)
{
    if (of_proxy)
        return (side){settings->proxy_cacert,  settings->proxy_capath, settings->proxy_cert,
                      settings->proxy_key,     settings->proxy_pass,   settings->proxy_pinned,
                      settings->proxy_insecure};
    return (side){settings->cacert, settings->capath, settings->cert,    settings->key,
                  settings->pass,   settings->pinned, settings->insecure};
}

static ahttp_tls_version version_of(int number)
{
    static const ahttp_tls_version versions[] = {AHTTP_TLS_1_0, AHTTP_TLS_1_1, AHTTP_TLS_1_2,
                                                 AHTTP_TLS_1_3};

    return number < 10 || number > 13 ? 0 : versions[number - 10];
}

/* "file:password", where "\:" is a colon of the name. */
static char *cut_password(const char *given, char **password)
{
    text name = {0};

    for (; *given; given++) {
        if (given[0] == '\\' && (given[1] == ':' || given[1] == '\\')) {
            text_add_char(&name, *++given);
        } else if (*given == ':') {
            *password = copy_text(given + 1);
            break;
        } else {
            text_add_char(&name, *given);
        }
    }
    return text_take(&name);
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && equal_nocase(text + len - end_len, end);
}

static bool is_missing(const char *path, const char *what, text *why)
{
    if (!path || access(path, R_OK) == 0)
        return false;
    text_add_format(why, "error adding %s: %s", what, path);
    return true;
}

/* "sha256//...;sha256//...", or a file: a list with NULL behind the last.  False: no such file. */
static bool read_pins(const char *given, list *pins)
{
    if (!starts_nocase(given, "sha256//")) {
        char *pin = tls_file_pin(given);
        if (pin) {
            list_add_taken(pins, pin);
            list_add_taken(pins, NULL);
        }
        return pin != NULL;
    }
    char *words = copy_text(given);
    for (char *word = strtok(words, ";"); word; word = strtok(NULL, ";"))
        list_add(pins, word);
    free(words);
    list_add_taken(pins, NULL);
    return true;
}

static bool is_plain(const side *side, const settings *settings)
{
    return !(side->insecure || side->cacert || side->capath || side->cert || side->key ||
             side->pinned || settings->ciphers || settings->tls13_ciphers || settings->tls_max ||
             settings->tls_min || settings->crlfile);
}

/* A client's certificate and key, each as a file, or as PEM where the file has DER. */
typedef struct client {
    char *cert, *password;
    char *cert_pem, *key_pem;
    bool is_p12, is_key_uri;
} client;

static void client_free(client *client)
{
    free(client->cert);
    free(client->password);
    free(client->cert_pem);
    free(client->key_pem);
}

static bool is_type(const char *type, const char *name)
{
    return type && equal_nocase(type, name);
}

static bool is_known_type(const char *type, const char *other)
{
    return !type || is_type(type, "PEM") || is_type(type, "DER") || is_type(type, other);
}

/* 0, or the exit code, with *why. */
static int read_client(const side *side, const settings *settings, client *client, text *why)
{
    enum { BAD_CERTIFICATE = 58, BAD_TRUST = 77 };
    const char *cert_type = settings->cert_type, *key_type = settings->key_type;

    client->cert = side->cert ? cut_password(side->cert, &client->password) : NULL;
    client->is_key_uri = is_type(key_type, "PROV");
    if (is_missing(side->cacert, "trust anchors from file", why))
        return BAD_TRUST;
    if (is_missing(client->cert, "client certificate", why) ||
        (!client->is_key_uri && is_missing(side->key, "private key", why)))
        return BAD_CERTIFICATE;
    if (!is_known_type(cert_type, "P12") || !is_known_type(key_type, "PROV")) {
        text_add_format(why, "not supported file type for certificate or private key: %s, %s",
                        cert_type ? cert_type : "PEM", key_type ? key_type : "PEM");
        return BAD_CERTIFICATE;
    }
    client->is_p12 = client->cert && (is_type(cert_type, "P12") || ends_in(client->cert, ".p12") ||
                                      ends_in(client->cert, ".pfx"));
    if (client->cert && is_type(cert_type, "DER"))
        client->cert_pem = tls_file_pem(client->cert, false);
    if (side->key && is_type(key_type, "DER"))
        client->key_pem = tls_file_pem(side->key, true);
    return 0;
}

static int code_of_error(const side *side, const settings *settings)
{
    enum {
        NO_HANDSHAKE = 35,
        BAD_CERTIFICATE = 58,
        BAD_CIPHER = 59,
        BAD_TRUST = 77,
        BAD_REVOCATIONS = 82
    };

    if (settings->crlfile && access(settings->crlfile, R_OK) < 0)
        return BAD_REVOCATIONS;
    if (settings->tls_max && 10 + atoi(settings->tls_max + 2) < settings->tls_min)
        return NO_HANDSHAKE;
    if (side->cert || side->key)
        return BAD_CERTIFICATE;
    return settings->ciphers || settings->tls13_ciphers ? BAD_CIPHER : BAD_TRUST;
}

static ahttp_tls *make(const side *side, const settings *settings, const client *client,
                       const list *pins)
{
    int max = settings->tls_max ? 10 + atoi(settings->tls_max + 2) : 0;
    bool is_cert_file = !client->is_p12 && !client->cert_pem;
    bool is_key_file = !client->is_key_uri && !client->key_pem;

    return ahttp_tls_new(.ca_file = side->cacert, .ca_dir = side->capath,
                         .crl_file = settings->crlfile,
                         .pins = pins->count ? (const char *const *)pins->items : NULL,
                         .cert_file = is_cert_file ? client->cert : NULL,
                         .cert_pem = client->cert_pem,
                         .pkcs12_file = client->is_p12 ? client->cert : NULL,
                         .key_file = is_key_file ? side->key : NULL, .key_pem = client->key_pem,
                         .key_uri = client->is_key_uri ? side->key : NULL,
                         .password = side->pass ? side->pass : client->password,
                         .min_version = version_of(settings->tls_min),
                         .max_version = version_of(max), .ciphers = settings->ciphers,
                         .cipher_suites = settings->tls13_ciphers,
                         .insecure_skip_verify = side->insecure);
}

bool tls_settings_make(const settings *settings, bool of_proxy, ahttp_tls **tls, text *why,
                       int *code)
{
    enum { BAD_PIN = 90 };
    side side = side_of(settings, of_proxy);
    client client = {0};
    list pins = {0};

    *tls = NULL;
    if (is_plain(&side, settings))
        return true;
    *code = read_client(&side, settings, &client, why);
    if (*code == 0 && side.pinned && !read_pins(side.pinned, &pins)) {
        text_add_format(why, "failed to read the public key from %s", side.pinned);
        *code = BAD_PIN;
    }
    if (*code == 0)
        *tls = make(&side, settings, &client, &pins);
    if (*tls && ahttp_tls_error(*tls)) {
        text_add_str(why, ahttp_tls_error(*tls)->message);
        *code = code_of_error(&side, settings);
    }
    list_free(&pins);
    client_free(&client);
    return *code == 0;
}
