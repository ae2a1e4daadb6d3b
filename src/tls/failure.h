/* SPDX-License-Identifier: MIT */
#ifndef AH_TLS_FAILURE_H
#define AH_TLS_FAILURE_H
/* Errors out of OpenSSL's codes. */
#include "base/error.h"
#include "tls/settings.h"

/* "<what>: <reason>", with openssl_code as cause; empties OpenSSL's error queue. */
ahttp_error *ah_tls_failure(int code, unsigned long openssl_code, const char *format, ...)
    AHTTP_PRINTF(3, 4);
/* Sets the cause of an error made just now; gives it back. */
ahttp_error *ah_tls_failure_because(ahttp_error *error, int cause);

/* What to do about an alert that the peer has sent, as " (...)"; "" if there is nothing.  Alerts
   about the client's certificate come behind the handshake in TLS 1.3. */
const char *ah_tls_alert_hint(int reason, const ahttp_tls *settings);

#endif
