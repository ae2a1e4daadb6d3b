/* SPDX-License-Identifier: MIT */
/* Ten thousand random events on a connector with real sockets: requests begin, end, are given
   up, run into limits, lose their connections, all is closed; the pool holds after each.
   AH_TEST_SEED repeats a run, as far as the server's thread lets it. */
#include "fixture.h"

#include "pool/connector.h"
#include "support/open_fds.h"
#include <time.h>
#include <uv.h>

enum { STEPS = 10000, SERVERS = 4, REQUESTS = 24, LIMIT = 6, PER_HOST = 3, PATIENCE = 200000 };

typedef struct request {
    ahttp_future *pending;    /* the response, then its body; NULL: free, or it is only held */
    ahttp_response *response; /* or NULL */
} request;

static struct world {
    test_server *servers[SERVERS];
    ahttp_loop *loop;
    ahttp_connector *connector;
    ahttp_session *session;
    request requests[REQUESTS];
    unsigned ended_well, failed, closed;
} world;

static uint64_t random_state;

static unsigned random_below(unsigned bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % bound;
}

static uint64_t chosen_seed(void)
{
    const char *given = getenv("AH_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    print_message("AH_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* ---- What may happen ---- */

static void let_go(request *self)
{
    ahttp_response_unref(self->response);
    self->response = NULL;
}

static void begin(request *self)
{
    static const char *const paths[] = {
        "/ok",         "/ok",   "/bytes/300000", "/chunked/1000", "/until-close/9",
        "/status/204", "/drop", "/reset"};
    const char *path = paths[random_below(COUNT_OF(paths))];
    const char *url = server_url(world.servers[random_below(SERVERS)], path);
    int64_t pool_ms = random_below(4) ? AHTTP_NEVER : 50;

    let_go(self);
    if (random_below(3) == 0)
        self->pending = ahttp_get(world.session, url); /* lines up */
    else if (random_below(2))
        self->pending = ahttp_get(world.session, url, .timeout = {.pool_ms = pool_ms});
    else
        self->pending =
            ahttp_post(world.session, url, .text = "hello", .timeout = {.read_ms = 400});
}

static void look(request *self)
{
    ahttp_future *ended = self->pending;

    if (!ended || !ahttp_future_done(ended))
        return;
    self->pending = NULL;
    void *result = ahttp_future_take(ended);
    if (!result) {
        world.failed++;
    } else if (self->response) {
        world.ended_well++;
    } else {
        self->response = result;
        if (random_below(4))
            self->pending = ahttp_response_read(self->response);
    }
    ahttp_drop(ended);
    if (!self->pending && random_below(2))
        let_go(self);
}

static void open_session(void)
{
    world.connector =
        ahttp_connector_new(.limit = LIMIT, .limit_per_host = PER_HOST, .limit_idle = 5,
                            .keepalive_ms = 300, .lifetime_ms = 2000);
    world.session = ahttp_session_new(.connector = world.connector);
}

/* What is under way hears of it in the next turn. */
static void close_session(void)
{
    ahttp_drop(ahttp_session_close(world.session));
    ahttp_drop(ahttp_connector_close(world.connector));
    ah_connector_check(world.connector);
    ahttp_session_unref(world.session);
    ahttp_connector_unref(world.connector);
}

static void begin_anew(void)
{
    close_session();
    open_session();
    world.closed++;
}

static void something_happens(void)
{
    request *self = &world.requests[random_below(REQUESTS)];
    unsigned chance = random_below(100);

    if (random_below(500) == 0)
        begin_anew();
    else if (chance < 55 && !self->pending)
        begin(self);
    else if (chance < 65 && self->pending)
        ahttp_future_cancel(self->pending);
    else if (chance < 75 && !self->pending)
        let_go(self);
    else if (chance < 76)
        server_close_connections(world.servers[random_below(SERVERS)]);
    else if (chance < 80)
        ahttp_loop_advance(world.loop, random_below(100));
}

static void turn(void)
{
    uv_run(ahttp_loop_uv(world.loop), UV_RUN_NOWAIT);
    for (int i = 0; i < REQUESTS; i++)
        look(&world.requests[i]);
    ah_connector_check(world.connector);
}

static ahttp_connector_stats stats_now(void)
{
    ahttp_connector_stats stats = {.size = sizeof stats};

    ahttp_connector_get_stats(world.connector, &stats);
    return stats;
}

static void limits_hold(void)
{
    ahttp_connector_stats stats = stats_now();

    assert_true(stats.idle + stats.busy + stats.connecting <= LIMIT);
}

static bool is_at_rest(void)
{
    ahttp_connector_stats stats = stats_now();

    return stats.busy + stats.connecting + stats.waiting == 0;
}

/* Gives up what is pending, and lets go of all else; whether there was nothing. */
static bool give_all_up(void)
{
    bool nothing = true;

    for (int i = 0; i < REQUESTS; i++) {
        request *self = &world.requests[i];
        nothing = nothing && !self->pending && !self->response;
        if (self->pending)
            ahttp_future_cancel(self->pending);
        else
            let_go(self);
    }
    return nothing;
}

/* What is under way comes to its end. */
static void calm_down(void)
{
    int left = PATIENCE;

    while ((!give_all_up() || !is_at_rest()) && --left > 0) {
        turn();
        if (left % 1000 == 0)
            ahttp_loop_advance(world.loop, 1000);
    }
    assert_true(left > 0);
}

static void the_pool_holds_whatever_happens(void **state)
{
    (void)state;
    random_state = chosen_seed();
    world.loop = ahttp_loop_new(.virtual_clock = true);
    size_t fds = count_open_fds();
    for (int i = 0; i < SERVERS; i++)
        world.servers[i] = server_start(NULL);
    open_session();

    for (int i = 0; i < STEPS; i++) {
        something_happens();
        if (random_below(3))
            turn();
        limits_hold();
    }
    calm_down();

    print_message("%u ended well, %u failed, %u sessions were closed\n", world.ended_well,
                  world.failed, world.closed);
    assert_true(world.ended_well > 100 && world.failed > 100 && world.closed > 0);
    close_session();
    for (int i = 0; i < SERVERS; i++)
        server_stop(world.servers[i]);
    while (uv_run(ahttp_loop_uv(world.loop), UV_RUN_NOWAIT))
        ;
    assert_int_equal(count_open_fds(), fds);
    assert_int_equal(ahttp_loop_close(world.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pool_holds_whatever_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
