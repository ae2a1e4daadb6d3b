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
    size_t cap;
    ah_arena *arena;
    uint32_t name_lengths; /* bit n % 32: there is a name of n bytes; most searches end here */
};

/* An empty list whose texts will live in arena. */
void ah_headers_init(ahttp_headers *headers, ah_arena *arena);
/* No fields any more; the room stays. */
static inline void ah_headers_clear(ahttp_headers *headers)
{
    headers->count = 0;
    headers->name_lengths = 0;
}
/* Room for that many more fields, taken at once.  False when out of memory. */
bool ah_headers_reserve(ahttp_headers *headers, size_t more);
/* Copies both texts.  False when out of memory. */
bool ah_headers_add(ahttp_headers *headers, ah_str name, ah_str value);
/* The same for texts that are in the arena already, each with a NUL behind it. */
static inline bool ah_headers_add_borrowed(ahttp_headers *headers, ah_str name, ah_str value)
{
    if (AH_UNLIKELY(headers->count == headers->cap) && !ah_headers_reserve(headers, 1))
        return false;
    headers->fields[headers->count++] = (ah_field){name, value};
    headers->name_lengths |= UINT32_C(1) << (name.len & 31);
    return true;
}
/* For ah_headers_find, where there is a name of that length. */
const ah_field *ah_headers_search(const ahttp_headers *headers, ah_str name);
/* The first field of that name, or NULL. */
static inline const ah_field *ah_headers_find(const ahttp_headers *headers, ah_str name)
{
    return headers->name_lengths >> (name.len & 31) & 1 ? ah_headers_search(headers, name) : NULL;
}
/* The one behind field of the same name, or NULL. */
const ah_field *ah_headers_find_next(const ahttp_headers *headers, const ah_field *field);
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
