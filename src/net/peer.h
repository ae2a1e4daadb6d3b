/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_PEER_H
#define AH_NET_PEER_H
/* Making the facts of include/ahttp/peer.h: the transports of a connection, from the lowest to
   the highest, fill in what each knows; what the program sees is one block copied from that. */
#include "base/buf.h"
#include "dns/address.h"
#include "net/transport.h"
#include <ahttp/peer.h>

struct ah_peer_facts {
    const char *address; /* of the peer: an IP address and port, or a path; lives as long as the
                            transport */
    char local_address[AH_ADDRESS_TEXT];
    const char *tls_version; /* these two are static; NULL: no TLS */
    const char *tls_cipher;
    bool is_tls_resumed;
    bool is_tls_verified;
    ah_str alpn;         /* lives as long as the transport */
    ah_buf certificates; /* DER, the peer's own first, each with its size_t length in front */
    size_t certificate_count;
};

/* Room for one more certificate; NULL when out of memory. */
unsigned char *ah_peer_facts_add_certificate(ah_peer_facts *facts, size_t len);

/* NULL when out of memory. */
ahttp_peer *ah_peer_of(ah_transport *transport);

#endif
