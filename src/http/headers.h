/* SPDX-License-Identifier: MIT */
#ifndef AH_HTTP_HEADERS_H
#define AH_HTTP_HEADERS_H
/* The inside of a header list.  Names and values live in an arena that outlives the list and
   have a NUL behind them, so that getters can lend them to C programs. */
#include "base/arena.h"
#include "base/mem.h"
#include <ahttp/headers.h>

typedef struct ah_field {
    ah_str name;
    ah_str value;
} ah_field;

struct ahttp_headers {
    ah_field *fields;
    size_t count;
    uint32_t cap;
    bool has_repeats;   /* two names have one bit: they may be the same */
    uint64_t name_bits; /* of all names; most searches for what is not there end here */
    ah_arena *arena;
};

/* An empty list whose texts will live in arena. */
static inline void ah_headers_init(ahttp_headers *headers, ah_arena *arena)
{
    *headers = (ahttp_headers){.arena = arena};
}
/* No fields any more; the room stays. */
static inline void ah_headers_clear(ahttp_headers *headers)
{
    headers->count = 0;
    headers->name_bits = 0;
    headers->has_repeats = false;
}
/* One bit of 64, for which names of other lengths and first letters seldom stand as well, and
   which is the same in either case: twice 0x20 is no part of it. */
static inline uint64_t ah_name_bit(ah_str name)
{
    return UINT64_C(1) << ((name.len + 2 * (size_t)(unsigned char)name.ptr[0]) & 63);
}
/* For ah_headers_reserve, where there is no room yet. */
bool ah_headers_grow(ahttp_headers *headers, size_t more);
/* For a list that has no room yet: it becomes room, which is the arena's, for cap fields. */
static inline void ah_headers_use_room(ahttp_headers *headers, void *room, uint32_t cap)
{
    headers->fields = room;
    headers->cap = cap;
}
/* Room for that many more fields, taken at once.  False when out of memory. */
static inline bool ah_headers_reserve(ahttp_headers *headers, size_t more)
{
    return AH_LIKELY(more <= headers->cap - headers->count) || ah_headers_grow(headers, more);
}
/* Copies both texts.  False when out of memory. */
bool ah_headers_add(ahttp_headers *headers, ah_str name, ah_str value);
/* The same for texts that are in the arena already, each with a NUL behind it. */
static inline bool ah_headers_add_borrowed(ahttp_headers *headers, ah_str name, ah_str value)
{
    const uint64_t bit = ah_name_bit(name);

    if (!ah_headers_reserve(headers, 1))
        return false;
    headers->fields[headers->count++] = (ah_field){name, value};
    if (headers->name_bits & bit)
        headers->has_repeats = true;
    headers->name_bits |= bit;
    return true;
}
/* For the next two, where there may be one. */
const ah_field *ah_headers_search(const ahttp_headers *headers, ah_str name, const ah_field *from);
/* The first field of that name, which has at least a NUL, or NULL. */
static inline const ah_field *ah_headers_find(const ahttp_headers *headers, ah_str name)
{
    return headers->name_bits & ah_name_bit(name)
               ? ah_headers_search(headers, name, headers->fields)
               : NULL;
}
/* The one behind field of the same name, or NULL. */
static inline const ah_field *ah_headers_find_next(const ahttp_headers *headers,
                                                   const ah_field *field)
{
    return headers->has_repeats ? ah_headers_search(headers, field->name, field + 1) : NULL;
}
static inline bool ah_headers_has(const ahttp_headers *headers, ah_str name)
{
    return ah_headers_find(headers, name) != NULL;
}
/* Whether token is a member of the comma-separated list that all fields of that name form
   together, ignoring case: Connection, Transfer-Encoding, ... */
bool ah_headers_list_has(const ahttp_headers *headers, ah_str name, ah_str token);

/* What may be sent: a name is a token (RFC 9110 §5.6.2); a value has no CR, LF or NUL and no
   other control characters but tab (§5.5). */
bool ah_field_name_is_valid(ah_str name);
bool ah_field_value_is_valid(ah_str value);
/* A method is a token too (§9.1). */
static inline bool ah_method_is_valid(ah_str method)
{
    return ah_field_name_is_valid(method);
}

#endif
