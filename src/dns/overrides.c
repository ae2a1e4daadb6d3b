/* SPDX-License-Identifier: MIT */
#include "dns/overrides.h"

typedef struct override {
    ah_str host; /* without a final dot */
    ah_str addresses;
    uint16_t port; /* 0: any */
} override;

struct ah_overrides {
    size_t count;
    override items[]; /* and behind them their texts */
};

/* A copy of text at *to, which moves on. */
static ah_str copy_text(char **to, ah_str text)
{
    ah_str copy = ah_str_make(*to, text.len);

    if (text.len > 0)
        memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copy;
}

static ah_str without_final_dot(ah_str host)
{
    return ah_str_ends_with(host, AH_STR(".")) ? ah_str_slice(host, 0, host.len - 1) : host;
}

ah_overrides *ah_overrides_new(const ahttp_host *hosts)
{
    size_t count = 0;
    size_t text_size = 0;

    for (; hosts[count].host; count++)
        text_size += strlen(hosts[count].host) + ah_str_from(hosts[count].addresses).len;
    ah_overrides *made = ah_alloc(sizeof *made + count * sizeof made->items[0] + text_size);
    if (!made)
        return NULL;
    char *texts = (char *)&made->items[count];
    made->count = count;
    for (size_t i = 0; i < count; i++)
        made->items[i] =
            (override){copy_text(&texts, without_final_dot(ah_str_from(hosts[i].host))),
                       copy_text(&texts, ah_str_from(hosts[i].addresses)), hosts[i].port};
    return made;
}

static const override *find(const ah_overrides *overrides, ah_str host, uint16_t port)
{
    for (size_t i = 0; i < overrides->count; i++) {
        const override *each = &overrides->items[i];
        if ((each->port == 0 || each->port == port) &&
            (ah_str_equal(each->host, AH_STR("*")) || ah_str_equal_nocase(each->host, host)))
            return each;
    }
    return NULL;
}

/* "127.0.0.1" or "::1", the latter perhaps in brackets. */
static bool parse(ah_str text, ah_address *address)
{
    text = ah_str_trim(text);
    if (ah_str_starts_with(text, AH_STR("[")) && ah_str_ends_with(text, AH_STR("]")))
        text = ah_str_slice(text, 1, text.len - 2);
    return ah_address_parse(text, 0, address);
}

/* How many addresses texts has at most. */
static size_t count_texts(ah_str texts)
{
    size_t count = 1;

    for (size_t i = 0; i < texts.len; i++)
        count += texts.ptr[i] == ',';
    return count;
}

/* All of the family to the start of list, which has room for one more than texts has; how many,
   or -1 when one text is no address. */
static ptrdiff_t take_family(ah_str texts, int family, ah_address *list)
{
    ptrdiff_t count = 0;
    ah_str text;

    while (ah_str_split(&texts, ',', &text)) {
        if (!parse(text, &list[count]))
            return -1;
        count += list[count].any.sa_family == family;
    }
    return count;
}

static void give(ah_lookup *lookup, ah_str host, ah_answer answer)
{
    bool wants_v6 = lookup->family != AHTTP_FAMILY_IPV4;
    bool wants_v4 = lookup->family != AHTTP_FAMILY_IPV6;

    answer.v6_count = wants_v6 ? answer.v6_count : 0;
    answer.v4_count = wants_v4 ? answer.v4_count : 0;
    if (answer.v6_count + answer.v4_count > 0)
        ah_lookup_give(lookup, &answer, 0);
    else
        ah_lookup_fail(lookup, ah_error_new(AHTTP_E_DNS,
                                            "resolve %.*s: no %s address in the connector's hosts",
                                            (int)host.len, host.ptr, wants_v6 ? "IPv6" : "IPv4"));
}

static void answer_from(ah_lookup *lookup, ah_str host, ah_str texts)
{
    size_t room = count_texts(texts) + 1;
    ah_address *v6 = ah_realloc_array(NULL, 2 * room, sizeof *v6);

    if (!v6) {
        ah_lookup_fail(lookup, ah_error_no_memory());
        return;
    }
    ah_address *v4 = v6 + room;
    ptrdiff_t v6_count = take_family(texts, AF_INET6, v6);
    ptrdiff_t v4_count = take_family(texts, AF_INET, v4);
    if (v6_count < 0)
        ah_lookup_fail(lookup, ah_error_new(AHTTP_E_DNS,
                                            "resolve %.*s: \"%.*s\" in the connector's hosts is no "
                                            "list of addresses",
                                            (int)host.len, host.ptr, (int)texts.len, texts.ptr));
    else
        give(lookup, host, (ah_answer){v6, (size_t)v6_count, v4, (size_t)v4_count, NULL});
    ah_free(v6);
}

bool ah_overrides_lookup(const ah_overrides *overrides, ah_lookup *lookup, ahttp_loop *loop,
                         ah_str host, uint16_t port, ahttp_family family, ah_lookup_fn *done)
{
    const override *found = overrides ? find(overrides, without_final_dot(host), port) : NULL;

    if (!found)
        return false;
    ah_lookup_begin(lookup, loop, port, family, done);
    answer_from(lookup, host, found->addresses);
    return true;
}
