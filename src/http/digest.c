/* SPDX-License-Identifier: MIT */
#include "http/digest.h"
#include "http/challenge.h"
#include <unistd.h>

enum { CNONCE_BYTES = 16 };

/* The texts are in the arena, so that the challenge may go, but for the nonce of a later
   response. */
struct ah_digest {
    ah_arena arena;
    ah_buf next_nonce;
    const char *realm, *first_nonce, *nonce, *opaque, *algorithm, *domain; /* NULL: not given */
    char session_cnonce[2 * CNONCE_BYTES + 1]; /* the same for all answers of a session */
    ah_hash hash;
    uint32_t count;
    bool is_session; /* "-sess" */
    bool has_qop, has_auth, has_auth_int;
    bool stale, user_hash;
};

/* ---- Reading a challenge ---- */

static const struct {
    ah_str name;
    ah_hash hash;
} algorithms[] = {
    {{"MD5", 3}, AH_HASH_MD5},
    {{"SHA", 3}, AH_HASH_SHA1},
    {{"SHA-256", 7}, AH_HASH_SHA256},
    {{"SHA-512", 7}, AH_HASH_SHA512},
    {{"SHA-512-256", 11}, AH_HASH_SHA512_256},
};

static bool read_algorithm(ah_digest *digest, const ahttp_pair *params)
{
    digest->algorithm = ah_challenge_param(params, "algorithm");
    ah_str name = digest->algorithm ? ah_str_from(digest->algorithm) : AH_STR("MD5");
    ah_str suffix = AH_STR("-sess");

    if (name.len > suffix.len &&
        ah_str_equal_nocase(ah_str_slice(name, name.len - suffix.len, suffix.len), suffix)) {
        digest->is_session = true;
        name = ah_str_slice(name, 0, name.len - suffix.len);
    }
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (ah_str_equal_nocase(name, algorithms[i].name)) {
            digest->hash = algorithms[i].hash;
            return true;
        }
    return false;
}

/* Without qop, or with an empty one, it is RFC 2069's. */
static bool read_qop(ah_digest *digest, const ahttp_pair *params)
{
    ah_str qop = ah_str_trim(ah_str_from(ah_challenge_param(params, "qop")));

    digest->has_qop = qop.len > 0;
    digest->has_auth = ah_str_list_has(qop, AH_STR("auth"));
    digest->has_auth_int = ah_str_list_has(qop, AH_STR("auth-int"));
    return !digest->has_qop || digest->has_auth || digest->has_auth_int;
}

static bool is_true(const ahttp_pair *params, const char *name)
{
    return ah_str_equal_nocase(ah_str_from(ah_challenge_param(params, name)), AH_STR("true"));
}

static bool read_challenge(ah_digest *digest, const ah_challenge *challenge)
{
    const ahttp_pair *params = challenge->params;

    if (!ah_str_equal_nocase(challenge->scheme, AH_STR("Digest")))
        return false;
    digest->realm = ah_challenge_param(params, "realm");
    digest->nonce = digest->first_nonce = ah_challenge_param(params, "nonce");
    digest->opaque = ah_challenge_param(params, "opaque");
    digest->domain = ah_challenge_param(params, "domain");
    digest->stale = is_true(params, "stale");
    digest->user_hash = is_true(params, "userhash");
    return digest->realm && digest->nonce && read_algorithm(digest, params) &&
           read_qop(digest, params);
}

/* Of equal ones, the first is the server's choice. */
static bool is_stronger(const ah_digest *a, const ah_digest *b)
{
    if (a->hash != b->hash)
        return a->hash > b->hash;
    return a->has_qop && !b->has_qop;
}

/* The best goes to *best; whether any lacked nothing but its function to *lacks. */
static bool choose(const ah_challenge *challenges, size_t count, ah_digest *best, bool *lacks)
{
    bool found = false;

    *lacks = false;
    for (size_t i = 0; i < count; i++) {
        ah_digest one = {.count = 0};
        if (!read_challenge(&one, &challenges[i]))
            continue;
        if (!ah_hash_is_known(one.hash))
            *lacks = true;
        else if (!found || is_stronger(&one, best)) {
            *best = one;
            found = true;
        }
    }
    return found;
}

int ah_digest_take(const ahttp_headers *headers, ah_str name, ah_digest **digest)
{
    const ah_challenge *challenges;
    ah_digest best;
    ah_arena arena = {0};
    size_t count;
    bool lacks;
    int rc = 0;

    *digest = NULL;
    if (!ah_challenges_read(headers, name, &arena, &challenges, &count))
        rc = AHTTP_E_NO_MEMORY;
    else if (choose(challenges, count, &best, &lacks)) {
        *digest = AH_NEW(ah_digest);
        rc = *digest ? 0 : AHTTP_E_NO_MEMORY;
    } else if (lacks)
        rc = AHTTP_E_UNSUPPORTED;
    if (!*digest) {
        ah_arena_release(&arena);
        return rc;
    }
    **digest = best;
    (*digest)->arena = arena;
    return 0;
}

void ah_digest_free(ah_digest *digest)
{
    if (!digest)
        return;
    ah_buf_release(&digest->next_nonce);
    ah_arena_release(&digest->arena);
    ah_free(digest);
}

bool ah_digest_is_stale(const ah_digest *digest)
{
    return digest->stale;
}

ah_str ah_digest_domain(const ah_digest *digest)
{
    return ah_str_from(digest->domain ? digest->domain : "");
}

ah_str ah_digest_realm(const ah_digest *digest)
{
    return ah_str_from(digest->realm);
}

bool ah_digest_needs_body(const ah_digest *digest)
{
    return digest->has_auth_int && !digest->has_auth;
}

ah_hash ah_digest_hash(const ah_digest *digest)
{
    return digest->hash;
}

/* ---- The response (RFC 7616 §3.4.1) ---- */

/* What one answer is computed from. */
typedef struct answer {
    const ah_digest *digest;
    const ah_digest_request *request;
    ah_str qop; /* "" for RFC 2069 */
    ah_str cnonce;
    char nc[9];
    char response[AH_HASH_HEX_MAX + 1];
} answer;

static bool hash_a1(const answer *it, char hex[])
{
    const ah_digest *digest = it->digest;
    ah_str colon = AH_STR(":");
    ah_str secret[] = {it->request->user, colon, ah_str_from(digest->realm), colon,
                       it->request->password};

    if (!ah_hash_hex(digest->hash, 5, secret, hex))
        return false;
    if (!digest->is_session)
        return true;
    char inner[AH_HASH_HEX_MAX + 1];
    memcpy(inner, hex, sizeof inner);
    ah_str session[] = {ah_str_from(inner), colon, ah_str_from(digest->first_nonce), colon,
                        it->cnonce};
    return ah_hash_hex(digest->hash, 5, session, hex);
}

static bool hash_a2(const answer *it, char hex[])
{
    const ah_digest_request *request = it->request;
    ah_str colon = AH_STR(":");
    ah_str parts[] = {request->method, colon, request->target, colon, {NULL, 0}};
    char body[AH_HASH_HEX_MAX + 1];

    if (!ah_str_equal(it->qop, AH_STR("auth-int")))
        return ah_hash_hex(it->digest->hash, 3, parts, hex);
    parts[4] = request->body_hash;
    if (request->body) {
        if (!ah_hash_hex(it->digest->hash, 1, request->body, body))
            return false;
        parts[4] = ah_str_from(body);
    }
    return ah_hash_hex(it->digest->hash, 5, parts, hex);
}

static bool compute_response(answer *it)
{
    char a1[AH_HASH_HEX_MAX + 1], a2[AH_HASH_HEX_MAX + 1];
    ah_str colon = AH_STR(":"), nonce = ah_str_from(it->digest->nonce);

    if (!hash_a1(it, a1) || !hash_a2(it, a2))
        return false;
    if (it->qop.len == 0) {
        ah_str parts[] = {ah_str_from(a1), colon, nonce, colon, ah_str_from(a2)};
        return ah_hash_hex(it->digest->hash, 5, parts, it->response);
    }
    ah_str parts[] = {ah_str_from(a1), colon, nonce,   colon, ah_str_from(it->nc), colon,
                      it->cnonce,      colon, it->qop, colon, ah_str_from(a2)};
    return ah_hash_hex(it->digest->hash, 11, parts, it->response);
}

/* ---- Writing the field ---- */

static void append_quoted(ah_buf *out, const char *name, ah_str value)
{
    ah_buf_append_format(out, "%s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            ah_buf_append_char(out, '\\');
        ah_buf_append_char(out, value.ptr[i]);
    }
    ah_buf_append_char(out, '"');
}

/* Whether a quoted string may hold it, in ASCII. */
static bool is_plain(ah_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7E)
            return false;
    return true;
}

/* attr-char of RFC 8187 §3.2.1 stays. */
static void append_extended(ah_buf *out, const char *name, ah_str value)
{
    ah_buf_append_format(out, "%s*=UTF-8''", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (ah_is_alpha(c) || ah_is_digit(c) || (c != '\0' && strchr("!#$&+-.^_`|~", c)))
            ah_buf_append_char(out, c);
        else
            ah_buf_append_format(out, "%%%02X", (unsigned char)c);
    }
}

static bool append_user(const answer *it, ah_buf *out)
{
    const ah_digest_request *request = it->request;
    char hex[AH_HASH_HEX_MAX + 1];

    if (it->digest->user_hash) {
        ah_str parts[] = {request->user, AH_STR(":"), ah_str_from(it->digest->realm)};
        if (!ah_hash_hex(it->digest->hash, 3, parts, hex))
            return false;
        append_quoted(out, "username", ah_str_from(hex));
    } else if (is_plain(request->user)) {
        append_quoted(out, "username", request->user);
    } else {
        append_extended(out, "username", request->user);
    }
    return true;
}

static bool append_answer(const answer *it, ah_buf *out)
{
    const ah_digest *digest = it->digest;

    ah_buf_append(out, AH_STR("Digest "));
    if (!append_user(it, out))
        return false;
    append_quoted(out, ", realm", ah_str_from(digest->realm));
    append_quoted(out, ", nonce", ah_str_from(digest->nonce));
    append_quoted(out, ", uri", it->request->target);
    if (it->qop.len > 0) {
        append_quoted(out, ", cnonce", it->cnonce);
        ah_buf_append_format(out, ", nc=%s, qop=", it->nc);
        ah_buf_append(out, it->qop);
    } else if (digest->is_session) {
        append_quoted(out, ", cnonce", it->cnonce);
    }
    append_quoted(out, ", response", ah_str_from(it->response));
    if (digest->opaque)
        append_quoted(out, ", opaque", ah_str_from(digest->opaque));
    if (digest->algorithm)
        ah_buf_append_format(out, ", algorithm=%s", digest->algorithm);
    if (digest->user_hash)
        ah_buf_append(out, AH_STR(", userhash=true"));
    return true;
}

/* ---- Answering ---- */

static bool make_cnonce(char text[2 * CNONCE_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char chance[CNONCE_BYTES];

    if (getentropy(chance, sizeof chance) < 0)
        return false;
    for (int i = 0; i < CNONCE_BYTES; i++) {
        *text++ = digits[chance[i] >> 4];
        *text++ = digits[chance[i] & 15];
    }
    *text = '\0';
    return true;
}

/* Servers differ in whether the key of a session is made of its first cnonce or of the one that
   comes along; where all are the same, both are right. */
static bool choose_cnonce(ah_digest *digest, const ah_digest_request *request,
                          char fresh[2 * CNONCE_BYTES + 1], ah_str *cnonce)
{
    char *text = digest->is_session ? digest->session_cnonce : fresh;

    *cnonce = request->cnonce;
    if (cnonce->len > 0)
        return true;
    if (!(digest->is_session && *text) && !make_cnonce(text))
        return false;
    *cnonce = ah_str_from(text);
    return true;
}

static bool choose_qop(const ah_digest *digest, const ah_digest_request *request, ah_str *qop)
{
    *qop = ah_str_make("", 0);
    if (!digest->has_qop)
        return true;
    if (digest->has_auth_int && (request->body || request->body_hash.len > 0))
        *qop = AH_STR("auth-int");
    else if (digest->has_auth)
        *qop = AH_STR("auth");
    return qop->len > 0;
}

int ah_digest_answer(ah_digest *digest, const ah_digest_request *request, ah_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    answer it = {.digest = digest, .request = request};
    char fresh[2 * CNONCE_BYTES + 1];

    if (!choose_qop(digest, request, &it.qop))
        return AHTTP_E_UNSUPPORTED;
    if (!choose_cnonce(digest, request, fresh, &it.cnonce))
        return AHTTP_E_SYSTEM;
    digest->count++;
    for (int i = 0; i < 8; i++)
        it.nc[i] = digits[digest->count >> (28 - 4 * i) & 15];
    if (!compute_response(&it) || !append_answer(&it, out) || ah_buf_failed(out))
        return AHTTP_E_NO_MEMORY;
    return 0;
}

/* ---- Authentication-Info ---- */

static int replace_nonce(ah_digest *digest, const char *nonce)
{
    ah_buf text = {0};

    ah_buf_append(&text, ah_str_from(nonce));
    if (!ah_buf_terminate(&text)) {
        ah_buf_release(&text);
        return AHTTP_E_NO_MEMORY;
    }
    ah_buf_release(&digest->next_nonce);
    digest->next_nonce = text;
    digest->nonce = text.data;
    digest->count = 0;
    return 0;
}

int ah_digest_note_info(ah_digest *digest, ah_str field)
{
    ah_arena arena = {0};
    const ahttp_pair *params = ah_challenge_params(field, &arena);
    const char *next = params ? ah_challenge_param(params, "nextnonce") : NULL;
    int rc = params ? 0 : AHTTP_E_NO_MEMORY;

    if (next && strcmp(next, digest->nonce) != 0)
        rc = replace_nonce(digest, next);
    ah_arena_release(&arena);
    return rc;
}
