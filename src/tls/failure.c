/* SPDX-License-Identifier: MIT */
#include "tls/failure.h"
#include "base/buf.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

static const char *reason_of(unsigned long openssl_code)
{
    if (openssl_code == 0)
        return "protocol error";
    if (ERR_GET_LIB(openssl_code) == ERR_LIB_SSL &&
        ERR_GET_REASON(openssl_code) == SSL_R_WRONG_VERSION_NUMBER)
        return "wrong version number, so the peer may not speak TLS on this port";
    const char *reason = ERR_reason_error_string(openssl_code);
    return reason ? reason : "unknown reason";
}

ahttp_error *ah_tls_failure_because(ahttp_error *error, int cause)
{
    if (error != ah_error_no_memory())
        error->cause = cause;
    return error;
}

ahttp_error *ah_tls_failure(int code, unsigned long openssl_code, const char *format, ...)
{
    ah_buf what = {0};
    va_list arguments;
    ahttp_error *error;

    va_start(arguments, format);
    ah_buf_append_format_v(&what, format, arguments);
    va_end(arguments);
    if (!ah_buf_terminate(&what) || ERR_GET_REASON(openssl_code) == ERR_R_MALLOC_FAILURE) {
        error = ah_error_no_memory();
    } else if (ERR_SYSTEM_ERROR(openssl_code)) {
        error = ah_error_system(code, -ERR_GET_REASON(openssl_code), "%s", what.data);
    } else {
        error = ah_error_new(code, "%s: %s", what.data, reason_of(openssl_code));
        ah_tls_failure_because(error, (int)(openssl_code & INT_MAX));
        error = ah_error_with_tls_reason(error, openssl_code ? ERR_reason_error_string(openssl_code)
                                                             : NULL);
    }
    ah_buf_release(&what);
    ERR_clear_error();
    return error;
}

const char *ah_tls_alert_hint(int reason, const ahttp_tls *settings)
{
    switch (reason) {
    case SSL_AD_REASON_OFFSET + TLS13_AD_CERTIFICATE_REQUIRED:
        return " (the peer wants a certificate of the client's: see cert_file of ahttp_tls)";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return settings->has_certificate ? " (the peer refuses the client's certificate)" : "";
    default: return "";
    }
}
