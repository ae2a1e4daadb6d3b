/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_TLS_H
#define AHTTP_TLS_H
/* Settings of https: whom to trust, who to be, which TLS to speak (Python's SSLContext and
   aiohttp's Fingerprint).  Given to a connector or to one request; without any, certificates
   and names are verified against the system's roots.  Requests whose settings are not the same
   object never share a connection, so make them once, not per request.  docs/tls.md has more. */
#include <ahttp/error.h>
AHTTP_BEGIN

typedef struct ahttp_tls ahttp_tls;

typedef enum ahttp_tls_version {
    AHTTP_TLS_1_0 = 0x0301, /* these two are broken: for old devices in a network of yours */
    AHTTP_TLS_1_1 = 0x0302,
    AHTTP_TLS_1_2 = 0x0303,
    AHTTP_TLS_1_3 = 0x0304
} ahttp_tls_version;

/* The password of that file or URI, or NULL if there is none.  Called only while
   ahttp_tls_create runs, and what it gives is needed until that returns. */
typedef const char *ahttp_tls_password_fn(const char *what, void *ctx);
/* A line for a file in NSS's key log format, without its end.  Called in the middle of
   handshakes, by each thread that has one: it must not call the library. */
typedef void ahttp_tls_keylog_fn(const char *line, void *ctx);

/* Files and text are PEM.  All is read and copied before ahttp_tls_create returns, but for
   directories. */
typedef struct ahttp_tls_options {
    size_t size;

    /* Whom to trust, instead of the system's roots: of these all that are given. */
    const char *ca_file; /* certificates, which need not be roots */
    const char *ca_dir;  /* made by `openssl rehash`; looked up when needed; "a:b": both */
    const char *ca_pem;
    const char *crl_file;    /* refuse what these lists revoke; each issuer needs one */
    const char *const *pins; /* AHTTP_PINS(...): besides all else, the server's own certificate,
                                not one that leads to its root, must be one of these: "cert-sha256:"
                                of the certificate as DER, "spki-sha256:" of its public key, in hex
                                or base64; or curl's "sha256//", a key in base64 */

    /* Who to be, if the server asks: a certificate with the chain behind it, and its key. */
    const char *cert_file;
    const char *cert_pem;
    const char *key_file; /* default: in cert_file or cert_pem */
    const char *key_pem;
    const char *key_uri;     /* a key in a store of OpenSSL's: "file:...", "pkcs11:..." with
                                that provider; a certificate there is used, too. Or one of an
                                engine: "org.openssl.engine:pkcs11:pkcs11:object=me" */
    const char *pkcs12_file; /* all in one */
    const char *password;    /* of the key or the PKCS #12 file */
    ahttp_tls_password_fn *password_of; /* asked instead, when there is need */
    void *password_ctx;

    /* Which TLS. */
    ahttp_tls_version min_version; /* default AHTTP_TLS_1_2 */
    ahttp_tls_version max_version; /* default: the newest */
    const char *ciphers;           /* up to TLS 1.2, in OpenSSL's words: "ECDHE+AESGCM"; default:
                                      OpenSSL's, but for those without forward secrecy */
    const char *cipher_suites;     /* of TLS 1.3: "TLS_AES_128_GCM_SHA256:..." */
    const char *groups;            /* for the key exchange: "X25519:P-256" */
    const char *alpn;              /* offered, "a,b"; default "http/1.1", "": nothing */

    const char *keylog_file; /* append the secrets of all connections: for Wireshark.  Default:
                                the file that SSLKEYLOGFILE in the environment names */
    ahttp_tls_keylog_fn *keylog;
    void *keylog_ctx;

    bool add_system_roots;     /* trust the system's roots besides those given */
    bool no_resumption;        /* a whole handshake for each connection */
    bool insecure_skip_verify; /* accept any certificate of anybody: whoever is in between can
                                  read and change everything, unless there are pins */
    bool insecure_skip_name;   /* accept a trusted certificate of any name */
    bool reserved[4];
} ahttp_tls_options;
#define AHTTP_PINS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* NULL when out of memory, or when options->size is not set.  Caller unrefs.  What cannot be used
   (a file that is not there, a wrong password) fails each request with E_TLS_SETTINGS, and shows
   at once in: */
AHTTP_API const ahttp_error *ahttp_tls_error(const ahttp_tls *tls); /* NULL: all is well */
AHTTP_API ahttp_tls *ahttp_tls_create(const ahttp_tls_options *options);

/* Settings never change, and may be shared by the loops of several threads, as these two may
   be called by any. */
AHTTP_API ahttp_tls *ahttp_tls_ref(ahttp_tls *tls);
/* NULL does nothing.  Connectors and requests hold references of their own. */
AHTTP_API void ahttp_tls_unref(ahttp_tls *tls);

#ifndef __cplusplus
#define ahttp_tls_new(...)                                                                         \
    ahttp_tls_create(&(ahttp_tls_options){.size = sizeof(ahttp_tls_options), __VA_ARGS__})
#endif

AHTTP_END
#endif
