/* SPDX-License-Identifier: MIT */
#include "cookies/suffix.h"
#include "http/encoder.h"
#include "http/idn.h"
#include <ahttp/version.h>

static bool codes(ah_str name)
{
    return ah_decoder_works(name) && ah_encoder_works(name);
}

const char *ahttp_version(void)
{
    return AHTTP_VERSION;
}

bool ahttp_has_feature(ahttp_feature feature)
{
    switch (feature) {
    case AHTTP_FEATURE_TASKS: return AHTTP_TASKS;
    case AHTTP_FEATURE_TLS: return AHTTP_TLS;
    case AHTTP_FEATURE_BROTLI: return codes(AH_STR("br"));
    case AHTTP_FEATURE_ZSTD: return codes(AH_STR("zstd"));
    case AHTTP_FEATURE_PSL: return ah_psl_works();
    case AHTTP_FEATURE_IDN: return ah_idn_works();
    }
    return false;
}
