/* SPDX-License-Identifier: MIT */
#include "http/mask.h"
#include "http/redirect.h"

static bool has(ah_str name, ah_str word)
{
    for (size_t i = 0; i + word.len <= name.len; i++)
        if (ah_str_starts_with_nocase(ah_str_slice(name, i, SIZE_MAX), word))
            return true;
    return false;
}

bool ah_mask_is_secret(ah_str name, const char *const *named)
{
    static const char *const words[] = {"auth",     "cookie",  "token", "secret",
                                        "password", "session", "key"};

    if (ah_secret_of_field(name, named))
        return true;
    if (ah_str_equal_nocase(name, AH_STR("WWW-Authenticate")) ||
        ah_str_equal_nocase(name, AH_STR("Proxy-Authenticate")))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has(name, ah_str_from(words[i])))
            return true;
    return false;
}

/* The end of user and password at the front of text, which stands behind "//"; 0: none. */
static size_t login_len(ah_str text)
{
    size_t at = 0;

    for (size_t i = 0; i < text.len && !ah_str_has(AH_STR("/?#<>\" \t"), text.ptr[i]); i++)
        if (text.ptr[i] == '@')
            at = i;
    return at;
}

void ah_mask_value(ah_buf *out, ah_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        ah_buf_append_char(out, c < ' ' || c == 0x7f ? '?' : (char)c);
        if (i == 0 || c != '/' || value.ptr[i - 1] != '/')
            continue;
        size_t skipped = login_len(ah_str_slice(value, i + 1, SIZE_MAX));
        if (skipped > 0)
            ah_buf_append(out, AH_STR("..."));
        i += skipped;
    }
}

void ah_mask_field(ah_buf *out, ah_str name, ah_str value, const char *const *named)
{
    ah_mask_value(out, name);
    ah_buf_append(out, AH_STR(": "));
    if (ah_mask_is_secret(name, named))
        ah_buf_append_format(out, "(%zu bytes)", value.len);
    else
        ah_mask_value(out, value);
}
