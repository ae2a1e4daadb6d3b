/* SPDX-License-Identifier: MIT */
/* One block: the struct and all texts. */
#include "net/peer.h"
#include "base/mem.h"

struct ahttp_peer {
    uint32_t refs;
    bool is_tls_resumed;
    bool is_tls_verified;
    const char *tls_version;
    const char *tls_cipher;
    const char *alpn;
    ah_certificates *certificates; /* a reference, or NULL */
    char addresses[];              /* of the peer, NUL, of this end, NUL; the other texts */
};

/* ---- Making ---- */

ah_certificates *ah_certificates_ref(ah_certificates *certificates)
{
    if (certificates)
        certificates->refs++;
    return certificates;
}

void ah_certificates_unref(ah_certificates *certificates)
{
    if (certificates && --certificates->refs == 0)
        ah_free(certificates);
}

/* Copies text to *end, which moves behind its NUL. */
static const char *place_text(char **end, ah_str text)
{
    char *start = *end;

    if (!text.ptr)
        return NULL;
    memcpy(start, text.ptr, text.len);
    start[text.len] = '\0';
    *end += text.len + 1;
    return start;
}

static ahttp_peer *make(const ah_peer_facts *facts)
{
    ah_str texts[] = {ah_str_from(facts->address), ah_str_from(facts->local_address),
                      ah_str_from(facts->tls_version), ah_str_from(facts->tls_cipher), facts->alpn};
    size_t size = sizeof(ahttp_peer);

    for (int i = 0; i < 5; i++)
        size += texts[i].len + 1;
    ahttp_peer *peer = ah_alloc(size);
    if (!peer)
        return NULL;
    peer->refs = 1;
    peer->certificates = ah_certificates_ref(facts->certificates);
    char *end = peer->addresses;
    place_text(&end, texts[0]);
    place_text(&end, texts[1]);
    peer->tls_version = place_text(&end, texts[2]);
    peer->tls_cipher = place_text(&end, texts[3]);
    peer->alpn = place_text(&end, texts[4]);
    peer->is_tls_resumed = facts->is_tls_resumed;
    peer->is_tls_verified = facts->is_tls_verified;
    return peer;
}

ahttp_peer *ah_peer_of(ah_transport *transport)
{
    ah_peer_facts facts = {.address = ""};

    ah_transport_facts(transport, &facts);
    return facts.failed ? NULL : make(&facts);
}

/* ---- Looking ---- */

ahttp_peer *ahttp_peer_ref(ahttp_peer *peer)
{
    peer->refs++;
    return peer;
}

void ahttp_peer_unref(ahttp_peer *peer)
{
    if (!peer || --peer->refs > 0)
        return;
    ah_certificates_unref(peer->certificates);
    ah_free(peer);
}

const char *ahttp_peer_address(const ahttp_peer *peer)
{
    return peer->addresses;
}

const char *ahttp_peer_local_address(const ahttp_peer *peer)
{
    return peer->addresses + strlen(peer->addresses) + 1;
}

const char *ahttp_peer_tls_version(const ahttp_peer *peer)
{
    return peer->tls_version;
}

const char *ahttp_peer_tls_cipher(const ahttp_peer *peer)
{
    return peer->tls_cipher;
}

const char *ahttp_peer_alpn(const ahttp_peer *peer)
{
    return peer->alpn;
}

bool ahttp_peer_tls_resumed(const ahttp_peer *peer)
{
    return peer->is_tls_resumed;
}

bool ahttp_peer_tls_verified(const ahttp_peer *peer)
{
    return peer->is_tls_verified;
}

ahttp_bytes ahttp_peer_certificate(const ahttp_peer *peer, size_t index)
{
    const ah_certificates *all = peer->certificates;

    return all && index < all->count ? all->list[index] : (ahttp_bytes){NULL, 0};
}
