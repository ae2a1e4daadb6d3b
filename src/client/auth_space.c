/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "base/mem.h"
#include "client/auth.h"

enum { MOST_SPACES = 64 };

struct ah_auth_space {
    ah_link link; /* in the session's, newest first; in no list when it was given up */
    unsigned refs;
    ah_digest *digest;
    ah_arena arena; /* of all that follows, which a new challenge replaces */
    ah_url origin;
    ah_str user, password, realm;
    ah_str *paths; /* that it covers; NULL: the whole origin */
    size_t path_count;
};

/* ---- What it covers ---- */

/* "/a" covers "/a", "/a/b" and "/a?b", and "/a/" what is below. */
static bool covers_path(ah_str path, ah_str target)
{
    if (!ah_str_starts_with(target, path))
        return false;
    if (target.len == path.len || path.len == 0 || path.ptr[path.len - 1] == '/')
        return true;
    return target.ptr[path.len] == '/' || target.ptr[path.len] == '?';
}

static bool covers(const ah_auth_space *space, ah_str target)
{
    for (size_t i = 0; i < space->path_count; i++)
        if (covers_path(space->paths[i], target))
            return true;
    return !space->paths;
}

static bool is_of(const ah_auth_space *space, const ah_url *url, const ah_login *login)
{
    return ah_url_same_origin(&space->origin, url) && ah_str_equal(space->user, login->user) &&
           ah_str_equal(space->password, login->password);
}

/* The URIs of the domain that are of this origin; others are another's to speak of. */
static bool read_domain(ah_auth_space *space, const ah_url *url)
{
    ah_str rest = ah_digest_domain(space->digest), word;
    ah_url absolute;

    space->paths = NULL;
    space->path_count = 0;
    if (ah_str_trim(rest).len == 0)
        return true;
    space->paths = ah_arena_alloc(&space->arena, (rest.len / 2 + 1) * sizeof *space->paths);
    if (!space->paths)
        return false;
    while (ah_str_split(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        const char *why = ah_url_join(&absolute, &space->arena, url, word);
        if (why == AH_URL_NO_MEMORY)
            return false;
        if (!why && ah_url_same_origin(&absolute, url))
            space->paths[space->path_count++] = absolute.target;
    }
    return true;
}

/* ---- Life ---- */

ah_auth_space *ah_auth_space_ref(ah_auth_space *space)
{
    space->refs++;
    return space;
}

void ah_auth_space_unref(ah_auth_space *space)
{
    if (!space || --space->refs > 0)
        return;
    ah_digest_free(space->digest);
    ah_arena_release(&space->arena);
    ah_free(space);
}

static void give_up(ah_auth_space *space)
{
    ah_link_remove(&space->link);
    ah_auth_space_unref(space);
}

void ah_auth_spaces_release(ah_list *spaces)
{
    for (ah_link *link; (link = ah_list_first(spaces));)
        give_up(AH_CONTAINER(link, ah_auth_space, link));
}

static bool copy(ah_arena *arena, ah_str text, ah_str *to)
{
    *to = ah_str_make(ah_arena_copy(arena, text), text.len);
    return to->ptr != NULL;
}

static bool fill(ah_auth_space *space, const ah_url *url, const ah_login *login)
{
    return !ah_url_parse(&space->origin, &space->arena, url->safe) &&
           copy(&space->arena, login->user, &space->user) &&
           copy(&space->arena, login->password, &space->password) &&
           copy(&space->arena, ah_digest_realm(space->digest), &space->realm) &&
           read_domain(space, url);
}

/* The one of the same realm goes: what comes now is newer. */
static void forget_older(ah_list *spaces, const ah_auth_space *newest)
{
    const ah_login login = {.user = newest->user, .password = newest->password};
    ah_link *next;
    size_t count = 0;

    for (ah_link *link = spaces->head.next; link != &spaces->head; link = next) {
        ah_auth_space *space = AH_CONTAINER(link, ah_auth_space, link);
        next = link->next;
        if (space != newest &&
            ((is_of(space, &newest->origin, &login) && ah_str_equal(space->realm, newest->realm)) ||
             ++count >= MOST_SPACES))
            give_up(space);
    }
}

ah_auth_space *ah_auth_space_take(ah_list *spaces, const ah_url *url, const ah_login *login,
                                  ah_digest *digest)
{
    ah_auth_space *space = AH_NEW(ah_auth_space);

    if (!space) {
        ah_digest_free(digest);
        return NULL;
    }
    space->refs = 1;
    space->digest = digest;
    if (!fill(space, url, login)) {
        ah_auth_space_unref(space);
        return NULL;
    }
    ah_list_prepend(spaces, &space->link);
    forget_older(spaces, space);
    return ah_auth_space_ref(space);
}

ah_auth_space *ah_auth_space_find(const ah_list *spaces, const ah_url *url, const ah_login *login)
{
    AH_LIST_FOR_EACH(link, spaces)
    {
        ah_auth_space *space = AH_CONTAINER(link, ah_auth_space, link);
        if (is_of(space, url, login) && covers(space, url->target))
            return space;
    }
    return NULL;
}

ah_digest *ah_auth_space_digest(const ah_auth_space *space)
{
    return space->digest;
}
