/* SPDX-License-Identifier: MIT */
/* What the options say of TLS, as the library's object. */
#include "run.h"
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

/* "sha256//...;sha256//...": a list with NULL behind the last. */
static void read_pins(const char *given, list *pins)
{
    char *words = copy_text(given);

    for (char *word = strtok(words, ";"); word; word = strtok(NULL, ";"))
        list_add(pins, word);
    free(words);
    list_add_taken(pins, NULL);
}

static bool is_plain(const side *side, const settings *settings)
{
    return !(side->insecure || side->cacert || side->capath || side->cert || side->key ||
             side->pinned || settings->ciphers || settings->tls13_ciphers || settings->tls_max ||
             settings->tls_min || settings->crlfile);
}

static int missing_file(const side *side, const char *cert, text *why)
{
    enum { BAD_CERTIFICATE = 58, BAD_TRUST = 77 };

    if (is_missing(side->cacert, "trust anchors from file", why))
        return BAD_TRUST;
    if (is_missing(cert, "client certificate", why) || is_missing(side->key, "private key", why))
        return BAD_CERTIFICATE;
    return 0;
}

static int code_of_error(const side *side, const settings *settings)
{
    enum { BAD_CERTIFICATE = 58, BAD_CIPHER = 59, BAD_TRUST = 77, BAD_REVOCATIONS = 82 };

    if (settings->crlfile && access(settings->crlfile, R_OK) < 0)
        return BAD_REVOCATIONS;
    if (side->cert || side->key)
        return BAD_CERTIFICATE;
    return settings->ciphers || settings->tls13_ciphers ? BAD_CIPHER : BAD_TRUST;
}

static ahttp_tls *make(const side *side, const settings *settings, const char *cert,
                       const char *password, const list *pins)
{
    bool is_p12 = cert && ((settings->cert_type && equal_nocase(settings->cert_type, "P12")) ||
                           ends_in(cert, ".p12") || ends_in(cert, ".pfx"));
    int max = settings->tls_max ? 10 + atoi(settings->tls_max + 2) : 0;

    return ahttp_tls_new(.ca_file = side->cacert, .ca_dir = side->capath,
                         .crl_file = settings->crlfile,
                         .pins = pins->count ? (const char *const *)pins->items : NULL,
                         .cert_file = is_p12 ? NULL : cert, .pkcs12_file = is_p12 ? cert : NULL,
                         .key_file = side->key, .password = side->pass ? side->pass : password,
                         .min_version = version_of(settings->tls_min),
                         .max_version = version_of(max), .ciphers = settings->ciphers,
                         .cipher_suites = settings->tls13_ciphers,
                         .insecure_skip_verify = side->insecure);
}

bool tls_settings_make(const settings *settings, bool of_proxy, ahttp_tls **tls, text *why,
                       int *code)
{
    side side = side_of(settings, of_proxy);
    list pins = {0};
    char *password = NULL;

    *tls = NULL;
    if (is_plain(&side, settings))
        return true;
    char *cert = side.cert ? cut_password(side.cert, &password) : NULL;
    *code = missing_file(&side, cert, why);
    if (side.pinned)
        read_pins(side.pinned, &pins);
    if (*code == 0)
        *tls = make(&side, settings, cert, password, &pins);
    if (*tls && ahttp_tls_error(*tls)) {
        text_add_str(why, ahttp_tls_error(*tls)->message);
        *code = code_of_error(&side, settings);
    }
    list_free(&pins);
    free(cert);
    free(password);
    return *code == 0;
}
