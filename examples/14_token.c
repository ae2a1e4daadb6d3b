/* SPDX-License-Identifier: MIT */
/* A page that wants a token, which another page has: ./14_token URL TOKEN_URL
   The token is fetched when the server first asks for one, and again when it is not good any
   more, as with OAuth 2.  The function may wait, for it is a task. */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

static ahttp_session *session;
static char token[256]; /* "Bearer ...", or "" */
static const ahttp_pair fields[] = {{"Authorization", token}, {NULL, NULL}};

static void *fetch_token(void *url)
{
    ahttp_response *page = ahttp_await(ahttp_get(session, url));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;

    if (text)
        snprintf(token, sizeof token, "Bearer %.*s", (int)strcspn(text, "\r\n"), text);
    ahttp_response_unref(page);
    return text ? (void *)fields : ahttp_fail_again();
}

static void *give_token(void *url)
{
    (void)url;
    return *token ? (void *)fields : NULL;
}

/* A response means that what was sent before is not enough; once is worth another try. */
static ahttp_future *authorize(const ahttp_auth_request *request, void *token_url)
{
    bool needs_new = request->response && request->round < 2;

    return ahttp_spawn(needs_new ? fetch_token : give_token, token_url);
}

static void *fetch(void *arg)
{
    char **urls = arg;
    session = ahttp_session_new();
    ahttp_response *page =
        ahttp_await(ahttp_get(session, urls[0], .authorize = authorize, .authorize_ctx = urls[1]));
    const char *text = page ? ahttp_await(ahttp_response_text(page)) : NULL;
    bool is_ok = text && ahttp_response_ok(page);

    puts(text ? text : ahttp_task_error()->message);
    ahttp_response_unref(page);
    ahttp_session_unref(session);
    return is_ok ? arg : ahttp_fail(AHTTP_E_STATE, "there is no page");
}

int main(int argc, char **argv)
{
    return argc < 3 || ahttp_run(fetch, argv + 1) < 0;
}
