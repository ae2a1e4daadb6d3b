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
    }
    return false;
}
