/* SPDX-License-Identifier: MIT */
#include "http/redirect.h"

/* ---- Method and body ---- */

bool ah_redirect_is_one(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool ah_redirect_becomes_get(int status, ah_str method)
{
    if (status == 303)
        return !ah_str_equal(method, AH_STR("HEAD"));
    return (status == 301 || status == 302) && ah_str_equal(method, AH_STR("POST"));
}

bool ah_redirect_is_body_field(ah_str name)
{
    return ah_str_starts_with_nocase(name, AH_STR("Content-")) ||
           ah_str_equal_nocase(name, AH_STR("Trailer"));
}

/* ---- Secrets ---- */

enum {
    ALL = AH_SECRET_AUTHORIZATION | AH_SECRET_COOKIE_FIELD | AH_SECRET_PROXY_AUTHORIZATION |
          AH_SECRET_CREDENTIALS | AH_SECRET_COOKIES | AH_SECRET_NAMED
};

const unsigned char ah_secrets_left_behind[AH_ORIGIN_CHANGES] = {
    [AH_ORIGIN_SAME] = 0,     [AH_ORIGIN_OTHER_HOST] = ALL, [AH_ORIGIN_OTHER_PORT] = ALL,
    [AH_ORIGIN_TO_TLS] = ALL, [AH_ORIGIN_FROM_TLS] = ALL,
};

ah_origin_change ah_origin_change_of(const ah_url *from, const ah_url *to)
{
    if (!ah_str_equal(from->host, to->host))
        return AH_ORIGIN_OTHER_HOST;
    if (from->is_tls != to->is_tls)
        return to->is_tls ? AH_ORIGIN_TO_TLS : AH_ORIGIN_FROM_TLS;
    return from->port == to->port ? AH_ORIGIN_SAME : AH_ORIGIN_OTHER_PORT;
}

unsigned ah_secret_of_field(ah_str name, const char *const *named)
{
    if (ah_str_equal_nocase(name, AH_STR("Authorization")))
        return AH_SECRET_AUTHORIZATION;
    if (ah_str_equal_nocase(name, AH_STR("Cookie")))
        return AH_SECRET_COOKIE_FIELD;
    if (ah_str_equal_nocase(name, AH_STR("Proxy-Authorization")))
        return AH_SECRET_PROXY_AUTHORIZATION;
    for (; named && *named; named++)
        if (ah_str_equal_nocase(name, ah_str_from(*named)))
            return AH_SECRET_NAMED;
    return 0;
}
