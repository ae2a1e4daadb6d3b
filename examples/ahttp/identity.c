/* SPDX-License-Identifier: MIT */
#include "identity.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>

bool identity_is_curl(void)
{
    const char *version = getenv("AHTTP_CURL_VERSION");

    return version && *version;
}

const char *identity_name(void)
{
    return identity_is_curl() ? "curl" : "ahttp";
}

const char *identity_version(void)
{
    return identity_is_curl() ? getenv("AHTTP_CURL_VERSION") : ahttp_version();
}

void identity_print(void)
{
    printf("%s %s (ahttp) %s/%s%s libz c-ares libuv\n", identity_name(), identity_version(),
           identity_is_curl() ? "libcurl" : "libahttp", identity_version(),
           ahttp_has_feature(AHTTP_FEATURE_TLS) ? " OpenSSL/3" : "");
    printf("Release-Date: [unreleased]\n");
    printf("Protocols: http%s\n", ahttp_has_feature(AHTTP_FEATURE_TLS) ? " https" : "");
    printf("Features: AsynchDNS%s HTTPS-proxy%s IPv6 Largefile libz%s%s UnixSockets%s\n",
           ahttp_has_feature(AHTTP_FEATURE_BROTLI) ? " brotli" : "",
           ahttp_has_feature(AHTTP_FEATURE_IDN) ? " IDN" : "",
           ahttp_has_feature(AHTTP_FEATURE_PSL) ? " PSL" : "",
           ahttp_has_feature(AHTTP_FEATURE_TLS) ? " SSL" : "",
           ahttp_has_feature(AHTTP_FEATURE_ZSTD) ? " zstd" : "");
}
