/* SPDX-License-Identifier: MIT */
#include "pool/opening_stage.h"
#include <stddef.h>
#include <string.h>

const ah_opening_facts ah_opening_facts_of[] = {
    [AH_OPENING_RESOLVING] = {"resolving the name", "resolve", "dns_ms",
                              offsetof(ahttp_timeout, dns_ms), AHTTP_E_DNS_TIMEOUT,
                              AHTTP_PHASE_DNS},
    [AH_OPENING_DIALLING] = {"connecting", "connect to", "connect_ms",
                             offsetof(ahttp_timeout, connect_ms), AHTTP_E_CONNECT_TIMEOUT,
                             AHTTP_PHASE_CONNECT},
    [AH_OPENING_SECURING] = {"shaking hands", "shake hands with", "tls_ms",
                             offsetof(ahttp_timeout, tls_ms), AHTTP_E_TLS_TIMEOUT, AHTTP_PHASE_TLS},
    [AH_OPENING_PASSING] = {"waiting for the proxy", "connect through the proxy to", "connect_ms",
                            offsetof(ahttp_timeout, connect_ms), AHTTP_E_CONNECT_TIMEOUT,
                            AHTTP_PHASE_PROXY},
};

int64_t ah_opening_limit(ah_opening_stage stage, const ahttp_timeout *limits)
{
    int64_t limit_ms;

    memcpy(&limit_ms, (const char *)limits + ah_opening_facts_of[stage].limit_at, sizeof limit_ms);
    return limit_ms;
}
