/* SPDX-License-Identifier: MIT */
/* That acquiring and releasing costs the same however many connections there are.  The pool, its
   map of origins and the loop's timers are compiled anew into this program, so that each stretch of
   code between two branches calls the function below: what is counted is the same on every machine,
   and no scan escapes. */
#include "support/check.h"

#include "base/mem.h"
#include "pool/connector.h"
#include "pool/plan.h"
#include <stdio.h>
#include <stdlib.h>

enum { FEW = 10, MANY = 10000, ROUNDS = 20000 };

static size_t stretches;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    stretches++;
}

/* A find walks a chain of the map, and a timer may fall through levels of the wheel: lengths that
   vary a little with the number of things, and do not grow with it. */
static void assert_costs_the_same(const char *what, size_t few, size_t many)
{
    print_message("%s: %.1f stretches of code with %d, %.1f with %d\n", what, (double)few / ROUNDS,
                  FEW, (double)many / ROUNDS, MANY);
    assert_true(few > ROUNDS * 10u);
    assert_true(many < few + few / 4);
}

/* ---- The plan alone ---- */

typedef struct plan {
    ah_pool pool;
    ah_pool_origin *origins;
    ah_pool_conn *conns;
    ah_pool_waiter waiter;
    size_t size;
} plan;

static void open_all(plan *big)
{
    for (size_t i = 0; i < big->size; i++) {
        ah_pool_origin_init(&big->origins[i]);
        assert_null(ah_pool_wait(&big->pool, &big->origins[i], &big->waiter, 0));
        ah_pool_step step = ah_pool_next(&big->pool);
        assert_int_equal(step.kind, AH_POOL_OPEN);
        ah_pool_opening(&big->pool, step.waiter, &big->conns[i]);
        assert_ptr_equal(ah_pool_opened(&big->pool, &big->conns[i], 0), &big->waiter);
        assert_null(ah_pool_idle(&big->pool, &big->conns[i], 0, 0));
    }
}

static void open_again(plan *big, ah_pool_conn *closed)
{
    ah_pool_step step = ah_pool_next(&big->pool);

    ah_pool_opening(&big->pool, step.waiter, closed);
    ah_pool_opened(&big->pool, closed, 0);
}

/* Often there is an idle connection, sometimes it breaks and is opened again. */
static void request(plan *big, size_t number)
{
    ah_pool_origin *origin = &big->origins[number * 7 % big->size];
    ah_pool_conn *got = ah_pool_wait(&big->pool, origin, &big->waiter, 0);

    if (number % 3 == 0) {
        ah_pool_gone(&big->pool, got);
        ah_pool_wait(&big->pool, origin, &big->waiter, 0);
        open_again(big, got);
    }
    ah_pool_idle(&big->pool, got, 0, 0);
}

static size_t cost_of_plan(size_t size)
{
    plan big = {.size = size};

    big.origins = calloc(size, sizeof *big.origins);
    big.conns = calloc(size, sizeof *big.conns);
    ah_pool_init(&big.pool, &(ah_pool_rules){size, SIZE_MAX, SIZE_MAX, SIZE_MAX, 15000, INT64_MAX});
    open_all(&big);
    size_t before = stretches;
    for (size_t i = 0; i < ROUNDS; i++)
        request(&big, i);
    free(big.origins);
    free(big.conns);
    return stretches - before;
}

static void planning_costs_the_same_with_10000_connections_to_10000_origins(void **state)
{
    (void)state;

    assert_costs_the_same("plan", cost_of_plan(FEW), cost_of_plan(MANY));
}

/* ---- The connector ---- */

/* Connections out of nothing, which open at once and carry nothing. */
struct ah_opening {
    ah_job job;
    ah_conn *conn;
    ah_opening_fn *done;
    void *ctx;
};

static void close_nothing(ah_conn *conn, ahttp_error *why)
{
    ah_error_free(why);
    conn->owner->closed(conn);
    free(conn);
}

static const ah_conn_ops nothing_ops = {.close = close_nothing};

static void is_open(ah_job *job)
{
    ah_opening ended = *AH_CONTAINER(job, ah_opening, job);

    free(AH_CONTAINER(job, ah_opening, job));
    ended.done(ended.ctx, ended.conn, NULL);
}

static ah_opening *start_opening(ah_opening_setup *setup, const ah_origin *origin,
                                 const ahttp_timeout *limits, ah_tracer *tracer,
                                 const ah_conn_owner *owner, ah_opening_fn *done, void *ctx,
                                 ahttp_error **error)
{
    ah_opening *opening = calloc(1, sizeof *opening);

    (void)origin, (void)limits, (void)tracer, (void)error;
    *opening = (ah_opening){
        .job.run = is_open, .conn = calloc(1, sizeof *opening->conn), .done = done, .ctx = ctx};
    *opening->conn = (ah_conn){.ops = &nothing_ops, .owner = owner, .owner_ctx = ctx};
    ah_loop_ready(setup->loop, &opening->job);
    return opening;
}

static const ah_opener at_once = {.start = start_opening};

typedef struct asker {
    ah_waiter waiter;
    ah_conn *conn;
} asker;

static void on_answer(ah_waiter *waiter, ah_conn *conn, ahttp_error *error)
{
    assert_null(error);
    AH_CONTAINER(waiter, asker, waiter)->conn = conn;
}

/* One request to the origin of that number, from asking to the end of its exchange. */
static void use(ahttp_connector *connector, size_t number)
{
    static const ahttp_timeout limits = {.pool_ms = AHTTP_NEVER};
    asker asking = {.conn = NULL};
    char host[32];

    snprintf(host, sizeof host, "host%zu.test", number);
    const ah_route route = {.host = ah_str_from(host), .port = 80};
    asking.conn = ah_connector_acquire(connector, &asking.waiter, &route, &limits, NULL, on_answer);
    while (!asking.conn)
        assert_int_equal(ahttp_loop_run(ah_connector_loop(connector)), 0);
    asking.conn->owner->idle(asking.conn);
}

static size_t cost_of_connector(size_t size)
{
    ahttp_loop *loop = ahttp_loop_new(.virtual_clock = true);
    ahttp_connector *connector = ahttp_connector_new(.limit = AHTTP_UNLIMITED);

    ah_connector_set_opener(connector, &at_once);
    for (size_t i = 0; i < size; i++)
        use(connector, i);
    size_t before = stretches;
    for (size_t i = 0; i < ROUNDS; i++)
        use(connector, i * 7 % size);
    size_t cost = stretches - before;
    ahttp_connector_unref(connector);
    assert_int_equal(ahttp_loop_close(loop), 0);
    return cost;
}

static void a_connector_costs_the_same_with_10000_connections_to_10000_origins(void **state)
{
    (void)state;

    assert_costs_the_same("connector", cost_of_connector(FEW), cost_of_connector(MANY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planning_costs_the_same_with_10000_connections_to_10000_origins),
        cmocka_unit_test(a_connector_costs_the_same_with_10000_connections_to_10000_origins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
