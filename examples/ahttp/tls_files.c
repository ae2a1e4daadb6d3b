/* SPDX-License-Identifier: MIT */
#include "tls_files.h"
#include "encode.h"
#include "sha256.h"
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE = 0x30, INTEGER = 0x02, OCTETS = 0x04, LONG_FORM = 0x80 };

/* What is inside of a SEQUENCE begins there; 0: it is none. */
static size_t inside(const text *der)
{
    const unsigned char *bytes = (const unsigned char *)der->bytes;

    if (der->len < 2 || bytes[0] != SEQUENCE)
        return 0;
    return bytes[1] < LONG_FORM ? 2 : 2u + (bytes[1] & 0x7f);
}

/* Keys begin with a version of one byte, but for those that are encrypted; what stands behind it
   tells them apart (RFC 5208 §5, RFC 8017 §A.1.2, RFC 5915 §3). */
static const char *label_of_key(const text *der)
{
    size_t at = inside(der);

    if (at == 0 || at + 3 >= der->len)
        return "PRIVATE KEY";
    if (der->bytes[at] == SEQUENCE)
        return "ENCRYPTED PRIVATE KEY";
    switch (der->bytes[at + 3]) {
    case INTEGER: return "RSA PRIVATE KEY";
    case OCTETS: return "EC PRIVATE KEY";
    default: return "PRIVATE KEY";
    }
}

char *tls_file_pem(const char *path, bool is_key)
{
    enum { LINE = 64 };
    text der = {0}, coded = {0}, pem = {0};

    if (!text_add_file(&der, path)) {
        text_free(&der);
        return NULL;
    }
    const char *label = is_key ? label_of_key(&der) : "CERTIFICATE";
    encode_base64(&coded, text_str(&der), der.len);
    text_add_format(&pem, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < coded.len; at += LINE)
        text_add_format(&pem, "%.*s\n", LINE, coded.bytes + at);
    text_add_format(&pem, "-----END %s-----\n", label);
    text_free(&der);
    text_free(&coded);
    return text_take(&pem);
}

/* What PEM has between its lines; false: it is none. */
static bool read_pem(text *out, const char *pem)
{
    static const char begin[] = "-----BEGIN PUBLIC KEY-----";
    const char *start = strstr(pem, begin);
    const char *end = start ? strstr(start, "-----END") : NULL;
    text coded = {0};

    if (!end)
        return false;
    for (const char *at = start + sizeof begin - 1; at < end; at++)
        if (!is_space(*at))
            text_add_char(&coded, *at);
    bool good = decode_base64(out, text_str(&coded));
    text_free(&coded);
    return good;
}

char *tls_file_pin(const char *path)
{
    text file = {0}, key = {0}, pin = {0};
    unsigned char digest[32];

    if (text_add_file(&file, path)) {
        if (!read_pem(&key, text_str(&file)))
            text_add(&key, text_str(&file), file.len);
        sha256(text_str(&key), key.len, digest);
        text_add_str(&pin, "sha256//");
        encode_base64(&pin, (const char *)digest, sizeof digest);
    }
    text_free(&file);
    text_free(&key);
    return pin.len ? text_take(&pin) : NULL;
}
