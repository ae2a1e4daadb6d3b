/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_ERROR_H
#define AHTTP_ERROR_H
/* What can go wrong.  Success is 0, every error is negative, so `if (rc < 0)`
   is the whole check.  A code says what to do; the message says what happened. */
#include <ahttp/base.h>
#include <ahttp/timings.h>
AHTTP_BEGIN

/* Kinds are what aiohttp expresses with base classes: one code may be several. */
typedef enum ahttp_error_kind {
    AHTTP_KIND_USAGE = 1 << 0,      /* the program is wrong; retrying is no use */
    AHTTP_KIND_CONNECTION = 1 << 1, /* no usable connection, or it was lost */
    AHTTP_KIND_TIMEOUT = 1 << 2,
    AHTTP_KIND_TLS = 1 << 3,
    AHTTP_KIND_RESPONSE = 1 << 4, /* the server answered, but not acceptably */
    AHTTP_KIND_RETRY = 1 << 5,    /* the request was never processed: safe to resend */
    AHTTP_KIND_PROXY = 1 << 6     /* it is about the proxy, not about the host behind it */
} ahttp_error_kind;

/*  X(name, kinds, text) -- the only list of errors; enum, names and texts come from it.
    New ones are added at the end, so that numbers stay. */
#define AHTTP_ERROR_MAP(X)                                                                         \
    X(NO_MEMORY, 0, "out of memory")                                                               \
    X(CANCELLED, 0, "cancelled")                                                                   \
    X(TIMEOUT, AHTTP_KIND_TIMEOUT, "took longer than allowed")                                     \
    X(ARGUMENT, AHTTP_KIND_USAGE, "invalid argument")                                              \
    X(STATE, AHTTP_KIND_USAGE, "not allowed in this state")                                        \
    X(CLOSED, AHTTP_KIND_USAGE, "already closed")                                                  \
    X(URL, AHTTP_KIND_USAGE, "invalid URL")                                                        \
    X(UNSUPPORTED, AHTTP_KIND_USAGE, "not built in, or not installed")                             \
    X(SYSTEM, 0, "the operating system refused")                                                   \
    X(DNS, AHTTP_KIND_CONNECTION | AHTTP_KIND_RETRY, "host name did not resolve")                  \
    X(CONNECT, AHTTP_KIND_CONNECTION | AHTTP_KIND_RETRY, "could not connect")                      \
    X(CONNECT_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT | AHTTP_KIND_RETRY,              \
      "connecting took too long")                                                                  \
    X(TLS, AHTTP_KIND_CONNECTION | AHTTP_KIND_TLS | AHTTP_KIND_RETRY, "TLS handshake failed")      \
    X(CERTIFICATE, AHTTP_KIND_CONNECTION | AHTTP_KIND_TLS | AHTTP_KIND_RETRY,                      \
      "certificate not trusted")                                                                   \
    X(DISCONNECTED, AHTTP_KIND_CONNECTION, "peer closed the connection")                           \
    X(TOTAL_TIMEOUT, AHTTP_KIND_TIMEOUT, "request took too long")                                  \
    X(PROTOCOL, AHTTP_KIND_RESPONSE, "response is not valid HTTP")                                 \
    X(HEAD_TOO_LARGE, AHTTP_KIND_RESPONSE, "response head exceeds its limit")                      \
    X(BODY_TOO_LARGE, AHTTP_KIND_RESPONSE, "response body exceeds its limit")                      \
    X(BODY_CUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_RESPONSE, "response body ended early")          \
    X(CODING, AHTTP_KIND_RESPONSE, "response body could not be decoded")                           \
    X(STATUS, AHTTP_KIND_RESPONSE, "status code means failure")                                    \
    X(INTERRUPTED, 0, "interrupted by a signal")                                                   \
    X(BODY_LENGTH, AHTTP_KIND_USAGE, "request body is not as long as promised")                    \
    X(BODY_ONCE, AHTTP_KIND_USAGE, "request body cannot be sent again")                            \
    X(LINE_TOO_LONG, AHTTP_KIND_RESPONSE, "delimiter not found within the limit")                  \
    X(CHARSET, AHTTP_KIND_RESPONSE, "response body is not in its charset")                         \
    X(CONTENT_TYPE, AHTTP_KIND_RESPONSE, "response has another content type")                      \
    X(JSON, 0, "not valid JSON")                                                                   \
    X(DECODED_TOO_LARGE, AHTTP_KIND_RESPONSE, "response body swells too much when decoded")        \
    X(PROXY_DNS, AHTTP_KIND_CONNECTION | AHTTP_KIND_PROXY | AHTTP_KIND_RETRY,                      \
      "host name of the proxy did not resolve")                                                    \
    X(PROXY_CONNECT, AHTTP_KIND_CONNECTION | AHTTP_KIND_PROXY | AHTTP_KIND_RETRY,                  \
      "could not connect to the proxy")                                                            \
    X(PROXY, AHTTP_KIND_CONNECTION | AHTTP_KIND_PROXY | AHTTP_KIND_RETRY,                          \
      "proxy did not open a way to the host")                                                      \
    X(POOL_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT | AHTTP_KIND_RETRY,                 \
      "waiting for a connection took too long")                                                    \
    X(DNS_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT | AHTTP_KIND_RETRY,                  \
      "resolving the host name took too long")                                                     \
    X(TLS_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT | AHTTP_KIND_TLS | AHTTP_KIND_RETRY, \
      "TLS handshake took too long")                                                               \
    X(WRITE_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT, "request stopped going out")      \
    X(FIRST_BYTE_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT, "response came too late")    \
    X(READ_TIMEOUT, AHTTP_KIND_CONNECTION | AHTTP_KIND_TIMEOUT, "response stopped arriving")       \
    X(TLS_SETTINGS, AHTTP_KIND_USAGE | AHTTP_KIND_TLS, "TLS settings cannot be used")              \
    X(PIN, AHTTP_KIND_CONNECTION | AHTTP_KIND_TLS | AHTTP_KIND_RETRY,                              \
      "certificate is not one of those pinned")                                                    \
    X(TOO_MANY_REDIRECTS, AHTTP_KIND_RESPONSE, "more redirects than allowed")                      \
    X(REDIRECT_URL, AHTTP_KIND_RESPONSE, "redirect to an invalid URL")                             \
    X(REDIRECT_SCHEME, AHTTP_KIND_RESPONSE, "redirect to something else than http or https")       \
    X(REDIRECT_REFUSED, AHTTP_KIND_RESPONSE, "redirect that is not allowed")                       \
    X(ADDRESS_REFUSED, AHTTP_KIND_CONNECTION, "no address of the host is allowed")

typedef enum ahttp_error_code {
    AHTTP_OK = 0,
    AHTTP_ERROR_FIRST = -10000, /* clear of libuv's errno-based codes */
#define X(name, kinds, text) AHTTP_E_##name,
    AHTTP_ERROR_MAP(X)
#undef X
        AHTTP_ERROR_LAST
} ahttp_error_code;

/* What happens if the program sends the request again. */
typedef enum ahttp_resend {
    AHTTP_RESEND_SAFE,    /* no byte of it went out, so nobody has processed it */
    AHTTP_RESEND_UNKNOWN, /* some went out, and no answer came: it may have been processed */
    AHTTP_RESEND_ANSWERED /* an answer came, at least its first bytes or that of an earlier hop */
} ahttp_resend;

/* A redirect that came before a failure. */
typedef struct ahttp_error_hop {
    const char *url; /* that was asked for, without user and password */
    int status;
} ahttp_error_hop;

/* A failure in full.  Only the library makes these, so later versions may add fields. */
typedef struct ahttp_error {
    int code;            /* AHTTP_E_* */
    int kinds;           /* AHTTP_KIND_* bits: those of code, but without RETRY where a proxy has
                            answered that it will not */
    int cause;           /* errno (negative, as libuv gives it), a code of c-ares, OpenSSL or a
                            SOCKS proxy, or 0 */
    int status;          /* HTTP status when there was one, or 0 */
    const char *message; /* one line: "GET http://h/: connect to [::1]:80: connection refused" */
    const char *method;  /* of the request that failed, or NULL */
    const char *url;     /* of the request that failed, without user and password, or NULL */

    /* Where status says why it failed: what else came with it.  The list ends with {NULL, NULL};
       only that of a proxy which refused to open a way has a body, of a long one the beginning. */
    const ahttp_pair *headers; /* else NULL */
    ahttp_bytes body;

    const ahttp_error_hop *hops; /* the first one first, then {NULL, 0}; NULL: there were none */

    ahttp_phase phase;            /* what was being done: see timings.h */
    ahttp_resend resend;          /* SAFE also where there was no request */
    const char *host;             /* of url, with its port: "example.com:443", or NULL */
    const char *address;          /* connected to, or tried last: "192.0.2.1:443"; or NULL */
    const char *tls_reason;       /* in OpenSSL's words: "certificate has expired"; or NULL */
    const ahttp_timings *timings; /* of the request, if its session wants them; else NULL */
} ahttp_error;

/* "CONNECT_TIMEOUT" / "connecting took too long"; never NULL, for any code. */
AHTTP_API const char *ahttp_error_name(int code);
AHTTP_API const char *ahttp_error_text(int code);
/* Whether code is any of these kinds: ahttp_error_is(rc, AHTTP_KIND_TIMEOUT). */
AHTTP_API bool ahttp_error_is(int code, int kinds);

AHTTP_END
#endif
