/* SPDX-License-Identifier: MIT */
#include "tls/context.h"
#include "base/mem.h"
#include "tls/failure.h"
#include "tls/verdict.h"
#include "tls/wire.h"
#include <dirent.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <unistd.h>

/* Where OpenSSL reads ciphertext to: three records of the largest kind per call.  It is there
   only while there is something to decrypt; below 64 KiB the C library's malloc does not hand
   such memory back to the system each time. */
enum { CIPHERTEXT_BUFFER = 3 * (5 + 16384 + 256) };

/* A program that has more rights than whoever started it must not be told whom to trust. */
static const char *environment(const char *name)
{
    if (getuid() != geteuid() || getgid() != getegid())
        return NULL;
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

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

static bool use_dirs(SSL_CTX *ctx, const char *dirs)
{
    X509_LOOKUP *lookup =
        X509_STORE_add_lookup(SSL_CTX_get_cert_store(ctx), X509_LOOKUP_hash_dir());

    return lookup && X509_LOOKUP_add_dir(lookup, dirs, X509_FILETYPE_PEM) == 1;
}

/* Roots from a hashed directory are looked up as they are needed and cost nothing before; a
   whole bundle takes tens of milliseconds, so the default one is the last resort. */
static ahttp_error *trust_roots(SSL_CTX *ctx)
{
    const char *given_file = environment(X509_get_default_cert_file_env());
    const char *given_dirs = environment(X509_get_default_cert_dir_env());
    const char *dirs = given_dirs ? given_dirs : X509_get_default_cert_dir();
    const char *file = given_file;
    bool is_hashed = has_hashed_dir(dirs);

    ERR_clear_error();
    if (is_hashed && !use_dirs(ctx, dirs))
        return ah_error_no_memory();
    if (!file && !given_dirs && !is_hashed && access(X509_get_default_cert_file(), R_OK) == 0)
        file = X509_get_default_cert_file();
    if (file && SSL_CTX_load_verify_file(ctx, file) != 1)
        return ah_tls_failure(AHTTP_E_CERTIFICATE, ERR_peek_error(),
                              "load trusted certificates from %s", file);
    if (!file && !is_hashed)
        return ah_error_new(AHTTP_E_CERTIFICATE,
                            "find trusted certificates: %s has no hashed ones%s%s; set "
                            "SSL_CERT_FILE to a file of them or SSL_CERT_DIR to a folder",
                            dirs, given_dirs ? "" : " and there is no ",
                            given_dirs ? "" : X509_get_default_cert_file());
    return NULL;
}

/* TLS 1.2 at least (RFC 9325 §3.1.1), and a server cannot begin another handshake midway. */
static bool configure(SSL_CTX *ctx)
{
    static const unsigned char alpn[] = "\x08http/1.1";

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, ah_tls_verdict_note);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_default_read_buffer_len(ctx, CIPHERTEXT_BUFFER);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_alpn_protos(ctx, alpn, sizeof alpn - 1) == 0;
}

ah_tls_context *ah_tls_context_new(ahttp_error **error)
{
    ah_tls_context *context = AH_NEW(ah_tls_context);

    *error = ah_error_no_memory();
    if (!context)
        return NULL;
    context->holders = 1;
    context->wire_method = ah_tls_wire_method_new();
    context->ctx = SSL_CTX_new(TLS_client_method());
    if (context->wire_method && context->ctx && configure(context->ctx))
        *error = trust_roots(context->ctx);
    ERR_clear_error();
    if (!*error)
        return context;
    ah_tls_context_free(context);
    return NULL;
}

ah_tls_context *ah_tls_context_hold(ah_tls_context *context)
{
    context->holders++;
    return context;
}

void ah_tls_context_free(ah_tls_context *context)
{
    if (!context || --context->holders > 0)
        return;
    SSL_CTX_free(context->ctx);
    BIO_meth_free(context->wire_method);
    ah_free(context);
}
