/* SPDX-License-Identifier: MIT */
/* Text in charsets of every kind: what comes out is UTF-8, and replacing changes nothing where
   there was nothing to replace. */
#include "base/utf8.h"
#include "fuzz.h"
#include "http/charset.h"

static const char *const charsets[] = {"utf-8",     "iso-8859-1",  "us-ascii", "utf-16",
                                       "shift_jis", "iso-2022-jp", "utf-32le", "gb18030"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ah_str bytes = ah_str_make((const char *)data, size);
    ah_str charset = ah_str_from(charsets[take_byte(&bytes) % 8]);
    ah_buf strict = {0};
    ah_buf replaced = {0};

    ahttp_error *error = ah_charset_to_utf8(&strict, charset, bytes, AH_CHARSET_STRICT);
    must(!ah_charset_to_utf8(&replaced, charset, bytes, AH_CHARSET_REPLACE));
    must(ah_utf8_is_valid(ah_buf_str(&replaced)));
    must(replaced.len <= 4 * bytes.len);
    if (error)
        must(error->code == AHTTP_E_CHARSET);
    else
        must(ah_str_equal(ah_buf_str(&strict), ah_buf_str(&replaced)));
    ah_error_free(error);
    ah_buf_release(&strict);
    ah_buf_release(&replaced);
    return 0;
}
