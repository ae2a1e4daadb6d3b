/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_MAP_H
#define AH_BASE_MAP_H
/* A hash table from bytes to things.  The node lives inside the thing and so does the key,
   so adding allocates only when the table itself grows.  Zeroed memory is an empty map.

   A node stands in the place that its hash says, or in one of the next behind it.  The hash stands
   beside it: things with other keys are not touched. */
#include "base/str.h"

typedef struct ah_map_node {
    ah_str key; /* belongs to the thing and must not change while it is in the map */
} ah_map_node;

typedef struct ah_map_place {
    uint64_t hash;
    ah_map_node *node; /* NULL: it is free */
} ah_map_place;

typedef struct ah_map {
    ah_map_place *places;
    size_t size; /* 0 or a power of two; some places are always free */
    size_t count;
} ah_map;

/* The table; the things in it are not touched. */
void ah_map_release(ah_map *map);
/* NULL when there is none. */
ah_map_node *ah_map_find(const ah_map *map, ah_str key);
/* The same in steps, for many keys in a row: so that each step of all of them asks for the memory
   that the next one touches.  The hash of a key; then the first node with that hash, or NULL, which
   is mostly the key's, but whoever looks has to compare: no thing is touched. */
uint64_t ah_map_hash(ah_str key);
void ah_map_look_ahead(const ah_map *map, uint64_t hash);
ah_map_node *ah_map_guess(const ah_map *map, uint64_t hash);
/* The key must not be in the map yet.  False when out of memory. */
bool ah_map_add(ah_map *map, ah_map_node *node, ah_str key);
/* The node must be in the map. */
void ah_map_remove(ah_map *map, ah_map_node *node);
/* The first node in no particular order, and the one after node; NULL at the end.
   Nothing may be added or removed in between, but by the function below. */
ah_map_node *ah_map_first(const ah_map *map);
ah_map_node *ah_map_next(const ah_map *map, const ah_map_node *node);
/* Removes node, and returns what a walk goes on with.  It misses nothing; but what moves from the
   front of the table to its end, it meets again. */
ah_map_node *ah_map_remove_and_next(ah_map *map, ah_map_node *node);

#endif
