/* SPDX-License-Identifier: MIT */
#include "cookies/suffix.h"

bool ah_domain_looks_like_public_suffix(ah_str domain)
{
    static const char *const categories[] = {"ac", "co",  "com", "edu", "go", "gob", "gov",
                                             "gv", "ltd", "me",  "mil", "ne", "net", "nom",
                                             "or", "org", "plc", "sch", "web"};
    size_t dot = ah_str_find(domain, '.');
    ah_str first = ah_str_slice(domain, 0, dot);
    ah_str country = ah_str_slice(domain, dot + 1, SIZE_MAX);

    if (dot == domain.len)
        return true;
    if (country.len != 2 || !ah_is_alpha(country.ptr[0]) || !ah_is_alpha(country.ptr[1]))
        return false;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (ah_str_equal(first, ah_str_from(categories[i])))
            return true;
    return false;
}

bool ah_psl_works(void)
{
#if AHTTP_PSL
    return ah_psl_has(AH_STR("com")) >= 0;
#else
    return false;
#endif
}

bool ah_domain_is_public_suffix(ah_str domain)
{
#if AHTTP_PSL
    int known = ah_psl_has(domain);

    if (known >= 0)
        return known;
#endif
    return ah_domain_looks_like_public_suffix(domain);
}
