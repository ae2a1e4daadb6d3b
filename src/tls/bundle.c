/* SPDX-License-Identifier: MIT */
#include "tls/bundle.h"
#include "base/buf.h"
#include "base/mem.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

typedef struct entry {
    X509_NAME *subject;
    size_t start; /* of its DER, in the bundle's */
    size_t len;
    bool is_openssls; /* a "TRUSTED CERTIFICATE", with OpenSSL's notes behind it */
} entry;

struct ah_tls_bundle {
    X509_LOOKUP_METHOD *method;
    entry *entries;
    size_t count, cap;
    ah_buf der;
};

/* ---- Reading PEM (RFC 7468) ---- */

/* The text between two marks; rest goes on behind the second one. */
static bool cut_block(ah_str *rest, ah_str begin, ah_str end, ah_str *block)
{
    const char *from = rest->len ? memmem(rest->ptr, rest->len, begin.ptr, begin.len) : NULL;

    if (!from)
        return false;
    from += begin.len;
    size_t left = (size_t)(rest->ptr + rest->len - from);
    const char *to = memmem(from, left, end.ptr, end.len);
    size_t len = to ? (size_t)(to - from) : left;
    *block = ah_str_make(from, len);
    *rest = to ? ah_str_make(to + end.len, left - len - end.len) : ah_str_make(NULL, 0);
    return true;
}

/* Appends the bytes; false when it is no base64, or out of memory (out says which). */
static bool decode(ah_str text, ah_buf *out)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    char *room = ah_buf_reserve(out, text.len);
    int count = 0, last = 0;
    bool is_good = false;

    if (ctx && room && text.len <= INT_MAX) {
        EVP_DecodeInit(ctx);
        is_good = EVP_DecodeUpdate(ctx, (unsigned char *)room, &count,
                                   (const unsigned char *)text.ptr, (int)text.len) >= 0 &&
                  EVP_DecodeFinal(ctx, (unsigned char *)room + count, &last) >= 0;
    }
    EVP_ENCODE_CTX_free(ctx);
    if (is_good)
        out->len += (size_t)(count + last);
    return is_good;
}

/* ---- Finding the subject (RFC 5280 §4.1) ---- */

/* Steps over one element of DER; false when it is none. */
static bool skip_element(const unsigned char **at, long len)
{
    const unsigned char *start = *at;
    long inner;
    int tag, class;

    if (len <= 0 || (ASN1_get_object(at, &inner, &tag, &class, len) & 0x80))
        return false;
    *at += inner;
    return *at - start <= len;
}

static bool enter_sequence(const unsigned char **at, const unsigned char **end)
{
    long inner;
    int tag, class;

    if (*end <= *at || (ASN1_get_object(at, &inner, &tag, &class, *end - *at) & 0x81) ||
        tag != V_ASN1_SEQUENCE)
        return false;
    *end = *at + inner;
    return true;
}

/* Certificate { tbs { [0] version, serial, signature, issuer, validity, subject, ... */
static X509_NAME *subject_of(const unsigned char *der, size_t len)
{
    enum { SEQUENCES = 2, BEFORE_SUBJECT = 4 };
    const unsigned char *at = der, *end = der + len;

    for (int i = 0; i < SEQUENCES; i++) {
        if (!enter_sequence(&at, &end))
            return NULL;
    }
    if (at < end && *at == 0xA0 && !skip_element(&at, end - at))
        return NULL;
    for (int i = 0; i < BEFORE_SUBJECT; i++) {
        if (!skip_element(&at, end - at))
            return NULL;
    }
    return d2i_X509_NAME(NULL, &at, end - at);
}

static bool add_entry(ah_tls_bundle *bundle, entry new)
{
    if (bundle->count == bundle->cap) {
        size_t cap = bundle->cap ? bundle->cap * 2 : 16;
        entry *entries = ah_realloc_array(bundle->entries, cap, sizeof *entries);
        if (!entries)
            return false;
        bundle->entries = entries;
        bundle->cap = cap;
    }
    bundle->entries[bundle->count++] = new;
    return true;
}

static ahttp_error *add_block(ah_tls_bundle *bundle, ah_str block, bool is_openssls,
                              const char *from)
{
    entry new = {.start = bundle->der.len, .is_openssls = is_openssls};

    if (decode(block, &bundle->der)) {
        new.len = bundle->der.len - new.start;
        new.subject = subject_of((const unsigned char *)bundle->der.data + new.start, new.len);
    }
    if (ah_buf_failed(&bundle->der) || (new.subject && !add_entry(bundle, new))) {
        X509_NAME_free(new.subject);
        return ah_error_no_memory();
    }
    if (!new.subject)
        return ah_error_new(AHTTP_E_TLS_SETTINGS,
                            "load trusted certificates from %s: number %zu is damaged", from,
                            bundle->count + 1);
    return NULL;
}

static ahttp_error *read_pem(ah_tls_bundle *bundle, ah_str pem, const char *from)
{
    static const char *const labels[] = {"CERTIFICATE-----", "X509 CERTIFICATE-----",
                                         "TRUSTED CERTIFICATE-----"};
    ahttp_error *error = NULL;
    ah_str block;

    while (!error && cut_block(&pem, AH_STR("-----BEGIN "), AH_STR("-----END "), &block)) {
        for (int i = 0; !error && i < 3; i++) {
            ah_str label = ah_str_from(labels[i]);
            if (ah_str_starts_with(block, label))
                error = add_block(bundle, ah_str_slice(block, label.len, SIZE_MAX), i == 2, from);
        }
    }
    if (!error && bundle->count == 0)
        error = ah_error_new(AHTTP_E_TLS_SETTINGS,
                             "load trusted certificates from %s: it holds none in PEM", from);
    ERR_clear_error();
    return error;
}

/* ---- Being asked ---- */

static X509 *parse(const ah_tls_bundle *bundle, const entry *it)
{
    const unsigned char *at = (const unsigned char *)bundle->der.data + it->start;

    return it->is_openssls ? d2i_X509_AUX(NULL, &at, (long)it->len)
                           : d2i_X509(NULL, &at, (long)it->len);
}

/* What the store holds of that name goes to found, which by OpenSSL's contract owns nothing. */
static int give(X509_STORE *store, const X509_NAME *name, X509_OBJECT *found)
{
    X509 *certificate = NULL;

    X509_STORE_lock(store);
    X509_OBJECT *held =
        X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), X509_LU_X509, name);
    if (held)
        certificate = X509_OBJECT_get0_X509(held);
    X509_STORE_unlock(store);
    if (!certificate || X509_OBJECT_set1_X509(found, certificate) != 1)
        return 0;
    X509_free(certificate);
    return 1;
}

/* Any thread may be here, and find that another one has added the same. */
static int get_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                          X509_OBJECT *found)
{
    const ah_tls_bundle *bundle = X509_LOOKUP_get_method_data(lookup);
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    int count = 0;

    if (type != X509_LU_X509)
        return 0;
    for (size_t i = 0; i < bundle->count; i++) {
        if (X509_NAME_cmp(bundle->entries[i].subject, name) != 0)
            continue;
        X509 *certificate = parse(bundle, &bundle->entries[i]);
        if (certificate && X509_STORE_add_cert(store, certificate) == 1)
            count++;
        X509_free(certificate);
    }
    return count > 0 ? give(store, name, found) : 0;
}

ah_tls_bundle *ah_tls_bundle_add(X509_STORE *store, ah_str pem, const char *from,
                                 ahttp_error **error)
{
    ah_tls_bundle *bundle = AH_NEW(ah_tls_bundle);
    X509_LOOKUP *lookup = NULL;

    *error = ah_error_no_memory();
    if (bundle)
        bundle->method = X509_LOOKUP_meth_new("ahttp bundle");
    if (bundle && bundle->method) {
        X509_LOOKUP_meth_set_get_by_subject(bundle->method, get_by_subject);
        *error = read_pem(bundle, pem, from);
    }
    if (!*error) {
        lookup = X509_STORE_add_lookup(store, bundle->method);
        if (lookup && X509_LOOKUP_set_method_data(lookup, bundle) == 1)
            return bundle;
        *error = ah_error_no_memory();
    }
    ah_tls_bundle_free(bundle);
    return NULL;
}

void ah_tls_bundle_free(ah_tls_bundle *bundle)
{
    if (!bundle)
        return;
    for (size_t i = 0; i < bundle->count; i++)
        X509_NAME_free(bundle->entries[i].subject);
    X509_LOOKUP_meth_free(bundle->method);
    ah_buf_release(&bundle->der);
    ah_free(bundle->entries);
    ah_free(bundle);
}
