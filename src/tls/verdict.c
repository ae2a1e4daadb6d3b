/* SPDX-License-Identifier: MIT */
#include "tls/verdict.h"
#include "tls/failure.h"
#include "tls/stream.h"
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <time.h>

/* Certificates come from strangers: a message shows this much of their texts. */
enum { NAMES_SHOWN = 10, TEXT_SHOWN = 255 };

/* Anything but visible ASCII as "?". */
static void append_visible(ah_buf *text, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len && i < TEXT_SHOWN; i++)
        ah_buf_append_char(text, bytes[i] >= ' ' && bytes[i] < 0x7F ? (char)bytes[i] : '?');
    if (len > TEXT_SHOWN)
        ah_buf_append(text, AH_STR("..."));
}

static void append_distinguished_name(ah_buf *text, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    long len = 0;

    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
        len = BIO_get_mem_data(bio, &bytes);
    if (len > 0)
        append_visible(text, (const unsigned char *)bytes, (size_t)len);
    else
        ah_buf_append(text, AH_STR("no name"));
    BIO_free(bio);
}

static void append_time(ah_buf *text, const char *what, const ASN1_TIME *time)
{
    struct tm tm;
    char date[32];

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return;
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &tm);
    ah_buf_append_format(text, ", %s %s", what, date);
}

static void append_ip(ah_buf *text, const ASN1_OCTET_STRING *ip)
{
    char address[INET6_ADDRSTRLEN] = "?";

    if (ASN1_STRING_length(ip) == 4)
        inet_ntop(AF_INET, ASN1_STRING_get0_data(ip), address, sizeof address);
    else if (ASN1_STRING_length(ip) == 16)
        inet_ntop(AF_INET6, ASN1_STRING_get0_data(ip), address, sizeof address);
    ah_buf_append(text, ah_str_from(address));
}

/* Of RFC 9110 §4.3.4 only DNS names and addresses count, never the common name. */
static void append_names(ah_buf *text, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int shown = 0, more = 0;

    ah_buf_append(text, AH_STR(", names: "));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int kind;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind != GEN_DNS && kind != GEN_IPADD)
            continue;
        if (shown == NAMES_SHOWN) {
            more++;
            continue;
        }
        if (shown++ > 0)
            ah_buf_append(text, AH_STR(", "));
        if (kind == GEN_DNS)
            append_visible(text, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        else
            append_ip(text, value);
    }
    if (shown == 0)
        ah_buf_append(text, AH_STR("none"));
    if (more > 0)
        ah_buf_append_format(text, " and %d more", more);
    GENERAL_NAMES_free(names);
}

/* The one fact that explains the code. */
static void append_explanation(ah_buf *text, int code, const X509 *certificate)
{
    switch (code) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: append_names(text, certificate); break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        append_time(text, "valid until", X509_get0_notAfter(certificate));
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        append_time(text, "valid from", X509_get0_notBefore(certificate));
        break;
    default:
        ah_buf_append(text, AH_STR(", issued by "));
        append_distinguished_name(text, X509_get_issuer_name(certificate));
    }
}

/* NULL when nobody wants to know. */
static ah_tls_verdict *verdict_of(const X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    const ah_tls_stream *stream = ssl ? ah_tls_stream_of(ssl) : NULL;

    return stream ? stream->verdict : NULL;
}

int ah_tls_verdict_note(int is_good, X509_STORE_CTX *store)
{
    ah_tls_verdict *verdict = verdict_of(store);
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);

    if (is_good || !verdict || verdict->code != X509_V_OK)
        return is_good;
    verdict->code = X509_STORE_CTX_get_error(store);
    ah_buf_append_format(&verdict->text, "certificate %d, ", X509_STORE_CTX_get_error_depth(store));
    if (certificate) {
        append_distinguished_name(&verdict->text, X509_get_subject_name(certificate));
        append_explanation(&verdict->text, verdict->code, certificate);
    } else {
        ah_buf_append(&verdict->text, AH_STR("missing"));
    }
    return is_good;
}

void ah_tls_verdict_note_pin(X509_STORE_CTX *store, const ah_tls_pins *pins,
                             const X509 *certificate)
{
    ah_tls_verdict *verdict = verdict_of(store);

    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    if (!verdict)
        return;
    verdict->code = X509_V_ERR_APPLICATION_VERIFICATION;
    verdict->is_pin = true;
    ah_buf_clear(&verdict->text);
    ah_tls_pins_explain(pins, certificate, &verdict->text);
}

ahttp_error *ah_tls_verdict_error(const ah_tls_verdict *verdict, const char *name)
{
    ERR_clear_error();
    if (ah_buf_failed(&verdict->text))
        return ah_error_no_memory();
    if (verdict->is_pin)
        return ah_error_new(AHTTP_E_PIN, "verify pin of %s: %.*s", name, (int)verdict->text.len,
                            verdict->text.data);
    const char *reason = X509_verify_cert_error_string(verdict->code);
    ahttp_error *error = ah_error_new(AHTTP_E_CERTIFICATE, "verify certificate of %s: %s (%.*s)",
                                      name, reason, (int)verdict->text.len, verdict->text.data);
    return ah_error_with_tls_reason(ah_tls_failure_because(error, verdict->code), reason);
}
