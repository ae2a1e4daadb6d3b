/* SPDX-License-Identifier: MIT */
#ifndef AH_NET_PEER_H
#define AH_NET_PEER_H
/* Making the facts of include/ahttp/peer.h: the transports of a connection, from the lowest to
   the highest, fill in what each knows; what the program sees is one block copied from that. */
#include "dns/address.h"
#include "net/transport.h"
#include <ahttp/peer.h>

/* Those that a peer has sent, its own first, as DER.  Nothing of it changes once it is made;
   connections that resume the same session share it, on any thread. */
typedef struct ah_certificates {
    _Atomic size_t refs;
    size_t count;
    ahttp_bytes list[]; /* their bytes lie behind it */
} ah_certificates;

/* Both take NULL. */
ah_certificates *ah_certificates_ref(ah_certificates *certificates);
void ah_certificates_unref(ah_certificates *certificates);

struct ah_peer_facts {
    const char *address; /* of the peer: an IP address and port, or a path; lives as long as the
                            transport */
    char local_address[AH_ADDRESS_TEXT];
    const char *tls_version; /* these two are static; NULL: no TLS */
    const char *tls_cipher;
    bool is_tls_resumed;
    bool is_tls_verified;
    bool failed;                   /* there is no memory for something of it */
    ah_str alpn;                   /* lives as long as the transport */
    ah_certificates *certificates; /* so does this; NULL: none */
};

/* NULL when out of memory. */
ahttp_peer *ah_peer_of(ah_transport *transport);

#endif
