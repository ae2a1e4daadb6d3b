/* SPDX-License-Identifier: MIT */
#include "http/idn.h"
#include "http/url.h"
#if AHTTP_IDN
#include <idn2.h>

#define FUNCTIONS(f) f(idn2_to_ascii_8z) f(idn2_free)
AH_LIBRARY(ah_idn_library, IDN2, "international host names", FUNCTIONS);

static const char *reason_of(int result)
{
    if (result == IDN2_MALLOC)
        return AH_URL_NO_MEMORY;
    if (result == IDN2_ENCODING_ERROR)
        return "the host is not UTF-8";
    return "the host is no international name (IDN) that may be registered";
}

bool ah_idn_works(void)
{
    return !ah_library_load(&ah_idn_library);
}

const char *ah_idn_to_ascii(ah_arena *arena, ah_str host, ah_str *name)
{
    const char *text = ah_str_find(host, '\0') < host.len ? "" : ah_arena_copy(arena, host);
    char *made = NULL;

    if (!text)
        return AH_URL_NO_MEMORY;
    if (!ah_idn_works())
        return "the host has characters beyond ASCII, and libidn2, which knows international names "
               "(IDN), is not installed: give A-labels, which begin with xn--";
    int result = lib.idn2_to_ascii_8z(text, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK)
        return reason_of(result);
    ah_str ascii = ah_str_from(made);
    *name = ah_str_make(ah_arena_copy(arena, ascii), ascii.len);
    lib.idn2_free(made);
    return name->ptr ? NULL : AH_URL_NO_MEMORY;
}

#else

bool ah_idn_works(void)
{
    return false;
}

const char *ah_idn_to_ascii(ah_arena *arena, ah_str host, ah_str *name)
{
    (void)arena;
    (void)host;
    (void)name;
    return "the host has characters beyond ASCII, and this libahttp was built without "
           "international names (IDN): give A-labels, which begin with xn--";
}

#endif
