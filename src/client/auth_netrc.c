/* SPDX-License-Identifier: MIT */
/* The part of logging in that is a file's: .netrc, read in a thread when it is needed, and again
   when what was read is not new any more. */
#include "client/auth.h"
#include "client/request.h"
#include "http/netrc.h"
#include <stdlib.h>

enum { NEW_MS = 5000, MOST_BYTES = 1 << 20 };

/* ---- What it says ---- */

static bool is_new(const ahttp_session *session)
{
    const ah_session_auth *auth = &session->auth;

    return auth->has_netrc && ahttp_loop_now(session->guest.loop) - auth->netrc_read_ms < NEW_MS;
}

/* Of the file that was read. */
static ah_verdict look_up(ahttp_response *call, ahttp_error **error)
{
    ah_buf login = {0};
    bool done = true;

    if (ah_netrc_find(ah_buf_str(&call->session->auth.netrc), call->url.host, &login)) {
        ah_str value = ah_auth_basic_value(&call->arena, ah_buf_str(&login));
        done = value.ptr && ah_request_add_field(call, AH_STR("Authorization"), value);
    }
    done = done && !ah_buf_failed(&login);
    ah_buf_release(&login);
    return done ? AH_GO_ON : ah_auth_no_memory(error);
}

/* ---- Reading ---- */

static void read_more(ahttp_response *call);

static void end_reading(ahttp_response *call)
{
    ah_session_auth *auth = &call->session->auth;
    ah_netrc_then_fn *then = call->auth->netrc_then;
    ahttp_error *error = NULL;
    ah_verdict verdict;

    ah_file_reader_free(call->auth->reader);
    call->auth->reader = NULL;
    if (ah_buf_failed(&call->auth->read)) {
        verdict = ah_auth_no_memory(&error);
    } else {
        ah_buf_release(&auth->netrc);
        auth->netrc = call->auth->read;
        call->auth->read = (ah_buf){0};
        auth->has_netrc = true;
        auth->netrc_read_ms = ahttp_loop_now(call->session->guest.loop);
        verdict = then(call, &error);
    }
    ah_stage_decide(call, verdict, error);
}

/* A file that is not there, or cannot be read, says nothing. */
static void on_block(void *ctx, ah_str block, ahttp_error *error)
{
    ahttp_response *call = ctx;
    ah_buf *read = &call->auth->read;

    ah_error_free(error);
    if (!error)
        ah_buf_append(read, block);
    if (error || block.len == 0 || ah_buf_failed(read) || read->len > MOST_BYTES)
        end_reading(call);
    else
        read_more(call);
}

static void read_more(ahttp_response *call)
{
    ah_file_reader_read(call->auth->reader, call->auth->read.len, AH_FILE_BLOCK, on_block, call);
}

/* False when out of memory; a path of no bytes where the environment names none. */
static bool find_path(ah_buf *path)
{
    const char *given = getenv("NETRC"), *home = getenv("HOME");

    if (given && *given) {
        ah_buf_append(path, ah_str_from(given));
    } else if (home && *home) {
        ah_buf_append(path, ah_str_from(home));
        ah_buf_append(path, AH_STR("/.netrc"));
    }
    return ah_buf_terminate(path) != NULL;
}

static ah_verdict begin_reading(ahttp_response *call, const char *path, ah_netrc_then_fn *then,
                                ahttp_error **error)
{
    ah_auth *auth = ah_auth_of(call);

    if (!auth)
        return ah_auth_no_memory(error);
    auth->netrc_then = then;
    ah_buf_clear(&auth->read);
    auth->reader = ah_file_reader_of_path(call->session->guest.loop, path);
    if (!auth->reader)
        return ah_auth_no_memory(error);
    read_more(call);
    return AH_WAIT;
}

ah_verdict ah_auth_netrc_ask(ahttp_response *call, ah_netrc_then_fn *then, ahttp_error **error)
{
    ah_buf path = {0};
    ah_verdict verdict;

    if (is_new(call->session))
        return then(call, error);
    if (!find_path(&path))
        verdict = ah_auth_no_memory(error);
    else if (path.len > 0)
        verdict = begin_reading(call, path.data, then, error);
    else
        verdict = then(call, error);
    ah_buf_release(&path);
    return verdict;
}

ah_verdict ah_auth_netrc_before(ahttp_response *call, ahttp_error **error)
{
    return ah_auth_netrc_ask(call, look_up, error);
}

void ah_auth_netrc_stop(ah_auth *auth)
{
    ah_file_reader_free(auth->reader);
    auth->reader = NULL;
}
