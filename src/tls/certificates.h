/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_CERTIFICATES_H
#define AH_TLS_CERTIFICATES_H
/* What a server has sent to show who it is.  To encode it again for each connection that resumes a
   session would take as long as all else that the library does there. */
#include "tls/stream.h"

/* Lent by the stream; NULL when the server has sent none, or when out of memory. */
ah_certificates *ah_tls_certificates_of(ah_tls_stream *stream);
/* Those of a session that the stream is to resume. */
void ah_tls_certificates_expect(ah_tls_stream *stream, const ah_tls_ticket *ticket);
void ah_tls_certificates_forget(ah_tls_stream *stream);

#endif
