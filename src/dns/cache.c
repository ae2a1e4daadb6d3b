/* SPDX-License-Identifier: MIT */
#include "dns/cache.h"

typedef struct entry {
    ah_map_node node;
    ah_link used;
    ah_answer answer; /* its addresses stand behind the entry, and so does the key */
    ahttp_error *error;
    int64_t expires_ms;
    size_t turn;
    ah_address addresses[];
} entry;

void ah_cache_init(ah_cache *cache, size_t limit)
{
    *cache = (ah_cache){.limit = limit};
    ah_list_init(&cache->used);
}

static void drop(ah_cache *cache, entry *old)
{
    ah_map_remove(&cache->names, &old->node);
    ah_link_remove(&old->used);
    ah_error_free(old->error);
    ah_free(old);
}

static entry *oldest(const ah_cache *cache)
{
    return AH_CONTAINER(ah_list_first(&cache->used), entry, used);
}

void ah_cache_release(ah_cache *cache)
{
    while (!ah_list_is_empty(&cache->used))
        drop(cache, oldest(cache));
    ah_map_release(&cache->names);
}

static entry *find(const ah_cache *cache, ah_str key)
{
    ah_map_node *node = ah_map_find(&cache->names, key);

    return node ? AH_CONTAINER(node, entry, node) : NULL;
}

/* A copy of addresses at *to, which moves on. */
static const ah_address *copy(ah_address **to, const ah_address *addresses, size_t count)
{
    ah_address *start = *to;

    if (count > 0)
        memcpy(start, addresses, count * sizeof *start);
    *to += count;
    return start;
}

static entry *make(const ah_answer *answer, ah_str *key)
{
    size_t count = answer->v6_count + answer->v4_count;
    entry *made = ah_alloc_zeroed(sizeof *made + count * sizeof made->addresses[0] + key->len);

    if (!made)
        return NULL;
    ah_address *end = made->addresses;
    made->answer = *answer;
    made->answer.v6 = copy(&end, answer->v6, answer->v6_count);
    made->answer.v4 = copy(&end, answer->v4, answer->v4_count);
    if (answer->error)
        made->answer.error = made->error = ah_error_copy(answer->error);
    *key = ah_str_make(memcpy(end, key->ptr, key->len), key->len);
    return made;
}

void ah_cache_put(ah_cache *cache, ah_str key, const ah_answer *answer, int64_t now_ms,
                  int64_t expires_ms)
{
    if (expires_ms <= now_ms)
        return;
    entry *old = find(cache, key);
    if (old)
        drop(cache, old);
    else if (cache->names.count >= cache->limit)
        drop(cache, oldest(cache));
    entry *made = make(answer, &key);
    if (!made)
        return;
    if (!ah_map_add(&cache->names, &made->node, key)) {
        ah_error_free(made->error);
        ah_free(made);
        return;
    }
    made->expires_ms = expires_ms;
    ah_list_append(&cache->used, &made->used);
}

void ah_cache_forget(ah_cache *cache, ah_str end, size_t skip)
{
    ah_link *next;

    for (ah_link *link = cache->used.head.next; link != &cache->used.head; link = next) {
        entry *each = AH_CONTAINER(link, entry, used);
        ah_str key = each->node.key;
        next = link->next;
        if (!end.ptr || ah_str_equal(ah_str_slice(key, skip, key.len), end))
            drop(cache, each);
    }
}

bool ah_cache_find(ah_cache *cache, ah_str key, int64_t now_ms, ah_answer *answer, size_t *turn)
{
    entry *found = find(cache, key);

    if (!found)
        return false;
    if (found->expires_ms <= now_ms) {
        drop(cache, found);
        return false;
    }
    ah_link_remove(&found->used);
    ah_list_append(&cache->used, &found->used);
    *answer = found->answer;
    *turn = ++found->turn;
    return true;
}

ah_address *ah_answer_list(const ah_answer *answer, size_t turn, uint16_t port)
{
    size_t count = answer->v6_count + answer->v4_count;
    ah_address *list = ah_realloc_array(NULL, count, sizeof *list);
    size_t v6 = 0;
    size_t v4 = 0;

    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        bool take_v6 = v6 < answer->v6_count && (v6 <= v4 || v4 == answer->v4_count);
        list[i] = take_v6 ? answer->v6[(turn + v6++) % answer->v6_count]
                          : answer->v4[(turn + v4++) % answer->v4_count];
        ah_address_set_port(&list[i], port);
    }
    return list;
}
