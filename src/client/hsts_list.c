/* SPDX-License-Identifier: MIT */
#include "client/hsts_list.h"
#include "base/mem.h"
#include "client/kept_file.h"
#include "cookies/match.h"
#include "loop/loop.h"
#include <ahttp/peer.h>

static int64_t now_seconds(void)
{
    return ah_loop_wall_seconds(ahttp_loop_current());
}

ahttp_hsts *ahttp_hsts_new(void)
{
    ahttp_hsts *hsts = AH_NEW(ahttp_hsts);

    if (!hsts)
        return NULL;
    ah_hsts_init(&hsts->list);
    hsts->refs = 1;
    return hsts;
}

ahttp_hsts *ahttp_hsts_ref(ahttp_hsts *hsts)
{
    hsts->refs++;
    return hsts;
}

void ahttp_hsts_unref(ahttp_hsts *hsts)
{
    if (!hsts || --hsts->refs > 0)
        return;
    ah_hsts_release(&hsts->list);
    ah_free(hsts);
}

/* Names are kept in lower case. */
static char *lower_copy(const char *host)
{
    size_t len = strlen(host);
    char *copy = ah_alloc(len + 1);

    for (size_t i = 0; copy && i <= len; i++)
        copy[i] = ah_lower(host[i]);
    return copy;
}

int ahttp_hsts_add(ahttp_hsts *hsts, const char *host, int64_t max_age_s, bool include_subdomains)
{
    char *lower = lower_copy(host);
    ah_hsts_policy policy = {.max_age = max_age_s, .include_subdomains = include_subdomains};
    bool noted = lower && ah_hsts_note(&hsts->list, ah_str_from(lower), policy, now_seconds());

    ah_free(lower);
    return noted ? 0 : AHTTP_E_NO_MEMORY;
}

bool ahttp_hsts_has(ahttp_hsts *hsts, const char *host)
{
    char *lower = lower_copy(host);
    bool has = lower && ah_hsts_has(&hsts->list, ah_str_from(lower), now_seconds());

    ah_free(lower);
    return has;
}

/* ---- Requests ---- */

/* Neither addresses nor a dot at the end (§8.2, §8.1.1). */
static ah_str name_of(const ah_url *url)
{
    ah_cookie_request request = ah_cookie_request_of(url);

    return request.is_ip ? ah_str_make(NULL, 0) : request.host;
}

bool ah_hsts_change_url(ahttp_session *session, ah_url *url, ah_arena *arena)
{
    if (!session->hsts || url->is_tls)
        return true;
    int64_t now = ah_loop_wall_seconds(session->guest.loop);
    return !ah_hsts_has(&session->hsts->list, name_of(url), now) || ah_url_use_tls(url, arena);
}

bool ah_hsts_take(ahttp_response *call, ah_str value)
{
    const ahttp_peer *peer = call->exchange.peer;
    ah_str name = name_of(&call->url);
    ah_hsts_policy policy;

    if (!peer || !ahttp_peer_tls_verified(peer) || name.len == 0 ||
        !ah_hsts_policy_read(value, &policy))
        return true;
    return ah_hsts_note(&call->session->hsts->list, name, policy,
                        ah_loop_wall_seconds(call->session->guest.loop));
}

/* ---- Files ---- */

static const char *merge(const ah_kept_file *file, ah_buf *text, ah_str old)
{
    ah_hsts both;

    ah_hsts_init(&both);
    bool read = ah_hsts_read(&both, old, file->now) &&
                ah_hsts_read(&both, ah_buf_str(&file->text), file->now);
    ah_hsts_write(&both, text, file->now);
    ah_hsts_release(&both);
    return read ? NULL : AH_KEPT_NO_MEMORY;
}

static const char *take(const ah_kept_file *file)
{
    ahttp_hsts *hsts = file->owner;

    return ah_hsts_read(&hsts->list, ah_buf_str(&file->text), file->now) ? NULL : AH_KEPT_NO_MEMORY;
}

static void release(void *hsts)
{
    ahttp_hsts_unref(hsts);
}

static ah_kept_file *new_file(ahttp_hsts *hsts, const char *path)
{
    static const ah_kept_type type = {"hosts", merge, take, release};

    return ah_kept_file_new(&type, ahttp_hsts_ref(hsts), path);
}

static ah_kept_file *new_saved(ahttp_hsts *hsts, const char *path)
{
    ah_kept_file *file = new_file(hsts, path);

    if (!file)
        return NULL;
    file->merges = true;
    ah_hsts_write(&hsts->list, &file->text, file->now);
    return file;
}

ahttp_future *ahttp_hsts_save(ahttp_hsts *hsts, const char *path)
{
    return ah_kept_file_save(
        new_saved(hsts, path),
        "ahttp_hsts_save: this thread has no loop; call it from a task or callback, or after "
        "ahttp_loop_create, or call ahttp_hsts_save_blocking");
}

ahttp_future *ahttp_hsts_load(ahttp_hsts *hsts, const char *path)
{
    return ah_kept_file_load(
        new_file(hsts, path),
        "ahttp_hsts_load: this thread has no loop; call it from a task or callback, or after "
        "ahttp_loop_create, or call ahttp_hsts_load_blocking");
}

int ahttp_hsts_save_blocking(ahttp_hsts *hsts, const char *path)
{
    return ah_kept_file_save_blocking(new_saved(hsts, path));
}

int ahttp_hsts_load_blocking(ahttp_hsts *hsts, const char *path)
{
    return ah_kept_file_load_blocking(new_file(hsts, path));
}
