/* SPDX-License-Identifier: MIT */
/* Keys may come from peers, who must not be able to choose keys that fall into one bucket.  So
   the hash is SipHash-1-3 (Aumasson and Bernstein 2012), whose key is made once per process. */
#include "base/map.h"
#include "base/mem.h"
#include <stdatomic.h>
#include <sys/random.h>
#include <unistd.h>

/* Half of the key; never 0 once made, by whichever thread comes first. */
static uint64_t secret(int half)
{
    static _Atomic uint64_t secrets[2];
    uint64_t value = atomic_load_explicit(&secrets[half], memory_order_relaxed);
    uint64_t fresh;

    if (AH_LIKELY(value != 0))
        return value;
    if (getentropy(&fresh, sizeof fresh) != 0 || fresh == 0)
        fresh = UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)&fresh;
    return atomic_compare_exchange_strong(&secrets[half], &value, fresh) ? fresh : value;
}

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

typedef struct sip_state {
    uint64_t a, b, c, d;
} sip_state;

static void sip_round(sip_state *s)
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

static void sip_word(sip_state *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

static uint64_t hash_of(ah_str key)
{
    uint64_t k0 = secret(0);
    uint64_t k1 = secret(1);
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

static ah_map_node **bucket_of(const ah_map *map, uint64_t hash)
{
    return &map->buckets[hash & (map->bucket_count - 1)];
}

void ah_map_release(ah_map *map)
{
    ah_free(map->buckets);
    *map = (ah_map){0};
}

ah_map_node *ah_map_find(const ah_map *map, ah_str key)
{
    if (map->count == 0)
        return NULL;
    uint64_t hash = hash_of(key);
    for (ah_map_node *node = *bucket_of(map, hash); node; node = node->next)
        if (node->hash == hash && ah_str_equal(node->key, key))
            return node;
    return NULL;
}

static bool grow(ah_map *map)
{
    ah_map bigger = {.bucket_count = map->bucket_count ? map->bucket_count * 2 : 16,
                     .count = map->count};
    size_t size = bigger.bucket_count * sizeof(ah_map_node *);

    bigger.buckets = ah_alloc_zeroed(size);
    if (!bigger.buckets)
        return false;
    for (size_t i = 0; i < map->bucket_count; i++) {
        ah_map_node *node = map->buckets[i];
        while (node) {
            ah_map_node *next = node->next;
            ah_map_node **bucket = bucket_of(&bigger, node->hash);
            node->next = *bucket;
            *bucket = node;
            node = next;
        }
    }
    ah_free(map->buckets);
    *map = bigger;
    return true;
}

bool ah_map_add(ah_map *map, ah_map_node *node, ah_str key)
{
    if (map->count >= map->bucket_count && !grow(map) && map->bucket_count == 0)
        return false;
    node->hash = hash_of(key);
    node->key = key;
    ah_map_node **bucket = bucket_of(map, node->hash);
    node->next = *bucket;
    *bucket = node;
    map->count++;
    return true;
}

void ah_map_remove(ah_map *map, ah_map_node *node)
{
    ah_map_node **at = bucket_of(map, node->hash);

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    node->next = NULL;
    map->count--;
}

static ah_map_node *first_from(const ah_map *map, size_t bucket)
{
    for (; bucket < map->bucket_count; bucket++)
        if (map->buckets[bucket])
            return map->buckets[bucket];
    return NULL;
}

ah_map_node *ah_map_first(const ah_map *map)
{
    return first_from(map, 0);
}

ah_map_node *ah_map_next(const ah_map *map, const ah_map_node *node)
{
    if (node->next)
        return node->next;
    return first_from(map, (size_t)(node->hash & (map->bucket_count - 1)) + 1);
}
