/* SPDX-License-Identifier: MIT */
#include "tls/certificates.h"
#include "base/mem.h"
#include <openssl/x509.h>

/* The length of all of them together; 0 when one cannot be encoded. */
static size_t measure(const STACK_OF(X509) * chain)
{
    size_t total = 0;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        int len = i2d_X509(sk_X509_value(chain, i), NULL);
        if (len <= 0)
            return 0;
        total += (size_t)len;
    }
    return total;
}

/* NULL when out of memory. */
static ah_certificates *encode(const STACK_OF(X509) * chain)
{
    size_t count = (size_t)sk_X509_num(chain);
    size_t len = measure(chain);
    ah_certificates *made =
        len ? ah_alloc(sizeof *made + count * sizeof made->list[0] + len) : NULL;

    if (!made)
        return NULL;
    made->refs = 1;
    made->count = count;
    unsigned char *end = (unsigned char *)&made->list[count];
    for (size_t i = 0; i < count; i++) {
        char *start = (char *)end;
        int written = i2d_X509(sk_X509_value(chain, (int)i), &end);
        if (written <= 0) {
            ah_free(made);
            return NULL;
        }
        made->list[i] = (ahttp_bytes){start, (size_t)written};
    }
    return made;
}

ah_certificates *ah_tls_certificates_of(ah_tls_stream *stream)
{
    X509 *leaf = SSL_get0_peer_certificate(stream->ssl);

    if (leaf == stream->leaf)
        return stream->certificates;
    ah_tls_certificates_forget(stream);
    stream->certificates = encode(SSL_get_peer_cert_chain(stream->ssl));
    ah_tls_clear_errors();
    if (stream->certificates && X509_up_ref(leaf))
        stream->leaf = leaf;
    return stream->certificates;
}

void ah_tls_certificates_expect(ah_tls_stream *stream, const ah_tls_ticket *ticket)
{
    X509 *leaf = SSL_SESSION_get0_peer(ticket->session);

    if (!leaf || !ticket->certificates || !X509_up_ref(leaf))
        return;
    stream->leaf = leaf;
    stream->certificates = ah_certificates_ref(ticket->certificates);
}

void ah_tls_certificates_forget(ah_tls_stream *stream)
{
    X509_free(stream->leaf);
    stream->leaf = NULL;
    ah_certificates_unref(stream->certificates);
    stream->certificates = NULL;
}
