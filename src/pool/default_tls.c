/* SPDX-License-Identifier: MIT */
#include "pool/opening.h"

/* Defaults that cannot be used are made anew by the next opening: they depend on the system. */
static ahttp_error *make_default(ah_opening_setup *setup)
{
    static const ahttp_tls_options defaults = {.size = sizeof defaults};
    ahttp_tls *tls = ahttp_tls_create(&defaults);
    ahttp_error *error = NULL;

    if (!tls)
        return ah_error_no_memory();
    if (ahttp_tls_error(tls))
        error = ah_error_copy(ahttp_tls_error(tls));
    if (error)
        ahttp_tls_unref(tls);
    else
        setup->default_tls = tls;
    return error;
}

ahttp_error *ah_opening_prepare_tls(ah_opening_setup *setup, const ahttp_tls *tls)
{
    if (!tls)
        return setup->default_tls ? NULL : make_default(setup);
    return ahttp_tls_error(tls) ? ah_error_copy(ahttp_tls_error(tls)) : NULL;
}
