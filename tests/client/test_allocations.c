/* SPDX-License-Identifier: MIT */
/* No allocation per request in steady state; and any allocation may fail. */
#include "fixture.h"

#include "support/failing_alloc.h"

enum { WARM_UP = 200, MEASURED = 2000, AT_ONCE = 10 };

/* ---- Steady state ---- */

typedef struct run {
    ahttp_session *session;
    const char *url;
    int started, ended;
    size_t before, after; /* allocations when the warm-up and when all had ended */
} run;

typedef struct slot {
    run *r;
    ahttp_response *response;
} slot;

static bool one_more(run *r)
{
    if (r->ended == WARM_UP)
        r->before = counting_alloc_counts().allocations;
    if (r->ended == WARM_UP + MEASURED)
        r->after = counting_alloc_counts().allocations;
    return r->started < WARM_UP + MEASURED && r->started++ >= 0;
}

/* As many as may come in one turn of the loop later. */
static void hold_responses_at_once(const run *r)
{
    ahttp_future *gets[AT_ONCE];
    ahttp_response *responses[AT_ONCE];

    for (int i = 0; i < AT_ONCE; i++)
        gets[i] = ahttp_get(r->session, r->url);
    for (int i = 0; i < AT_ONCE; i++) {
        responses[i] = ahttp_await(gets[i]);
        assert_string_equal(ahttp_await(ahttp_response_text(responses[i])), "ok");
    }
    for (int i = 0; i < AT_ONCE; i++)
        ahttp_response_unref(responses[i]);
}

static void on_response(ahttp_future *future, void *ctx);

static void on_text(ahttp_future *future, void *ctx)
{
    slot *s = ctx;

    assert_string_equal(ahttp_future_take(future), "ok");
    ahttp_response_unref(s->response);
    s->r->ended++;
    if (one_more(s->r))
        ahttp_then(ahttp_get(s->r->session, s->r->url), on_response, s);
}

static void on_response(ahttp_future *future, void *ctx)
{
    slot *s = ctx;

    s->response = ahttp_future_take(future);
    assert_non_null(s->response);
    ahttp_then(ahttp_response_text(s->response), on_text, s);
}

static void gets_with_callbacks_allocate_nothing(void **state)
{
    slot slots[AT_ONCE];

    (void)state;
    counting_alloc_install();
    fixture f = start(NULL, false);
    run r = {.session = f.session, .url = server_url(f.server, "/ok")};
    hold_responses_at_once(&r);
    for (int i = 0; i < AT_ONCE; i++) {
        slots[i].r = &r;
        if (one_more(&r))
            ahttp_then(ahttp_get(r.session, r.url), on_response, &slots[i]);
    }
    assert_int_equal(ahttp_loop_run(f.loop), 0);

    assert_int_equal(r.ended, WARM_UP + MEASURED);
    assert_int_equal(r.after - r.before, 0);
    finish(&f);
    counting_alloc_remove();
}

#if AHTTP_TASKS
static void *get_again_and_again(void *arg)
{
    run *r = arg;

    while (one_more(r)) {
        ahttp_response *response = ahttp_await(ahttp_get(r->session, r->url));
        assert_non_null(response);
        assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
        ahttp_response_unref(response);
        r->ended++;
    }
    one_more(r);
    return NULL;
}

static void gets_with_tasks_allocate_nothing(void **state)
{
    ahttp_future *tasks[AT_ONCE];

    (void)state;
    counting_alloc_install();
    fixture f = start(NULL, false);
    run r = {.session = f.session, .url = server_url(f.server, "/ok")};
    hold_responses_at_once(&r);
    for (int i = 0; i < AT_ONCE; i++)
        tasks[i] = ahttp_spawn(get_again_and_again, &r);
    assert_int_equal(ahttp_await_status(ahttp_gather(AT_ONCE, tasks, NULL)), 0);

    assert_int_equal(r.ended, WARM_UP + MEASURED);
    assert_int_equal(r.after - r.before, 0);
    finish(&f);
    counting_alloc_remove();
}
#endif

/* ---- Out of memory ---- */

static test_server *server;

/* Whatever fails, there is an answer or an error, and nothing is lost. */
static void one_exchange(void *ctx)
{
    const char *path = ctx;
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = loop ? ahttp_session_new(.loop = loop) : NULL;

    if (session) {
        ahttp_response *response = ahttp_await(
            ahttp_post(session, server_url(server, path), .form = AHTTP_PAIRS({"a", "b"}),
                       .params = AHTTP_PAIRS({"q", "1"}), .headers = AHTTP_PAIRS({"X-A", "b"})));
        const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;
        if (!text)
            assert_non_null(ahttp_task_error()->message);
        ahttp_response_unref(response);
    }
    ahttp_session_unref(session);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

static void every_allocation_of_an_exchange_may_fail(void **state)
{
    (void)state;
    server = server_start(NULL);
    for_each_allocation(one_exchange, (void *)(uintptr_t) "/ok");
    for_each_allocation(one_exchange, (void *)(uintptr_t) "/chunked/20000");
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_with_callbacks_allocate_nothing),
#if AHTTP_TASKS
        cmocka_unit_test(gets_with_tasks_allocate_nothing),
#endif
        cmocka_unit_test(every_allocation_of_an_exchange_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
