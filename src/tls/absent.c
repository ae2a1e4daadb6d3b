/* SPDX-License-Identifier: MIT */
/* ahttp_tls where the library is built without https: settings that cannot be used. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "loop/log.h"
#include <ahttp/tls.h>

struct ahttp_tls {
    _Atomic size_t refs;
    ahttp_error *error;
};

ahttp_tls *ahttp_tls_create(const ahttp_tls_options *options)
{
    const bool is_sized = !options || options->size > 0;
    ahttp_tls *tls = is_sized ? AH_NEW(ahttp_tls) : NULL;

    if (!tls)
        return ah_log_not_made(ahttp_loop_current(), "tls",
                               is_sized ? ah_error_no_memory() : ah_options_error("options"));
    tls->refs = 1;
    tls->error = ah_error_new(AHTTP_E_UNSUPPORTED,
                              "make TLS settings: this libahttp was built without https; build it "
                              "with -DAHTTP_TLS=ON");
    return tls;
}

const ahttp_error *ahttp_tls_error(const ahttp_tls *tls)
{
    return tls->error;
}

ahttp_tls *ahttp_tls_ref(ahttp_tls *tls)
{
    tls->refs++;
    return tls;
}

void ahttp_tls_unref(ahttp_tls *tls)
{
    if (!tls || --tls->refs > 0)
        return;
    ah_error_free(tls->error);
    ah_free(tls);
}
