/* SPDX-License-Identifier: MIT */
#include "dns/lookup.h"
#include "dns/query.h"

static void run_lookup(ah_job *job)
{
    ah_lookup *lookup = AH_CONTAINER(job, ah_lookup, job);
    ah_address *addresses = lookup->answer;
    ahttp_error *error = lookup->error;

    lookup->answer = NULL;
    lookup->error = NULL;
    lookup->done(lookup, addresses, addresses ? lookup->count : 0, error);
    ah_free(addresses);
}

void ah_lookup_begin(ah_lookup *lookup, ahttp_loop *loop, uint16_t port, ahttp_family family,
                     ah_lookup_fn *done)
{
    lookup->loop = loop;
    lookup->done = done;
    lookup->job.run = run_lookup;
    lookup->port = port;
    lookup->family = family;
}

void ah_lookup_cancel(ah_lookup *lookup)
{
    if (lookup->query)
        ah_query_leave(lookup);
    ah_link_remove(&lookup->job.link);
    ah_free(lookup->answer);
    ah_error_free(lookup->error);
    lookup->answer = NULL;
    lookup->error = NULL;
}

void ah_lookup_fail(ah_lookup *lookup, ahttp_error *error)
{
    lookup->error = error;
    ah_loop_ready(lookup->loop, &lookup->job);
}

void ah_lookup_give(ah_lookup *lookup, const ah_answer *answer, size_t turn)
{
    if (answer->error) {
        ah_lookup_fail(lookup, ah_error_copy(answer->error));
        return;
    }
    lookup->answer = ah_answer_list(answer, turn, lookup->port);
    lookup->count = answer->v6_count + answer->v4_count;
    if (!lookup->answer)
        lookup->error = ah_error_no_memory();
    ah_loop_ready(lookup->loop, &lookup->job);
}

/* ---- What is known at once ---- */

static bool is_localhost(ah_str host)
{
    const ah_str name = AH_STR("localhost");

    if (ah_str_ends_with(host, AH_STR(".")))
        host.len--;
    if (host.len > name.len && host.ptr[host.len - name.len - 1] == '.')
        host = ah_str_slice(host, host.len - name.len, name.len);
    return ah_str_equal_nocase(host, name);
}

/* The answer from these, of which only the wanted family counts. */
static void give_known(ah_lookup *lookup, ah_str host, const ah_address *v6, const ah_address *v4)
{
    ah_answer answer = {
        .v6 = v6,
        .v6_count = v6 && lookup->family != AHTTP_FAMILY_IPV4,
        .v4 = v4,
        .v4_count = v4 && lookup->family != AHTTP_FAMILY_IPV6,
    };

    if (answer.v6_count + answer.v4_count > 0)
        ah_lookup_give(lookup, &answer, 0);
    else
        ah_lookup_fail(lookup, ah_error_new(AHTTP_E_DNS, "resolve %.*s: not an %s address",
                                            (int)host.len, host.ptr, v6 ? "IPv4" : "IPv6"));
}

bool ah_lookup_answer_known(ah_lookup *lookup, ah_str host)
{
    ah_address v6;
    ah_address v4;

    if (ah_address_parse(host, 0, &v4)) {
        bool is_v6 = v4.any.sa_family == AF_INET6;
        give_known(lookup, host, is_v6 ? &v4 : NULL, is_v6 ? NULL : &v4);
    } else if (is_localhost(host)) {
        ah_address_parse(AH_STR("::1"), 0, &v6);
        ah_address_parse(AH_STR("127.0.0.1"), 0, &v4);
        give_known(lookup, host, &v6, &v4);
    } else if (ah_address_looks_numeric(host) || ah_str_find(host, ':') < host.len) {
        ah_lookup_fail(lookup,
                       ah_error_new(AHTTP_E_DNS, "resolve %.*s: neither an address nor a name",
                                    (int)host.len, host.ptr));
    } else if (host.len == 0 || host.len > AH_MAX_NAME || ah_str_find(host, '\0') < host.len) {
        ah_lookup_fail(
            lookup,
            ah_error_new(AHTTP_E_DNS, "resolve host: not a name of 1 to %d bytes", AH_MAX_NAME));
    } else {
        return false;
    }
    return true;
}
