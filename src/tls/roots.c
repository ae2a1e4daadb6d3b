/* SPDX-License-Identifier: MIT */
/* Whom to trust. */
#include "base/buf.h"
#include "tls/failure.h"
#include "tls/settings.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

/* A program that has more rights than whoever started it must not be told whom to trust. */
const char *ah_tls_environment(const char *name)
{
    if (getuid() != geteuid() || getgid() != getegid())
        return NULL;
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* ---- Bundles ---- */

static ahttp_error *trust_text(ahttp_tls *tls, ah_str pem, const char *from)
{
    ahttp_error *error = NULL;
    ah_tls_bundle *bundle = ah_tls_bundle_add(SSL_CTX_get_cert_store(tls->ctx), pem, from, &error);

    if (bundle)
        tls->bundles[tls->bundle_count++] = bundle;
    return error;
}

static bool read_whole(const char *path, ah_buf *out)
{
    enum { STEP = 65536 };
    FILE *file = fopen(path, "re");
    size_t count;

    if (!file)
        return false;
    do {
        char *room = ah_buf_reserve(out, STEP);
        count = room ? fread(room, 1, STEP, file) : 0;
        out->len += count;
    } while (count > 0);
    bool is_read = !ferror(file);
    fclose(file);
    return is_read;
}

static ahttp_error *trust_file(ahttp_tls *tls, const char *path)
{
    ah_buf text = {0};
    ahttp_error *error;

    if (!read_whole(path, &text))
        error = ah_error_system(AHTTP_E_TLS_SETTINGS, -errno, "load trusted certificates from %s",
                                path);
    else if (ah_buf_failed(&text))
        error = ah_error_no_memory();
    else
        error = trust_text(tls, ah_buf_str(&text), path);
    ah_buf_release(&text);
    return error;
}

/* ---- Directories ---- */

/* "1f2e3d4c.0": the hash of a subject, as `openssl rehash` makes them. */
static bool is_hashed_name(const char *name)
{
    for (int i = 0; i < 8; i++) {
        if (ah_hex_value(name[i]) < 0)
            return false;
    }
    return name[8] == '.' && ah_is_digit(name[9]);
}

static bool has_hashed_files(ah_str path)
{
    char terminated[PATH_MAX];
    bool found = false;

    if (path.len >= sizeof terminated)
        return false;
    memcpy(terminated, path.ptr, path.len);
    terminated[path.len] = '\0';
    DIR *dir = opendir(terminated);
    if (!dir)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(dir));)
        found = is_hashed_name(entry->d_name);
    closedir(dir);
    return found;
}

static bool has_hashed_dir(const char *dirs)
{
    ah_str rest = ah_str_from(dirs);
    ah_str dir;

    while (ah_str_split(&rest, ':', &dir)) {
        if (dir.len > 0 && has_hashed_files(dir))
            return true;
    }
    return false;
}

static ahttp_error *trust_dirs(ahttp_tls *tls, const char *dirs)
{
    X509_LOOKUP *lookup =
        X509_STORE_add_lookup(SSL_CTX_get_cert_store(tls->ctx), X509_LOOKUP_hash_dir());

    if (!lookup || X509_LOOKUP_add_dir(lookup, dirs, X509_FILETYPE_PEM) != 1)
        return ah_error_no_memory();
    return NULL;
}

static ahttp_error *trust_given_dirs(ahttp_tls *tls, const char *dirs)
{
    if (has_hashed_dir(dirs))
        return trust_dirs(tls, dirs);
    return ah_error_new(AHTTP_E_TLS_SETTINGS,
                        "load trusted certificates from %s: it has no hashed ones; run "
                        "`openssl rehash` on it",
                        dirs);
}

/* ---- The system's ---- */

/* A hashed directory costs nothing before it is needed, so the default bundle is the last
   resort. */
static ahttp_error *trust_system(ahttp_tls *tls)
{
    const char *given_file = ah_tls_environment(X509_get_default_cert_file_env());
    const char *given_dirs = ah_tls_environment(X509_get_default_cert_dir_env());
    const char *dirs = given_dirs ? given_dirs : X509_get_default_cert_dir();
    const char *file = given_file;
    bool is_hashed = has_hashed_dir(dirs);
    ahttp_error *error = is_hashed ? trust_dirs(tls, dirs) : NULL;

    if (!file && !given_dirs && !is_hashed && access(X509_get_default_cert_file(), R_OK) == 0)
        file = X509_get_default_cert_file();
    if (!error && file)
        error = trust_file(tls, file);
    if (!file && !is_hashed)
        error = ah_error_new(AHTTP_E_TLS_SETTINGS,
                             "find trusted certificates: %s has no hashed ones%s%s; set "
                             "SSL_CERT_FILE to a file of them or SSL_CERT_DIR to a folder",
                             dirs, given_dirs ? "" : " and there is no ",
                             given_dirs ? "" : X509_get_default_cert_file());
    return error;
}

/* ---- What is revoked ---- */

static ahttp_error *load_crl(ahttp_tls *tls, const char *path)
{
    X509_STORE *store = SSL_CTX_get_cert_store(tls->ctx);
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

    ERR_clear_error();
    if (lookup && X509_load_crl_file(lookup, path, X509_FILETYPE_PEM) > 0) {
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        return NULL;
    }
    return ah_tls_failure(AHTTP_E_TLS_SETTINGS, ERR_peek_error(), "load revocation lists from %s",
                          path);
}

/* ---- All together ---- */

static bool names_roots(const ahttp_tls_options *options)
{
    return options->ca_file || options->ca_dir || options->ca_pem;
}

ahttp_error *ah_tls_trust(ahttp_tls *tls, const ahttp_tls_options *options)
{
    ahttp_error *error = NULL;

    if (options->insecure_skip_verify) {
        if (names_roots(options) || options->crl_file || options->add_system_roots)
            return ah_error_new(AHTTP_E_TLS_SETTINGS,
                                "make TLS settings: insecure_skip_verify makes ca_*, crl_file and "
                                "add_system_roots meaningless; leave out one or the other");
        return NULL;
    }
    X509_STORE_set_flags(SSL_CTX_get_cert_store(tls->ctx), X509_V_FLAG_PARTIAL_CHAIN);
    if (options->ca_file)
        error = trust_file(tls, options->ca_file);
    if (!error && options->ca_pem)
        error = trust_text(tls, ah_str_from(options->ca_pem), "ca_pem");
    if (!error && options->ca_dir)
        error = trust_given_dirs(tls, options->ca_dir);
    if (!error && (!names_roots(options) || options->add_system_roots))
        error = trust_system(tls);
    if (!error && options->crl_file)
        error = load_crl(tls, options->crl_file);
    return error;
}
