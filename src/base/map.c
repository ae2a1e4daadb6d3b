/* SPDX-License-Identifier: MIT */
#include "base/map.h"
#include "base/mem.h"
#include <stdatomic.h>
#include <sys/random.h>

/* Keys may come from peers, so the hash starts from a secret: FNV-1a, seeded once. */
static uint64_t seed(void)
{
    static _Atomic uint64_t secret;
    uint64_t value = atomic_load_explicit(&secret, memory_order_relaxed);

    if (value == 0) {
        uint64_t fresh = 0;
        uint64_t none = 0;
        if (getrandom(&fresh, sizeof fresh, GRND_NONBLOCK) != (ssize_t)sizeof fresh || !fresh)
            fresh = 0xcbf29ce484222325u ^ (uint64_t)(uintptr_t)&value;
        if (atomic_compare_exchange_strong(&secret, &none, fresh))
            value = fresh;
        else
            value = none;
    }
    return value;
}

static uint64_t hash_of(ah_str key)
{
    uint64_t hash = seed();

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
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
