/* SPDX-License-Identifier: MIT */
/* What the options say of TLS, as the library's object. */
#include "run.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ahttp_tls_version version_of(int minor)
{
    return minor == 10   ? AHTTP_TLS_1_0
           : minor == 11 ? AHTTP_TLS_1_1
           : minor == 13 ? AHTTP_TLS_1_3
                         : AHTTP_TLS_1_2;
}

/* "file:password", where "\:" is a colon of the name. */
static char *cut_password(const char *given, char **password)
{
    text name = {0};

    *password = NULL;
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

/* A file with a key, or "sha256//...;sha256//...". */
static size_t read_pins(const char *given, list *pins)
{
    char *words = copy_text(given);

    for (char *word = strtok(words, ";"); word; word = strtok(NULL, ";"))
        list_add(pins, word);
    free(words);
    list_add_taken(pins, NULL);
    return pins->count - 1;
}

static bool has_own_settings(const settings *settings)
{
    return settings->insecure || settings->cacert || settings->capath || settings->cert ||
           settings->key || settings->pinned || settings->ciphers || settings->tls13_ciphers ||
           settings->tls_max || settings->tls_min || settings->crlfile;
}

bool tls_settings_make(const run *run, const settings *settings, ahttp_tls **tls, text *why,
                       int *code)
{
    list pins = {0};
    char *password = NULL;
    char *cert = settings->cert ? cut_password(settings->cert, &password) : NULL;
    bool is_p12 = cert && ((settings->cert_type && equal_nocase(settings->cert_type, "P12")) ||
                           ends_in(cert, ".p12") || ends_in(cert, ".pfx"));
    int max = settings->tls_max ? 10 + atoi(settings->tls_max + 2) : 0;

    (void)run;
    *code = is_missing(settings->cacert, "trust anchors from file", why) ? 77
            : is_missing(cert, "client certificate", why)                ? 58
            : is_missing(settings->key, "private key", why)              ? 58
                                                                         : 0;
    if (settings->pinned)
        read_pins(settings->pinned, &pins);
    if (*code == 0 && has_own_settings(settings)) {
        *tls = ahttp_tls_new(.ca_file = settings->cacert, .ca_dir = settings->capath,
                             .crl_file = settings->crlfile,
                             .pins = settings->pinned ? (const char *const *)pins.items : NULL,
                             .cert_file = is_p12 ? NULL : cert, .pkcs12_file = is_p12 ? cert : NULL,
                             .key_file = settings->key,
                             .password = settings->pass ? settings->pass : password,
                             .min_version = settings->tls_min ? version_of(settings->tls_min) : 0,
                             .max_version = max ? version_of(max) : 0, .ciphers = settings->ciphers,
                             .cipher_suites = settings->tls13_ciphers,
                             .insecure_skip_verify = settings->insecure);
        if (*tls && ahttp_tls_error(*tls)) {
            text_add_str(why, ahttp_tls_error(*tls)->message);
            *code = settings->cert ? 58 : settings->ciphers ? 59 : 77;
        }
    }
    list_free(&pins);
    free(cert);
    free(password);
    return *code == 0;
}
