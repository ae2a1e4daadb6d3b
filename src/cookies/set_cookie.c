/* SPDX-License-Identifier: MIT */
#include "cookies/set_cookie.h"
#include "cookies/date.h"

#define MOST_AGE (INT64_C(400) * 24 * 60 * 60)

bool ah_cookie_has_controls(ah_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F)
            return true;
    }
    return false;
}

/* ---- Attributes: the last one of each name counts ---- */

static void take_expires(ah_set_cookie *said, ah_str value)
{
    int64_t seconds;

    if (!ah_cookie_date_read(value, &seconds))
        return;
    said->has_expires = true;
    said->expires = seconds;
}

static void take_max_age(ah_set_cookie *said, ah_str value)
{
    bool is_negative = value.len > 0 && *value.ptr == '-';
    ah_str digits = ah_str_slice(value, is_negative, SIZE_MAX);
    int64_t age = 0;

    if (digits.len == 0)
        return;
    for (size_t i = 0; i < digits.len; i++) {
        if (!ah_is_digit(digits.ptr[i]))
            return;
        age = age > MOST_AGE ? age : age * 10 + (digits.ptr[i] - '0');
    }
    said->has_max_age = true;
    said->max_age = is_negative ? 0 : age;
}

/* An empty one is passed over (RFC 6265 §5.2.3). */
static void take_domain(ah_set_cookie *said, ah_str value)
{
    if (value.len > 0)
        said->domain = ah_str_slice(value, *value.ptr == '.', SIZE_MAX);
}

static void take_path(ah_set_cookie *said, ah_str value)
{
    said->path = value.len > 0 && *value.ptr == '/' ? value : (ah_str){0};
}

static void take_same_site(ah_set_cookie *said, ah_str value)
{
    if (ah_str_equal_nocase(value, AH_STR("Strict")))
        said->same_site = AHTTP_SAME_SITE_STRICT;
    else if (ah_str_equal_nocase(value, AH_STR("Lax")))
        said->same_site = AHTTP_SAME_SITE_LAX;
    else if (ah_str_equal_nocase(value, AH_STR("None")))
        said->same_site = AHTTP_SAME_SITE_NONE;
    else
        said->same_site = AHTTP_SAME_SITE_UNSET;
}

static void take_attribute(ah_set_cookie *said, ah_str name, ah_str value)
{
    if (value.len > AH_COOKIE_MOST_ATTRIBUTE_BYTES)
        return;
    if (ah_str_equal_nocase(name, AH_STR("Expires")))
        take_expires(said, value);
    else if (ah_str_equal_nocase(name, AH_STR("Max-Age")))
        take_max_age(said, value);
    else if (ah_str_equal_nocase(name, AH_STR("Domain")))
        take_domain(said, value);
    else if (ah_str_equal_nocase(name, AH_STR("Path")))
        take_path(said, value);
    else if (ah_str_equal_nocase(name, AH_STR("Secure")))
        said->secure = true;
    else if (ah_str_equal_nocase(name, AH_STR("HttpOnly")))
        said->http_only = true;
    else if (ah_str_equal_nocase(name, AH_STR("SameSite")))
        take_same_site(said, value);
}

/* ---- All of it ---- */

/* "name = value", of which the second part may be missing. */
static void cut_pair(ah_str pair, ah_str *name, ah_str *value)
{
    size_t equals = ah_str_find(pair, '=');

    *name = ah_str_trim(ah_str_slice(pair, 0, equals));
    *value = ah_str_trim(ah_str_slice(pair, equals + 1, SIZE_MAX));
}

const char *ah_set_cookie_read(ah_set_cookie *said, ah_str text)
{
    ah_str rest = text;
    ah_str part = {0};
    ah_str name, value;

    *said = (ah_set_cookie){.same_site = AHTTP_SAME_SITE_UNSET};
    if (ah_cookie_has_controls(text))
        return "it has control characters";
    ah_str_split(&rest, ';', &part);
    if (ah_str_find(part, '=') == part.len)
        return "it has no \"=\"";
    cut_pair(part, &said->name, &said->value);
    if (said->name.len == 0)
        return "it has no name";
    if (said->name.len + said->value.len > AH_COOKIE_MOST_BYTES)
        return "name and value have more than 4096 bytes";
    while (ah_str_split(&rest, ';', &part)) {
        cut_pair(part, &name, &value);
        take_attribute(said, name, value);
    }
    return NULL;
}

int64_t ah_set_cookie_expiry(const ah_set_cookie *said, int64_t now)
{
    int64_t expires;

    if (said->has_max_age)
        expires = said->max_age == 0 ? now : now + said->max_age;
    else if (said->has_expires)
        expires = said->expires;
    else
        return 0;
    if (expires > now + MOST_AGE)
        return now + MOST_AGE;
    return expires == 0 ? -1 : expires; /* 0 has a meaning of its own */
}

/* NULL stays NULL.  False when out of memory. */
static bool copy_text(ah_arena *arena, ah_str view, const char **text)
{
    *text = view.ptr ? ah_arena_copy(arena, view) : NULL;
    return !view.ptr || *text;
}

bool ah_set_cookie_show(const ah_set_cookie *said, ah_arena *arena, int64_t now,
                        ahttp_cookie *cookie)
{
    *cookie = (ahttp_cookie){.size = sizeof *cookie,
                             .expires = ah_set_cookie_expiry(said, now),
                             .same_site = said->same_site,
                             .host_only = said->domain.len == 0,
                             .secure = said->secure,
                             .http_only = said->http_only};
    return copy_text(arena, said->name, &cookie->name) &&
           copy_text(arena, said->value, &cookie->value) &&
           copy_text(arena, said->domain, &cookie->domain) &&
           copy_text(arena, said->path, &cookie->path);
}
