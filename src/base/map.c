/* SPDX-License-Identifier: MIT */
/* Keys may come from peers, who must not be able to choose keys that fall into one bucket.  So
   the hash is SipHash-1-3 (Aumasson and Bernstein 2012), whose key is made once per process. */
#include "base/map.h"
#include "base/mem.h"
#include <stdatomic.h>
#include <sys/random.h>
#include <unistd.h>

/* Made by whichever thread comes first; neither half is 0 then. */
static _Atomic uint64_t secrets[2];

static AH_COLD void make_secret(_Atomic uint64_t *secret)
{
    uint64_t none = 0;
    uint64_t fresh;

    if (getentropy(&fresh, sizeof fresh) != 0 || fresh == 0)
        fresh = UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)&fresh;
    atomic_compare_exchange_strong(secret, &none, fresh);
}

static inline uint64_t secret_at(int half)
{
    if (AH_UNLIKELY(atomic_load_explicit(&secrets[half], memory_order_relaxed) == 0))
        make_secret(&secrets[half]);
    return atomic_load_explicit(&secrets[half], memory_order_relaxed);
}

static inline uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

typedef struct sip_state {
    uint64_t a, b, c, d;
} sip_state;

static inline void sip_round(sip_state *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static inline void sip_word(sip_state *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static uint64_t hash_of(ah_str key)
{
    uint64_t k0 = secret_at(0);
    uint64_t k1 = secret_at(1);
    sip_state s = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                   k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof word <= key.len; at += sizeof word) {
        memcpy(&word, key.ptr + at, sizeof word);
        sip_word(&s, word);
    }
    word = 0;
    if (at < key.len)
        memcpy(&word, key.ptr + at, key.len - at);
    sip_word(&s, word ^ (uint64_t)key.len << 56);
    s.c ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

/* The place where key is, or else the free one where a walk in search of it ends. */
static inline ah_map_place *search(const ah_map *map, uint64_t hash, ah_str key)
{
    size_t at = hash & (map->size - 1);

    while (map->places[at].node) {
        if (map->places[at].hash == hash && ah_str_equal(map->places[at].node->key, key))
            break;
        at = (at + 1) & (map->size - 1);
    }
    return &map->places[at];
}

void ah_map_release(ah_map *map)
{
    ah_free(map->places);
    *map = (ah_map){0};
}

ah_map_node *ah_map_find(const ah_map *map, ah_str key)
{
    return map->count > 0 ? search(map, hash_of(key), key)->node : NULL;
}

uint64_t ah_map_hash(ah_str key)
{
    return hash_of(key);
}

void ah_map_look_ahead(const ah_map *map, uint64_t hash)
{
    if (map->size > 0)
        ah_fetch(&map->places[hash & (map->size - 1)], sizeof *map->places);
}

ah_map_node *ah_map_guess(const ah_map *map, uint64_t hash)
{
    if (map->size == 0)
        return NULL;
    size_t at = hash & (map->size - 1);
    while (map->places[at].node && map->places[at].hash != hash)
        at = (at + 1) & (map->size - 1);
    return map->places[at].node;
}

static void put(ah_map *map, ah_map_place place)
{
    size_t at = place.hash & (map->size - 1);

    while (map->places[at].node)
        at = (at + 1) & (map->size - 1);
    map->places[at] = place;
}

static bool grow(ah_map *map)
{
    ah_map bigger = {.size = map->size ? map->size * 2 : 16, .count = map->count};

    bigger.places = ah_alloc_zeroed(bigger.size * sizeof *bigger.places);
    if (!bigger.places)
        return false;
    for (size_t i = 0; i < map->size; i++)
        if (map->places[i].node)
            put(&bigger, map->places[i]);
    ah_free(map->places);
    *map = bigger;
    return true;
}

/* A quarter is free; less, but at least one, only where there is no memory for more places. */
static bool has_room(const ah_map *map)
{
    return map->count < map->size / 4 * 3;
}

bool ah_map_add(ah_map *map, ah_map_node *node, ah_str key)
{
    if (!has_room(map) && !grow(map) && map->count + 1 >= map->size)
        return false;
    node->key = key;
    put(map, (ah_map_place){hash_of(key), node});
    map->count++;
    return true;
}

/* What a walk would not find any more behind a free place moves there, which frees its own. */
static void close_gap(ah_map *map, size_t gap)
{
    const size_t mask = map->size - 1;

    for (size_t at = (gap + 1) & mask; map->places[at].node; at = (at + 1) & mask) {
        size_t from_home = (at - map->places[at].hash) & mask;
        if (from_home < ((at - gap) & mask))
            continue;
        map->places[gap] = map->places[at];
        gap = at;
    }
    map->places[gap] = (ah_map_place){.node = NULL};
}

static size_t place_of(const ah_map *map, const ah_map_node *node)
{
    return (size_t)(search(map, hash_of(node->key), node->key) - map->places);
}

void ah_map_remove(ah_map *map, ah_map_node *node)
{
    close_gap(map, place_of(map, node));
    map->count--;
}

static ah_map_node *first_from(const ah_map *map, size_t at)
{
    for (; at < map->size; at++)
        if (map->places[at].node)
            return map->places[at].node;
    return NULL;
}

ah_map_node *ah_map_first(const ah_map *map)
{
    return first_from(map, 0);
}

ah_map_node *ah_map_next(const ah_map *map, const ah_map_node *node)
{
    return first_from(map, place_of(map, node) + 1);
}

/* What has moved to its place comes next. */
ah_map_node *ah_map_remove_and_next(ah_map *map, ah_map_node *node)
{
    size_t at = place_of(map, node);

    close_gap(map, at);
    map->count--;
    return first_from(map, at);
}
