/* SPDX-License-Identifier: MIT */
/* The public door to http/digest.h. */
#include "http/digest.h"
#include "base/mem.h"
#include <ahttp/digest.h>

struct ahttp_digest {
    ah_digest *digest;
    ah_buf answer;
};

ahttp_digest *ahttp_digest_take(const ahttp_headers *headers, bool proxy)
{
    ahttp_digest *made = AH_NEW(ahttp_digest);
    ah_str name = proxy ? AH_STR("Proxy-Authenticate") : AH_STR("WWW-Authenticate");

    if (made && (ah_digest_take(headers, name, &made->digest) < 0 || !made->digest)) {
        ahttp_digest_free(made);
        made = NULL;
    }
    return made;
}

void ahttp_digest_free(ahttp_digest *digest)
{
    if (!digest)
        return;
    ah_digest_free(digest->digest);
    ah_buf_release(&digest->answer);
    ah_free(digest);
}

bool ahttp_digest_is_stale(const ahttp_digest *digest)
{
    return ah_digest_is_stale(digest->digest);
}

const char *ahttp_digest_answer(ahttp_digest *digest, const char *user, const char *password,
                                const char *method, const char *target)
{
    const ah_digest_request request = {.user = ah_str_from(user),
                                       .password = ah_str_from(password),
                                       .method = ah_str_from(method),
                                       .target = ah_str_from(target)};

    ah_buf_clear(&digest->answer);
    if (ah_digest_answer(digest->digest, &request, &digest->answer) < 0)
        return NULL;
    ah_buf_append_char(&digest->answer, '\0');
    return ah_buf_failed(&digest->answer) ? NULL : digest->answer.data;
}
