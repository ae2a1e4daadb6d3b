/* SPDX-License-Identifier: MIT */
#include "client/secret_headers.h"
#include "http/headers.h"

static size_t count_of(const char *const *names)
{
    size_t count = 0;

    while (names && names[count])
        count++;
    return count;
}

/* Behind which there may be more; NULL when out of memory. */
static const char **copy(const char **room, const char *const *names, ah_arena *arena)
{
    for (; names && *names; names++) {
        *room = ah_arena_copy(arena, ah_str_from(*names));
        if (!*room++)
            return NULL;
    }
    *room = NULL;
    return room;
}

bool ah_secret_headers_join(const char *const *some, const char *const *others, ah_arena *arena,
                            const char *const **joined)
{
    size_t count = count_of(some) + count_of(others);
    const char **room = count > 0 ? ah_arena_alloc(arena, (count + 1) * sizeof *room) : NULL;

    *joined = room;
    if (count == 0)
        return true;
    room = room ? copy(room, some, arena) : NULL;
    return room && copy(room, others, arena);
}

ahttp_error *ah_secret_headers_take(const char *const *known, const char *const *given,
                                    ah_arena *arena, const char *const **joined)
{
    for (const char *const *name = given; name && *name; name++)
        if (!ah_field_name_is_valid(ah_str_from(*name)))
            return ah_error_new(AHTTP_E_ARGUMENT,
                                "secret_headers: \"%s\" is not the name of a header", *name);
    return ah_secret_headers_join(known, given, arena, joined) ? NULL : ah_error_no_memory();
}
