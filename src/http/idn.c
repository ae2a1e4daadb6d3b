/* SPDX-License-Identifier: MIT */
#include "http/idn.h"
#include "http/url.h"
#if AHTTP_IDN
#include <idn2.h>

static const char *reason_of(int result)
{
    if (result == IDN2_MALLOC)
        return AH_URL_NO_MEMORY;
    if (result == IDN2_ENCODING_ERROR)
        return "the host is not UTF-8";
    return "the host is no international name (IDN) that may be registered";
}

const char *ah_idn_to_ascii(ah_arena *arena, ah_str host, ah_str *name)
{
    const char *text = ah_str_find(host, '\0') < host.len ? "" : ah_arena_copy(arena, host);
    char *made = NULL;

    if (!text)
        return AH_URL_NO_MEMORY;
    int result = idn2_to_ascii_8z(text, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK)
        return reason_of(result);
    ah_str ascii = ah_str_from(made);
    *name = ah_str_make(ah_arena_copy(arena, ascii), ascii.len);
    idn2_free(made);
    return name->ptr ? NULL : AH_URL_NO_MEMORY;
}

#else

const char *ah_idn_to_ascii(ah_arena *arena, ah_str host, ah_str *name)
{
    (void)arena;
    (void)host;
    (void)name;
    return "the host has characters beyond ASCII, and this libahttp was built without "
           "international names (IDN): give A-labels, which begin with xn--";
}

#endif
