/* SPDX-License-Identifier: MIT */
/* Who to be: the client's certificate and key. */
#include "base/mem.h"
#include "tls/engine.h"
#include "tls/failure.h"
#include "tls/settings.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <string.h>

/* What OpenSSL's password callback gets. */
typedef struct asking {
    const ahttp_tls_options *options;
    const char *what;     /* the file or URI */
    bool is_asked;        /* for a password at all; the program is asked once */
    const char *password; /* and this was the answer */
    bool is_open;         /* a store was */
} asking;

typedef struct identity {
    X509 *certificate;
    STACK_OF(X509) * chain; /* the others, or NULL */
    EVP_PKEY *key;
    const char *certificate_from;
    const char *key_from;
} identity;

/* ---- Passwords ---- */

static const char *password_for(asking *ask)
{
    const ahttp_tls_options *options = ask->options;

    if (ask->is_asked)
        return ask->password;
    ask->is_asked = true;
    ask->password = options->password;
    if (!ask->password && options->password_of)
        ask->password = options->password_of(ask->what, options->password_ctx);
    return ask->password;
}

static int give_password(char *room, int cap, int for_writing, void *ctx)
{
    const char *password = password_for(ctx);
    size_t len = password ? OPENSSL_strlcpy(room, password, (size_t)cap) : SIZE_MAX;

    (void)for_writing;
    return len < (size_t)cap ? (int)len : -1;
}

/* Why a secret could not be read. */
static ahttp_error *unread(const asking *ask, const char *kind)
{
    ERR_clear_error();
    if (ask->is_asked && !ask->password)
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "load %s from %s: it is encrypted; give its password", kind, ask->what);
    return ah_error_new(AHTTP_E_TLS_SETTINGS, "load %s from %s: the password is wrong", kind,
                        ask->what);
}

/* ---- Files ---- */

/* Of a file, or of a text where there is no path. */
static BIO *open_pem(const char *path, const char *pem)
{
    return path ? BIO_new_file(path, "r") : BIO_new_mem_buf(pem, -1);
}

static ahttp_error *unopened(const char *kind, const char *path)
{
    return ah_tls_failure(AHTTP_E_TLS_SETTINGS, ERR_peek_error(), "load %s from %s", kind, path);
}

/* One more certificate; false when there is no more memory. */
static bool add_certificate(identity *who, X509 *certificate)
{
    if (!who->certificate) {
        who->certificate = certificate;
        return true;
    }
    if (!who->chain)
        who->chain = sk_X509_new_null();
    if (who->chain && sk_X509_push(who->chain, certificate) > 0)
        return true;
    X509_free(certificate);
    return false;
}

static ahttp_error *load_certificates(identity *who, const char *path, const char *pem)
{
    BIO *bio = open_pem(path, pem);
    bool is_whole = true;

    who->certificate_from = path ? path : "cert_pem";
    if (!bio)
        return unopened("client certificate", who->certificate_from);
    for (X509 *it; is_whole && (it = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL));)
        is_whole = add_certificate(who, it);
    BIO_free(bio);
    unsigned long why = ERR_peek_last_error();
    ERR_clear_error();
    if (!is_whole)
        return ah_error_no_memory();
    if (!who->certificate)
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "load client certificate from %s: it holds none in PEM",
                            who->certificate_from);
    if (ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "load client certificate from %s: one of its chain is damaged",
                            who->certificate_from);
    return NULL;
}

static ahttp_error *load_key(identity *who, const ahttp_tls_options *options, const char *path,
                             const char *pem)
{
    asking ask = {.options = options, .what = path ? path : "key_pem"};
    BIO *bio = open_pem(path, pem);

    who->key_from = ask.what;
    if (!bio)
        return unopened("client key", ask.what);
    who->key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &ask);
    BIO_free(bio);
    if (who->key)
        return NULL;
    if (ask.is_asked)
        return unread(&ask, "client key");
    ERR_clear_error();
    return ah_error_new(AHTTP_E_TLS_SETTINGS, "load client key from %s: it holds none in PEM",
                        ask.what);
}

/* ---- PKCS #12 ---- */

static ahttp_error *unpack(identity *who, asking *ask, PKCS12 *box)
{
    bool is_open = PKCS12_verify_mac(box, NULL, 0) || PKCS12_verify_mac(box, "", 0);
    const char *password = is_open ? NULL : password_for(ask);

    if (!is_open && (!password || !PKCS12_verify_mac(box, password, -1)))
        return unread(ask, "client certificate");
    ERR_clear_error();
    if (PKCS12_parse(box, password, &who->key, &who->certificate, &who->chain) != 1)
        return ah_tls_failure(AHTTP_E_TLS_SETTINGS, ERR_peek_error(),
                              "load client certificate from %s (files of old programs need "
                              "OpenSSL's legacy provider)",
                              ask->what);
    if (!who->certificate || !who->key)
        return ah_error_new(AHTTP_E_TLS_SETTINGS, "load client certificate from %s: it holds no %s",
                            ask->what, who->key ? "certificate" : "key");
    return NULL;
}

static ahttp_error *load_pkcs12(identity *who, const ahttp_tls_options *options)
{
    asking ask = {.options = options, .what = options->pkcs12_file};
    BIO *bio = BIO_new_file(ask.what, "rb");
    ahttp_error *error;

    who->certificate_from = who->key_from = ask.what;
    if (!bio)
        return unopened("client certificate", ask.what);
    PKCS12 *box = d2i_PKCS12_bio(bio, NULL);
    BIO_free(bio);
    if (box)
        error = unpack(who, &ask, box);
    else
        error = ah_error_new(AHTTP_E_TLS_SETTINGS,
                             "load client certificate from %s: it is not PKCS #12", ask.what);
    PKCS12_free(box);
    ERR_clear_error();
    return error;
}

/* ---- OpenSSL's stores: files, tokens, engines ---- */

static bool take_from_store(identity *who, OSSL_STORE_CTX *store)
{
    OSSL_STORE_INFO *info = OSSL_STORE_load(store);
    bool is_whole = true;

    if (!info)
        return true;
    if (!who->key && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
        who->key = OSSL_STORE_INFO_get1_PKEY(info);
    if (!who->certificate_from && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT)
        is_whole = add_certificate(who, OSSL_STORE_INFO_get1_CERT(info));
    OSSL_STORE_INFO_free(info);
    return is_whole;
}

static bool read_store(identity *who, UI_METHOD *ui, asking *ask)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(ask->what, ui, ask, NULL, NULL);
    bool is_whole = true;

    ask->is_open = store != NULL;
    while (store && is_whole && !OSSL_STORE_eof(store))
        is_whole = take_from_store(who, store);
    OSSL_STORE_close(store);
    return is_whole;
}

/* False when out of memory. */
static bool read_key_uri(identity *who, asking *ask)
{
    UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_password, 0);
    bool is_whole = ui != NULL;

    if (ui && ah_tls_is_engine_uri(ask->what))
        who->key = ah_tls_engine_key(ask->what, ui, ask);
    else if (ui)
        is_whole = read_store(who, ui, ask);
    UI_destroy_method(ui);
    return is_whole;
}

/* Engines say what they minded; of a file nobody can tell a wrong password from broken bytes. */
static bool is_about_password(const asking *ask, unsigned long why)
{
    const char *reason = ERR_reason_error_string(why);

    return !ask->password || !ah_tls_is_engine_uri(ask->what) || !reason || strstr(reason, "PIN");
}

static ahttp_error *load_key_uri(identity *who, const ahttp_tls_options *options)
{
    asking ask = {.options = options, .what = options->key_uri};
    ahttp_error *error = NULL;

    who->key_from = ask.what;
    bool is_whole = read_key_uri(who, &ask);
    unsigned long why = ERR_peek_error();
    if (!is_whole)
        error = ah_error_no_memory();
    else if (!who->key && ask.is_asked && is_about_password(&ask, why))
        error = unread(&ask, "client key");
    else if (!who->key && !ask.is_open)
        error = ah_tls_failure(AHTTP_E_TLS_SETTINGS, why, "load client key from %s", ask.what);
    else if (!who->key)
        error =
            ah_error_new(AHTTP_E_TLS_SETTINGS, "load client key from %s: it holds none", ask.what);
    if (!who->certificate_from)
        who->certificate_from = ask.what;
    ERR_clear_error();
    return error;
}

/* ---- All together ---- */

static ahttp_error *load(identity *who, const ahttp_tls_options *options)
{
    ahttp_error *error = NULL;

    if (options->pkcs12_file)
        return load_pkcs12(who, options);
    if (options->cert_file || options->cert_pem)
        error = load_certificates(who, options->cert_file, options->cert_pem);
    if (error)
        return error;
    if (options->key_uri)
        return load_key_uri(who, options);
    if (options->key_file || options->key_pem)
        return load_key(who, options, options->key_file, options->key_pem);
    return load_key(who, options, options->cert_file, options->cert_pem);
}

static ahttp_error *use(ahttp_tls *tls, const identity *who)
{
    if (!who->certificate)
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "use client key %s: there is no certificate for it; give cert_file",
                            who->key_from);
    if (X509_check_private_key(who->certificate, who->key) != 1) {
        ERR_clear_error();
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "use client key %s: it does not belong to the certificate in %s",
                            who->key_from, who->certificate_from);
    }
    ERR_clear_error();
    if (SSL_CTX_use_cert_and_key(tls->ctx, who->certificate, who->key, who->chain, 1) != 1)
        return ah_tls_failure(AHTTP_E_TLS_SETTINGS, ERR_peek_last_error(),
                              "use client certificate %s", who->certificate_from);
    SSL_CTX_set_post_handshake_auth(tls->ctx, 1);
    tls->has_certificate = true;
    return NULL;
}

static bool names_identity(const ahttp_tls_options *options)
{
    return options->cert_file || options->cert_pem || options->key_file || options->key_pem ||
           options->key_uri || options->pkcs12_file;
}

ahttp_error *ah_tls_identify(ahttp_tls *tls, const ahttp_tls_options *options)
{
    identity who = {0};

    if (!names_identity(options))
        return NULL;
    ERR_clear_error();
    ahttp_error *error = load(&who, options);
    if (!error)
        error = use(tls, &who);
    X509_free(who.certificate);
    sk_X509_pop_free(who.chain, X509_free);
    EVP_PKEY_free(who.key);
    return error;
}
