/* SPDX-License-Identifier: MIT */
/* Who asks: credentials, and what becomes of a challenge (RFC 9110 §11). */
#include "encode.h"
#include "netrc.h"
#include "transfer.h"
#include <stdlib.h>
#include <string.h>

static void forget(login *login)
{
    free(login->user);
    free(login->password);
    free(login->bearer);
    login->user = login->password = login->bearer = NULL;
}

void login_release(login *login)
{
    forget(login);
    free(login->whose);
    ahttp_digest_free(login->digest);
    *login = (struct login){0};
}

static void set_pair(login *login, const char *pair)
{
    const char *colon = strchr(pair, ':');

    login->user = copy_bytes(pair, colon ? (size_t)(colon - pair) : strlen(pair));
    login->password = copy_text(colon ? colon + 1 : "");
}

/* .netrc completes what the URL says, or stands in for it. */
static void ask_netrc(transfer *transfer, login *login)
{
    const settings *settings = transfer->settings;
    bool is_required = settings->netrc == NETRC_REQUIRED;
    char *user = copy_text(login->user);
    char *password = NULL;

    if ((settings->netrc == NETRC_NO && !settings->netrc_file) ||
        (!is_required && login->user && login->password)) {
        free(user);
        return;
    }
    netrc_result result = netrc_find(settings->netrc_file, transfer->url.host, &user, &password);
    if (result == NETRC_FOUND) {
        set_text(&login->user, user ? user : "");
        if (password || !login->password)
            set_text(&login->password, password ? password : "");
    } else if (is_required && result != NETRC_NONE) {
        transfer_fail(transfer, 26, ".netrc error: %s",
                      result == NETRC_BAD ? "syntax error" : "no such file");
    }
    free(user);
    free(password);
}

/* A proxy is not told what is another one's. */
static void begin_with_proxy(transfer *transfer)
{
    const settings *settings = transfer->settings;
    const way *way = &transfer->way;
    login *login = &transfer->proxy_login;
    text whose = {0};

    if (way->has_proxy)
        url_write(&whose, &way->proxy, false);
    if (!login->whose || strcmp(login->whose, text_str(&whose)) != 0) {
        login_release(login);
        login->whose = text_take(&whose);
        login->wanted = settings->proxy_auth ? settings->proxy_auth : AUTH_BASIC;
    }
    text_free(&whose);
    if (login->user)
        return;
    if (settings->proxy_user) {
        set_pair(login, settings->proxy_user);
        decode_url(login->user);
        decode_url(login->password);
    } else if (way->has_proxy && way->proxy.user) {
        login->user = copy_text(way->proxy.user);
        login->password = copy_text(way->proxy.password ? way->proxy.password : "");
    }
}

/* What is known of the server that is to be asked, and of the proxy. */
void login_begin(transfer *transfer)
{
    const settings *settings = transfer->settings;
    login *login = &transfer->login;
    const url *url = &transfer->url;

    forget(login);
    if (fields_are_trusted(transfer)) {
        login->bearer = copy_text(settings->bearer);
        if (settings->user)
            set_pair(login, settings->user);
    }
    if (!login->user) {
        login->user = copy_text(url->user);
        login->password = copy_text(url->password);
        ask_netrc(transfer, login);
    }
    if (login->user && !login->password)
        login->password = copy_text("");
    if (login->user && !*login->user && !*login->password && url->user)
        forget(login); /* "http://:@host/" says nobody */
    if (login->wanted == 0)
        login->wanted = settings->auth     ? settings->auth
                        : settings->bearer ? AUTH_BEARER
                                           : AUTH_BASIC;
    begin_with_proxy(transfer);
}

static bool has_credentials(const login *login)
{
    return login->user || login->bearer;
}

static char *basic(const login *login)
{
    char *plain = format_text("%s:%s", login->user, login->password);
    text out = {0};

    text_add_str(&out, "Basic ");
    encode_base64(&out, plain, strlen(plain));
    free(plain);
    return text_take(&out);
}

static char *answer_digest(login *login, const char *method, const char *target)
{
    const char *answer;

    if (!login->digest)
        return NULL;
    answer = ahttp_digest_answer(login->digest, login->user, login->password, method, target);
    login->is_done = true;
    login->was_answered = true;
    return answer ? copy_text(answer) : NULL;
}

char *login_answer(transfer *transfer, login *login, const char *method, const char *target,
                   bool is_proxy)
{
    const char *name = is_proxy ? "Proxy-Authorization" : "Authorization";
    bool has_own = fields_custom(transfer->settings, name) != NULL;

    if (!has_credentials(login)) {
        login->is_done = true;
        return NULL;
    }
    if (!login->picked)
        login->picked = login->wanted;
    switch (login->picked) {
    case AUTH_BASIC: login->is_done = true; return has_own || !login->user ? NULL : basic(login);
    case AUTH_BEARER:
        login->is_done = true;
        return has_own || !login->bearer ? NULL : format_text("Bearer %s", login->bearer);
    case AUTH_DIGEST: return login->user ? answer_digest(login, method, target) : NULL;
    default: return NULL;
    }
}

static bool negotiates(const login *login)
{
    return login->picked == AUTH_DIGEST && has_credentials(login) && !login->is_done;
}

bool login_is_probe(const transfer *transfer)
{
    bool by_proxy = transfer->way.is_plain && negotiates(&transfer->proxy_login);

    return transfer->body != BODY_NONE && (negotiates(&transfer->login) || by_proxy);
}

/* ---- Challenges ---- */

static int kind_of(const char *challenge)
{
    static const struct {
        const char *name;
        int kind;
    } kinds[] = {{"Basic", AUTH_BASIC}, {"Digest", AUTH_DIGEST}, {"Bearer", AUTH_BEARER}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i].name);
        char behind = challenge[len < strlen(challenge) ? len : strlen(challenge)];
        if (starts_nocase(challenge, kinds[i].name) && !is_alpha(behind))
            return kinds[i].kind;
    }
    return 0;
}

static int offered(const ahttp_headers *headers, const char *name)
{
    int kinds = 0;

    for (size_t i = 0; i < ahttp_headers_count(headers); i++) {
        ahttp_pair field = ahttp_headers_at(headers, i);
        if (!equal_nocase(field.name, name))
            continue;
        for (const char *at = field.value; at; at = strchr(at, ',')) {
            while (*at == ',' || is_space(*at))
                at++;
            kinds |= kind_of(at);
        }
    }
    return kinds;
}

/* The strongest of what both want. */
static int pick(const login *login, int kinds)
{
    kinds &= login->wanted;
    if (kinds & AUTH_BEARER && login->bearer)
        return AUTH_BEARER;
    if (kinds & AUTH_DIGEST && login->user && login->digest)
        return AUTH_DIGEST;
    return kinds & AUTH_BASIC && login->user ? AUTH_BASIC : 0;
}

static void take_digest(login *login, const ahttp_headers *headers, bool is_proxy, int *kinds)
{
    ahttp_digest *digest = ahttp_digest_take(headers, is_proxy);
    bool is_refused = login->was_answered && digest && !ahttp_digest_is_stale(digest);

    if (is_refused || !digest) { /* the password is wrong, or nobody can answer that */
        ahttp_digest_free(digest);
        *kinds &= ~AUTH_DIGEST;
        login->is_hopeless = true;
        return;
    }
    ahttp_digest_free(login->digest);
    login->digest = digest;
    login->is_done = false;
}

bool login_take(transfer *transfer, login *login, bool is_proxy)
{
    const ahttp_headers *headers = ahttp_response_headers(transfer->response);
    int kinds = offered(headers, is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate");

    if (!has_credentials(login) || login->is_hopeless)
        return false;
    if (login->picked == AUTH_BASIC && login->is_done)
        kinds &= ~AUTH_BASIC;
    if (login->picked == AUTH_BEARER && login->is_done)
        kinds &= ~AUTH_BEARER;
    if (kinds & AUTH_DIGEST)
        take_digest(login, headers, is_proxy, &kinds);
    int picked = pick(login, kinds);
    if (!picked) {
        login->is_hopeless = true;
        return false;
    }
    login->picked = picked;
    login->is_done = false;
    return true;
}
