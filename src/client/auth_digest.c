/* SPDX-License-Identifier: MIT */
/* The part of logging in that is Digest's: answers where a challenge is known, and once more for
   a new one. */
#include "client/auth.h"
#include "client/request.h"
#include "conn/source.h"

static ahttp_error *cannot_answer(int code)
{
    switch (code) {
    case AHTTP_E_NO_MEMORY: return ah_error_no_memory();
    case AHTTP_E_SYSTEM:
        return ah_error_new(code, "log in by Digest: the system gives no random bytes");
    default:
        return ah_error_new(code, "log in by Digest: the server wants the body signed (auth-int), "
                                  "which a body that can be read only once cannot be");
    }
}

ah_verdict ah_auth_digest_answer(ahttp_response *call, ahttp_error **error)
{
    const ah_exchange *exchange = &call->exchange;
    const ah_login *login = call->course.login;
    const ah_digest_request request = {
        .user = login->user,
        .password = login->password,
        .method = exchange->request.method,
        .target = exchange->request.target,
        .body = exchange->source ? NULL : &exchange->body,
        .body_hash = ah_str_from(call->auth->body_hash),
    };
    ah_buf value = {0};
    int rc = ah_digest_answer(ah_auth_space_digest(call->auth->space), &request, &value);

    if (rc == 0 && !ah_request_add_field(call, AH_STR("Authorization"), ah_buf_str(&value)))
        rc = AHTTP_E_NO_MEMORY;
    ah_buf_release(&value);
    if (rc == 0)
        return AH_GO_ON;
    *error = cannot_answer(rc);
    return AH_FAIL;
}

/* A file may have changed since, so its hash is for this sending only. */
static ah_verdict sign_and_answer(ahttp_response *call, ahttp_error **error)
{
    const ah_digest *digest = ah_auth_space_digest(call->auth->space);
    const ahttp_body *source = call->exchange.source;

    call->auth->body_hash[0] = '\0';
    if (source && source->replay != AHTTP_BODY_ONCE && ah_digest_needs_body(digest)) {
        ah_verdict verdict = ah_auth_hash_body(call, ah_digest_hash(digest), error);
        if (verdict != AH_GO_ON)
            return verdict;
    }
    return ah_auth_digest_answer(call, error);
}

ah_verdict ah_auth_digest_before(ahttp_response *call, ahttp_error **error)
{
    ah_auth_space *known;

    if (!call->auth || !call->auth->space) {
        if (call->course.login->waits)
            return AH_GO_ON;
        known = ah_auth_space_find(&call->session->auth.spaces, &call->url, call->course.login);
        if (!known)
            return AH_GO_ON;
        if (!ah_auth_of(call))
            return ah_auth_no_memory(error);
        call->auth->space = ah_auth_space_ref(known);
    }
    return sign_and_answer(call, error);
}

/* A server that does not like an answer is not given another, unless only the nonce was old. */
static bool may_answer(const ah_auth *auth, const ah_digest *digest)
{
    return auth->tries == 0 || (auth->tries == 1 && ah_digest_is_stale(digest));
}

/* Takes digest over. */
static ah_verdict answer_challenge(ahttp_response *call, ah_digest *digest, ahttp_error **error)
{
    ah_auth *auth = ah_auth_of(call);

    if (!auth || !may_answer(auth, digest)) {
        ah_digest_free(digest);
        return auth ? AH_GO_ON : ah_auth_no_memory(error);
    }
    auth->tries++;
    ah_auth_space_unref(auth->space);
    auth->space =
        ah_auth_space_take(&call->session->auth.spaces, &call->url, call->course.login, digest);
    return auth->space ? ah_auth_send_again(call, error) : ah_auth_no_memory(error);
}

static ah_verdict note_info(ahttp_response *call, ahttp_error **error)
{
    const ah_field *info =
        ah_headers_find(&call->exchange.response.fields, AH_STR("Authentication-Info"));

    if (info && call->auth && call->auth->space &&
        ah_digest_note_info(ah_auth_space_digest(call->auth->space), info->value) < 0)
        return ah_auth_no_memory(error);
    return AH_GO_ON;
}

ah_verdict ah_auth_digest_after(ahttp_response *call, ahttp_error **error)
{
    const ah_response_head *head = &call->exchange.response;
    ah_digest *digest;

    if (head->status != 401)
        return note_info(call, error);
    int rc = ah_digest_take(&head->fields, AH_STR("WWW-Authenticate"), &digest);
    if (rc == AHTTP_E_NO_MEMORY)
        return ah_auth_no_memory(error);
    if (rc < 0) {
        *error = ah_error_new(rc, "log in by Digest: the library was built without its hash "
                                  "functions");
        return AH_FAIL;
    }
    return digest ? answer_challenge(call, digest, error) : AH_GO_ON;
}
