/* SPDX-License-Identifier: MIT */
#include <ahttp/version.h>

const char *ahttp_version(void)
{
    return AHTTP_VERSION;
}

bool ahttp_has_feature(ahttp_feature feature)
{
    switch (feature) {
    case AHTTP_FEATURE_TASKS: return AHTTP_TASKS;
    case AHTTP_FEATURE_TLS: return AHTTP_TLS;
    case AHTTP_FEATURE_BROTLI: return AHTTP_BROTLI;
    case AHTTP_FEATURE_ZSTD: return AHTTP_ZSTD;
    case AHTTP_FEATURE_PSL: return AHTTP_PSL;
    case AHTTP_FEATURE_IDN: return AHTTP_IDN;
    }
    return false;
}
