/* SPDX-License-Identifier: MIT */
#include "tls/pins.h"
#include "base/mem.h"
#include <openssl/evp.h>

enum {
    BASE64_SIZE = 44, /* of a digest, with its "=" */
    PINS_SHOWN = 4
};

/* ---- As text ---- */

static bool read_hex(ah_str text, unsigned char digest[AH_PIN_SIZE])
{
    size_t digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        int value = ah_hex_value(text.ptr[i]);
        if (text.ptr[i] == ':' && digits % 2 == 0)
            continue;
        if (value < 0 || digits == 2 * (size_t)AH_PIN_SIZE)
            return false;
        unsigned char *byte = &digest[digits++ / 2];
        *byte = (unsigned char)(*byte << 4 | value);
    }
    return digits == 2 * (size_t)AH_PIN_SIZE;
}

static bool read_base64(ah_str text, unsigned char digest[AH_PIN_SIZE])
{
    unsigned char bytes[AH_PIN_SIZE + 1];

    if (text.len != BASE64_SIZE || text.ptr[BASE64_SIZE - 1] != '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr, BASE64_SIZE) != AH_PIN_SIZE + 1)
        return false;
    memcpy(digest, bytes, AH_PIN_SIZE);
    return true;
}

/* NULL, or why not. */
static const char *read_pin(ah_str text, ah_tls_pin *pin)
{
    static const struct {
        const char *prefix;
        bool is_of_key;
    } kinds[] = {{"cert-sha256:", false}, {"spki-sha256:", true}, {"sha256//", true}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ah_str prefix = ah_str_from(kinds[i].prefix);
        if (!ah_str_starts_with_nocase(text, prefix))
            continue;
        ah_str value = ah_str_slice(text, prefix.len, SIZE_MAX);
        pin->is_of_key = kinds[i].is_of_key;
        return read_base64(value, pin->digest) || read_hex(value, pin->digest)
                   ? NULL
                   : "what follows is neither 64 hex digits nor 44 letters of base64";
    }
    return "it must start with cert-sha256:, spki-sha256: or sha256//, as MD5 and SHA-1 can be "
           "forged";
}

ahttp_error *ah_tls_pins_load(ah_tls_pins *pins, const char *const *texts)
{
    size_t count = 0;

    while (texts && texts[count])
        count++;
    if (count == 0)
        return NULL;
    pins->list = ah_alloc_zeroed(count * sizeof *pins->list);
    if (!pins->list)
        return ah_error_no_memory();
    pins->count = count;
    for (size_t i = 0; i < count; i++) {
        const char *problem = read_pin(ah_str_from(texts[i]), &pins->list[i]);
        if (problem)
            return ah_error_new(AHTTP_E_TLS_SETTINGS, "read pin \"%.100s\": %s", texts[i], problem);
    }
    return NULL;
}

void ah_tls_pins_release(ah_tls_pins *pins)
{
    ah_free(pins->list);
}

/* ---- Of a certificate ---- */

static bool digest_of(const X509 *certificate, bool of_key, unsigned char digest[AH_PIN_SIZE])
{
    unsigned char *der = NULL;
    int len;

    if (!of_key)
        return X509_digest(certificate, EVP_sha256(), digest, NULL) == 1;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (len <= 0)
        return false;
    bool is_done = EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return is_done;
}

bool ah_tls_pins_allow(const ah_tls_pins *pins, const X509 *certificate)
{
    unsigned char of_certificate[AH_PIN_SIZE], of_key[AH_PIN_SIZE];

    if (pins->count == 0)
        return true;
    if (!certificate || !digest_of(certificate, false, of_certificate) ||
        !digest_of(certificate, true, of_key))
        return false;
    for (size_t i = 0; i < pins->count; i++) {
        const ah_tls_pin *pin = &pins->list[i];
        if (memcmp(pin->digest, pin->is_of_key ? of_key : of_certificate, AH_PIN_SIZE) == 0)
            return true;
    }
    return false;
}

static void append_pin(ah_buf *text, bool is_of_key, const unsigned char digest[AH_PIN_SIZE])
{
    ah_buf_append(text, is_of_key ? AH_STR("spki-sha256:") : AH_STR("cert-sha256:"));
    for (int i = 0; i < AH_PIN_SIZE; i++)
        ah_buf_append_format(text, "%02x", digest[i]);
}

void ah_tls_pins_explain(const ah_tls_pins *pins, const X509 *certificate, ah_buf *text)
{
    unsigned char digest[AH_PIN_SIZE];

    ah_buf_append(text, AH_STR("the certificate is "));
    if (certificate && digest_of(certificate, false, digest))
        append_pin(text, false, digest);
    if (certificate && digest_of(certificate, true, digest)) {
        ah_buf_append(text, AH_STR(" with the key "));
        append_pin(text, true, digest);
    }
    for (size_t i = 0; i < pins->count && i < PINS_SHOWN; i++) {
        ah_buf_append(text, i == 0 ? AH_STR(", pinned is ") : AH_STR(" or "));
        append_pin(text, pins->list[i].is_of_key, pins->list[i].digest);
    }
    if (pins->count > PINS_SHOWN)
        ah_buf_append_format(text, " or one of %zu more", pins->count - PINS_SHOWN);
}
