/* SPDX-License-Identifier: MIT */
/* Each host has a queue.  Its first request goes when fewer than at_once are under way, and when
   the bucket has a token: that is kept as the time at which it would be full but for one token
   (the generic cell rate algorithm), in microseconds. */
#include "base/error.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/options.h"
#include "client/response.h"
#include "loop/log.h"
#include "loop/timer.h"
#include "stock/relay.h"
#include <ahttp/throttle.h>

enum { PER_MS = 1000, FEW_HOSTS = 256 };

struct ahttp_throttle {
    ah_map hosts;
    int64_t interval_us; /* from one request to the next; 0: any */
    int64_t burst_us;    /* how much earlier one may come */
    int at_once;         /* 0: any */
    bool all_hosts;
    size_t waiting;
    size_t sweep_at; /* so many hosts: those that are idle are forgotten then */
};

typedef struct host {
    ah_map_node node;
    ahttp_throttle *throttle;
    ahttp_loop *loop;
    ah_list queue; /* of held requests, the first one first */
    ah_timer timer;
    int64_t due_us; /* when the next one is due, if they come evenly */
    int under_way;
    char name[];
} host;

/* A request that waits, or is under way: until its body has ended. */
typedef struct held {
    ah_relay relay;
    ah_over over; /* of the response, once it is there */
    ah_link link; /* in the queue */
    host *at;
    ahttp_next *next;
    ahttp_future *turn; /* the promise of it, while it waits */
} held;

/* ---- Hosts ---- */

static int64_t now_us(const host *at)
{
    return ahttp_loop_now(at->loop) * 1000;
}

static bool is_idle(const host *at)
{
    return at->under_way == 0 && ah_list_is_empty(&at->queue) && at->due_us <= now_us(at);
}

/* The host behind it, in the walk. */
static ah_map_node *forget(host *at)
{
    ah_map_node *next = ah_map_remove_and_next(&at->throttle->hosts, &at->node);

    ah_timer_stop(at->loop, &at->timer);
    ah_free(at);
    return next;
}

/* The next one is due at twice as many hosts: not for each new one while all are busy. */
static void sweep(ahttp_throttle *throttle)
{
    ah_map_node *node = ah_map_first(&throttle->hosts);

    while (node) {
        host *at = AH_CONTAINER(node, host, node);
        node = is_idle(at) ? forget(at) : ah_map_next(&throttle->hosts, node);
    }
    size_t twice = throttle->hosts.count * 2;
    throttle->sweep_at = twice > FEW_HOSTS ? twice : FEW_HOSTS;
}

static void let_go(host *at);

static void on_due(ah_timer *timer)
{
    let_go(AH_CONTAINER(timer, host, timer));
}

/* NULL when out of memory. */
static host *find_host(ahttp_throttle *throttle, ah_str name)
{
    ah_map_node *node = ah_map_find(&throttle->hosts, name);

    if (node)
        return AH_CONTAINER(node, host, node);
    if (throttle->hosts.count >= throttle->sweep_at)
        sweep(throttle);
    host *at = ah_alloc_zeroed(sizeof *at + name.len + 1);
    if (!at)
        return NULL;
    for (size_t i = 0; i < name.len; i++)
        at->name[i] = name.ptr[i];
    if (!ah_map_add(&throttle->hosts, &at->node, ah_str_make(at->name, name.len))) {
        ah_free(at);
        return NULL;
    }
    at->throttle = throttle;
    at->loop = ahttp_loop_current();
    at->timer.fire = on_due;
    ah_list_init(&at->queue);
    return at;
}

/* ---- Turns ---- */

/* How long until the bucket has a token; 0: it has one. */
static int64_t wait_ms(const host *at)
{
    int64_t wait_us = at->due_us - at->throttle->burst_us - now_us(at);

    return wait_us > 0 ? (wait_us + 999) / 1000 : 0;
}

static void take_token(host *at)
{
    int64_t now = now_us(at);

    at->due_us = (at->due_us > now ? at->due_us : now) + at->throttle->interval_us;
}

static void end_turn(held *it)
{
    ahttp_future *turn = it->turn;

    it->turn = NULL;
    it->at->throttle->waiting--;
    ah_link_remove(&it->link);
    ah_future_resolve(turn, NULL, NULL);
}

/* All whose turn it is. */
static void let_go(host *at)
{
    const ahttp_throttle *throttle = at->throttle;

    while (!ah_list_is_empty(&at->queue) &&
           (!throttle->at_once || at->under_way < throttle->at_once)) {
        int64_t ms = wait_ms(at);
        if (ms > 0) {
            ah_timer_start(at->loop, &at->timer, ms);
            return;
        }
        take_token(at);
        at->under_way++;
        end_turn(AH_CONTAINER(ah_list_first(&at->queue), held, link));
    }
    ah_timer_stop(at->loop, &at->timer);
}

/* ---- The middleware ---- */

static void leave(held *it)
{
    it->at->under_way--;
    let_go(it->at);
    ah_free(it);
}

static void on_over(ah_over *over)
{
    leave(AH_CONTAINER(over, held, over));
}

static void on_sent(ah_relay *relay, ahttp_response *response, ahttp_error *error)
{
    held *it = AH_CONTAINER(relay, held, relay);

    if (!response) {
        ah_relay_end(relay, NULL, error);
        leave(it);
        return;
    }
    ahttp_response_ref(response); /* perhaps nobody wants it any more */
    ah_relay_end(relay, response, NULL);
    ah_response_when_over(response, &it->over);
    ahttp_response_unref(response);
}

static void on_turn(ah_relay *relay, ahttp_response *response, ahttp_error *error)
{
    held *it = AH_CONTAINER(relay, held, relay);

    (void)response;
    if (!error) {
        ah_relay_wait(relay, ahttp_next_send(it->next), on_sent);
        return;
    }
    if (it->turn)
        end_turn(it);
    else
        it->at->under_way--; /* its turn came, but so did a cancel */
    let_go(it->at);
    ah_relay_end(relay, NULL, error);
    ah_free(it);
}

static ah_str host_of(const ahttp_outgoing *request)
{
    ah_str url = ah_str_from(ahttp_outgoing_url(request));
    size_t start = ah_str_find(url, '/') + 2;
    ah_str rest = ah_str_slice(url, start, url.len);

    return ah_str_slice(rest, 0, ah_str_find(rest, '/'));
}

static ahttp_future *run(ahttp_outgoing *request, ahttp_next *next, void *ctx)
{
    ahttp_throttle *throttle = ctx;
    ahttp_loop *loop = ahttp_loop_current();
    host *at = find_host(throttle, throttle->all_hosts ? AH_STR("*") : host_of(request));
    held *it = at ? AH_NEW(held) : NULL;
    ahttp_future *turn = it ? ah_future_new(loop) : NULL;
    ahttp_future *promise = turn ? ah_relay_begin(&it->relay, loop) : NULL;

    if (!promise) {
        if (turn) {
            ah_future_end(turn);
            ah_future_resolve(turn, NULL, NULL);
        }
        ah_free(it);
        return ah_future_failed(loop, ah_error_no_memory());
    }
    it->at = at;
    it->next = next;
    it->turn = turn;
    it->over.fn = on_over;
    throttle->waiting++;
    ah_list_append(&at->queue, &it->link);
    ah_relay_wait(&it->relay, turn, on_turn);
    let_go(at);
    return promise;
}

/* ---- Life ---- */

ahttp_throttle *ahttp_throttle_create(const ahttp_throttle_options *given)
{
    ahttp_throttle_options options;

    if (!ah_options_load(&options, sizeof options, given))
        return ah_log_not_made(ahttp_loop_current(), "throttle", ah_options_error("options"));
    ahttp_throttle *throttle = AH_NEW(ahttp_throttle);
    if (!throttle)
        return ah_log_not_made(ahttp_loop_current(), "throttle", ah_error_no_memory());
    int64_t per_ms = options.per_ms > 0 ? options.per_ms : PER_MS;
    if (options.requests > 0)
        throttle->interval_us = per_ms * 1000 / options.requests;
    if (options.burst > 1)
        throttle->burst_us = (options.burst - 1) * throttle->interval_us;
    throttle->at_once = options.at_once > 0 ? options.at_once : 0;
    throttle->all_hosts = options.all_hosts;
    throttle->sweep_at = FEW_HOSTS;
    return throttle;
}

void ahttp_throttle_free(ahttp_throttle *throttle)
{
    if (!throttle)
        return;
    for (ah_map_node *node = ah_map_first(&throttle->hosts); node;) {
        host *at = AH_CONTAINER(node, host, node);
        node = ah_map_remove_and_next(&throttle->hosts, node);
        ah_free(at);
    }
    ah_map_release(&throttle->hosts);
    ah_free(throttle);
}

ahttp_middleware ahttp_throttle_middleware(ahttp_throttle *throttle)
{
    return (ahttp_middleware){.fn = run, .ctx = throttle};
}

size_t ahttp_throttle_waiting(const ahttp_throttle *throttle)
{
    return throttle->waiting;
}
