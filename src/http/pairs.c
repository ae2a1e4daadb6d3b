/* SPDX-License-Identifier: MIT */
#include "http/pairs.h"
#include "http/headers.h"

const char *ah_pairs_check(const ahttp_pair *pairs, const char **name)
{
    for (; pairs && pairs->name; pairs++) {
        *name = pairs->name;
        if (!ah_field_name_is_valid(ah_str_from(pairs->name)))
            return "its name is not a token: letters, digits and !#$%&'*+-.^_`|~ only";
        if (pairs->value && !ah_field_value_is_valid(ah_str_from(pairs->value)))
            return "its value has a CR, LF or another control character";
    }
    return NULL;
}

bool ah_pairs_have(const ahttp_pair *pairs, ah_str name)
{
    for (; pairs && pairs->name; pairs++)
        if (ah_str_equal_nocase(ah_str_from(pairs->name), name))
            return true;
    return false;
}

ahttp_error *ah_pairs_check_added(const ahttp_pair *pairs, const char *what)
{
    static const char *const library_s[] = {"Host", "Content-Length", "Transfer-Encoding"};
    const char *name = "";
    const char *wrong = ah_pairs_check(pairs, &name);

    if (wrong)
        return ah_error_new(AHTTP_E_ARGUMENT, "%s: header \"%s\": %s", what, name, wrong);
    for (size_t i = 0; i < sizeof library_s / sizeof *library_s; i++)
        if (ah_pairs_have(pairs, ah_str_from(library_s[i])))
            return ah_error_new(AHTTP_E_ARGUMENT, "%s: %s follows the request, and cannot be given",
                                what, library_s[i]);
    return NULL;
}

void ah_pairs_write(ah_buf *out, const ahttp_pair *pairs)
{
    for (; pairs && pairs->name; pairs++) {
        ah_buf_append(out, ah_str_from(pairs->name));
        ah_buf_append(out, AH_STR(": "));
        ah_buf_append(out, ah_str_from(pairs->value ? pairs->value : ""));
        ah_buf_append(out, AH_STR("\r\n"));
    }
}
