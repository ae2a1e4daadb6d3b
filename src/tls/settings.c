/* SPDX-License-Identifier: MIT */
#include "tls/settings.h"
#include "base/mem.h"
#include "base/options.h"
#include "loop/log.h"
#include "tls/certificates.h"
#include "tls/failure.h"
#include "tls/stream.h"
#include "tls/tls.h"
#include "tls/verdict.h"
#include "tls/wire.h"
#include <openssl/err.h>
#include <unistd.h>

/* Where OpenSSL reads ciphertext to: three records of the largest kind per call.  It is there
   only while there is something to decrypt; below 64 KiB the C library's malloc does not hand
   such memory back to the system each time. */
enum { CIPHERTEXT_BUFFER = 3 * (5 + 16384 + 256) };

#define DEFAULT_ALPN "http/1.1"

/* ---- Versions and algorithms ---- */

/* Those before 1.2 are spoken only where the program asks for them (RFC 9325 §3.1.1). */
static ahttp_error *set_versions(ahttp_tls *tls, const ahttp_tls_options *options)
{
    int oldest = options->min_version ? (int)options->min_version : AHTTP_TLS_1_2;
    int newest = (int)options->max_version;

    if (newest && newest < oldest && !options->min_version)
        oldest = newest;
    if (oldest < AHTTP_TLS_1_0 || oldest > AHTTP_TLS_1_3 || newest > AHTTP_TLS_1_3 ||
        (newest && newest < oldest))
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "make TLS settings: min_version and max_version leave no version");
    tls->versions[0] = oldest;
    tls->versions[1] = newest;
    if (SSL_CTX_set_min_proto_version(tls->ctx, oldest) != 1 ||
        SSL_CTX_set_max_proto_version(tls->ctx, newest) != 1)
        return ah_tls_failure(AHTTP_E_TLS_SETTINGS, ERR_peek_error(), "make TLS settings");
    return NULL;
}

/* The system's own suites, but for those without forward secrecy: whoever gets the server's key one
   day could read all that was said (RFC 9325 §4.1; Python's ssl does the same). */
static ahttp_error *set_usual_suites(const ahttp_tls *tls)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(tls->ctx);
    ah_buf list = {0};

    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        int exchange = SSL_CIPHER_get_kx_nid(cipher);
        if (exchange == NID_kx_ecdhe || exchange == NID_kx_dhe)
            ah_buf_append_format(&list, "%s:", SSL_CIPHER_get_name(cipher));
    }
    const char *text = ah_buf_terminate(&list);
    bool is_set = text && (list.len == 0 || SSL_CTX_set_cipher_list(tls->ctx, text) == 1);
    ah_buf_release(&list);
    return is_set ? NULL : ah_error_no_memory();
}

/* Old versions need what OpenSSL's usual level of security has not. */
static ahttp_error *set_suites(const ahttp_tls *tls)
{
    if (tls->versions[0] >= AHTTP_TLS_1_2)
        return set_usual_suites(tls);
    SSL_CTX_set_cipher_list(tls->ctx, "DEFAULT:@SECLEVEL=0");
    return NULL;
}

static ahttp_error *unknown(const char *option, const char *value)
{
    ERR_clear_error();
    return ah_error_new(AHTTP_E_TLS_SETTINGS,
                        "make TLS settings: %s \"%.200s\" names nothing that OpenSSL has", option,
                        value);
}

static ahttp_error *set_algorithms(ahttp_tls *tls, const ahttp_tls_options *options)
{
    ahttp_error *error = options->ciphers ? NULL : set_suites(tls);

    if (error)
        return error;
    if (options->ciphers && SSL_CTX_set_cipher_list(tls->ctx, options->ciphers) != 1)
        return unknown("ciphers", options->ciphers);
    if (options->cipher_suites && SSL_CTX_set_ciphersuites(tls->ctx, options->cipher_suites) != 1)
        return unknown("cipher_suites", options->cipher_suites);
    if (options->groups && SSL_CTX_set1_groups_list(tls->ctx, options->groups) != 1)
        return unknown("groups", options->groups);
    return NULL;
}

/* "a,b" as the lengths and names of RFC 7301 §3.1. */
static ahttp_error *offer_protocols(ahttp_tls *tls, const ahttp_tls_options *options)
{
    const char *text = options->alpn ? options->alpn : DEFAULT_ALPN;
    ah_str rest = ah_str_from(text), name;
    ah_buf wire = {0}, shown = {0};
    bool is_good = true;

    while (is_good && rest.len > 0 && ah_str_split(&rest, ',', &name)) {
        name = ah_str_trim(name);
        is_good = name.len > 0 && name.len <= 255 && !ah_str_equal(name, AH_STR("h2")) &&
                  !ah_str_equal(name, AH_STR("h3"));
        ah_buf_append_char(&wire, (char)name.len);
        ah_buf_append(&wire, name);
    }
    ah_buf_append(&shown, ah_str_from(text));
    tls->alpn = ah_buf_terminate(&shown);
    if (!tls->alpn || ah_buf_failed(&wire) ||
        (is_good && wire.len > 0 &&
         SSL_CTX_set_alpn_protos(tls->ctx, (const unsigned char *)wire.data, (unsigned)wire.len) !=
             0)) {
        ah_buf_release(&wire);
        return ah_error_no_memory();
    }
    ah_buf_release(&wire);
    if (is_good)
        return NULL;
    return ah_error_new(AHTTP_E_TLS_SETTINGS,
                        "make TLS settings: alpn \"%.200s\" has an empty name, one of more than "
                        "255 bytes, or a protocol that this library does not speak",
                        text);
}

/* ---- What is always the same ---- */

/* In place of OpenSSL's own verification, also when a server shakes hands anew midway. */
static int verify(X509_STORE_CTX *store, void *ctx)
{
    const ahttp_tls *tls = ctx;

    if (!tls->skips_verify && X509_verify_cert(store) <= 0)
        return 0;
    const X509 *certificate = X509_STORE_CTX_get0_cert(store);
    if (ah_tls_pins_allow(&tls->pins, certificate)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    ah_tls_verdict_note_pin(store, &tls->pins, certificate);
    return 0;
}

static int keep_ticket(SSL *ssl, SSL_SESSION *session)
{
    ah_tls_stream *stream = ah_tls_stream_of(ssl);

    ah_tls_ticket ticket = {session, ah_certificates_ref(ah_tls_certificates_of(stream))};

    ah_tls_tickets_put(&stream->settings->tickets, ah_buf_str(&stream->ticket_name), ticket);
    return 1;
}

static ahttp_error *set_course(ahttp_tls *tls, const ahttp_tls_options *options)
{
    SSL_CTX *ctx = tls->ctx;

    tls->skips_verify = options->insecure_skip_verify;
    tls->skips_name = options->insecure_skip_name || options->insecure_skip_verify;
    tls->resumes = !options->no_resumption;
    SSL_CTX_set_app_data(ctx, tls);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, ah_tls_verdict_note);
    SSL_CTX_set_cert_verify_callback(ctx, verify, tls);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_info_callback(ctx, ah_tls_stream_note);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_default_read_buffer_len(ctx, CIPHERTEXT_BUFFER);
    if (tls->resumes) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_ticket);
    } else {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    }
    return NULL;
}

static ahttp_error *set_pins(ahttp_tls *tls, const ahttp_tls_options *options)
{
    return ah_tls_pins_load(&tls->pins, options->pins);
}

/* ---- Life ---- */

static ahttp_error *make(ahttp_tls *tls, const ahttp_tls_options *options)
{
    static ahttp_error *(*const steps[])(ahttp_tls * tls, const ahttp_tls_options *options) = {
        set_course, set_versions, set_algorithms,  offer_protocols,
        set_pins,   ah_tls_trust, ah_tls_identify, ah_tls_log_keys};
    ahttp_error *error = NULL;

    for (size_t i = 0; !error && i < sizeof steps / sizeof *steps; i++)
        error = steps[i](tls, options);
    return error;
}

ahttp_tls *ahttp_tls_create(const ahttp_tls_options *given)
{
    ahttp_tls_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return ah_log_not_made(ahttp_loop_current(), "tls", ah_options_error("options"));
    ahttp_tls *tls = AH_NEW(ahttp_tls);
    if (!tls)
        return ah_log_not_made(ahttp_loop_current(), "tls", ah_error_no_memory());
    tls->refs = 1;
    tls->keylog_fd = -1;
    ah_tls_tickets_init(&tls->tickets);
    tls->ctx = SSL_CTX_new(TLS_client_method());
    tls->wire_method = ah_tls_wire_method_new();
    tls->error = tls->ctx && tls->wire_method ? make(tls, &options) : ah_error_no_memory();
    ERR_clear_error();
    if (tls->error != ah_error_no_memory())
        return tls;
    ahttp_tls_unref(tls);
    return ah_log_not_made(ahttp_loop_current(), "tls", ah_error_no_memory());
}

const ahttp_error *ahttp_tls_error(const ahttp_tls *tls)
{
    return tls->error;
}

ahttp_tls *ahttp_tls_ref(ahttp_tls *tls)
{
    tls->refs++;
    return tls;
}

/* The store asks the bundles, so it goes first; sessions go before their context. */
static void destroy(ahttp_tls *tls)
{
    ah_tls_tickets_release(&tls->tickets);
    SSL_CTX_free(tls->ctx);
    BIO_meth_free(tls->wire_method);
    for (size_t i = 0; i < tls->bundle_count; i++)
        ah_tls_bundle_free(tls->bundles[i]);
    ah_tls_pins_release(&tls->pins);
    if (tls->keylog_fd >= 0)
        close(tls->keylog_fd);
    ah_free(tls->alpn);
    ah_error_free(tls->error);
    ah_free(tls);
}

void ahttp_tls_unref(ahttp_tls *tls)
{
    if (tls && --tls->refs == 0)
        destroy(tls);
}
