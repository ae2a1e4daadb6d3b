/* SPDX-License-Identifier: MIT */
/* One block: the struct, its table of certificates, their bytes, and all texts. */
#include "net/peer.h"

struct ahttp_peer {
    uint32_t refs;
    uint16_t certificate_count; /* TLS allows for a hundred or so */
    bool is_tls_resumed;
    bool is_tls_verified;
    const char *address;
    const char *local_address;
    const char *tls_version;
    const char *tls_cipher;
    const char *alpn;
    ahttp_bytes certificates[];
};

/* ---- Making ---- */

unsigned char *ah_peer_facts_add_certificate(ah_peer_facts *facts, size_t len)
{
    ah_buf *out = &facts->certificates;
    char *room = ah_buf_reserve(out, sizeof len + len);

    if (!room)
        return NULL;
    memcpy(room, &len, sizeof len);
    out->len += sizeof len + len;
    facts->certificate_count++;
    return (unsigned char *)room + sizeof len;
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

static void place_certificates(ahttp_peer *peer, char **end, ah_str from)
{
    memcpy(*end, from.ptr, from.len);
    for (size_t i = 0; i < peer->certificate_count; i++) {
        size_t len;
        memcpy(&len, *end, sizeof len);
        peer->certificates[i] = (ahttp_bytes){*end + sizeof len, len};
        *end += sizeof len + len;
    }
}

static ahttp_peer *make(const ah_peer_facts *facts)
{
    ah_str texts[] = {ah_str_from(facts->address), ah_str_from(facts->local_address),
                      ah_str_from(facts->tls_version), ah_str_from(facts->tls_cipher), facts->alpn};
    const char *placed[5];
    size_t size = sizeof(ahttp_peer) + facts->certificate_count * sizeof(ahttp_bytes) +
                  facts->certificates.len;

    for (int i = 0; i < 5; i++)
        size += texts[i].len + 1;
    ahttp_peer *peer = ah_alloc(size);
    if (!peer)
        return NULL;
    peer->refs = 1;
    peer->certificate_count = (uint16_t)facts->certificate_count;
    char *end = (char *)(peer->certificates + facts->certificate_count);
    if (facts->certificate_count > 0)
        place_certificates(peer, &end, ah_buf_str(&facts->certificates));
    for (int i = 0; i < 5; i++)
        placed[i] = place_text(&end, texts[i]);
    peer->address = placed[0];
    peer->local_address = placed[1];
    peer->tls_version = placed[2];
    peer->tls_cipher = placed[3];
    peer->alpn = placed[4];
    peer->is_tls_resumed = facts->is_tls_resumed;
    peer->is_tls_verified = facts->is_tls_verified;
    return peer;
}

ahttp_peer *ah_peer_of(ah_transport *transport)
{
    ah_peer_facts facts = {.address = ""};

    ah_transport_facts(transport, &facts);
    ahttp_peer *peer = ah_buf_failed(&facts.certificates) ? NULL : make(&facts);
    ah_buf_release(&facts.certificates);
    return peer;
}

/* ---- Looking ---- */

ahttp_peer *ahttp_peer_ref(ahttp_peer *peer)
{
    peer->refs++;
    return peer;
}

void ahttp_peer_unref(ahttp_peer *peer)
{
    if (peer && --peer->refs == 0)
        ah_free(peer);
}

const char *ahttp_peer_address(const ahttp_peer *peer)
{
    return peer->address;
}

const char *ahttp_peer_local_address(const ahttp_peer *peer)
{
    return peer->local_address;
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
    return index < peer->certificate_count ? peer->certificates[index] : (ahttp_bytes){NULL, 0};
}
