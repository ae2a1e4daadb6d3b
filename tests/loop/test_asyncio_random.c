/* SPDX-License-Identifier: MIT */
/* Tasks that do at random what tasks can do, settled and cancelled at random, against the
   model: every await must end when and as that says.  AH_TEST_SEED repeats a run. */
#include "loop/asyncio_model.h"
#include "support/check.h"
#include <string.h>
#include <time.h>

enum { STEPS = 100000, MOST_ROOTS = 6, MOST_TASKS = 40, MOST_DEPTH = 4, MOST_BRACKETS = 512 };

static uint64_t random_state;
static model_task *roots[MOST_ROOTS];
static size_t task_count; /* alive */
static bool winding_up;
static size_t resolved, taken, freed;
static ahttp_scope *scopes[MOST_BRACKETS]; /* what the driver may expire, and whose it is */
static bracket *scope_models[MOST_BRACKETS];
static model_task *scope_tasks[MOST_BRACKETS];
static size_t scope_count;
static model_group *groups[MOST_BRACKETS];
static size_t group_count;

static unsigned chance(unsigned sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % sides);
}

static void note_freed(void *result)
{
    (void)result;
    freed++;
}

/* ---- Awaiting ---- */

/* The model's part of beginning to await what is not done at once. */
static void begin_await(model_task *self, await *awaited)
{
    if (awaited->done)
        return;
    self->awaiting = awaited;
    if (is_wanted(self) && cancel_await(awaited))
        set_met(self);
}

static void check_await(model_task *self, await *awaited, int code)
{
    assert_true(awaited->done);
    assert_int_equal(code, awaited->code);
    if (self->awaiting && code == AHTTP_E_CANCELLED)
        set_met(self);
    self->awaiting = NULL;
}

static int await_checked(model_task *self, await *awaited, ahttp_future *future)
{
    assert_int_equal(ahttp_future_done(future), awaited->done);
    begin_await(self, awaited);
    int code = ahttp_await_status(future);
    check_await(self, awaited, code);
    return code;
}

static void new_leaves(await *awaited, int count)
{
    for (int i = 0; i < count; i++) {
        leaf *made = calloc(1, sizeof *made);
        assert_non_null(made);
        made->future = ahttp_promise_new(&made->promise, NULL, NULL);
        made->await = awaited;
        made->place = pending_count;
        assert_true(pending_count < MOST_PENDING);
        pending[pending_count++] = made;
        awaited->leaves[awaited->count++] = made;
    }
}

static void list_futures(const await *awaited, ahttp_future *futures[])
{
    for (int i = 0; i < awaited->count; i++)
        futures[i] = awaited->leaves[i]->future;
}

static void release_leaves(await *awaited)
{
    for (int i = 0; i < awaited->count; i++)
        release_leaf(awaited->leaves[i]);
}

/* Hands in the future of a leaf that is done, or just drops it. */
static void hand_in(leaf *done)
{
    if (!done->settled || chance(4) == 0) {
        ahttp_drop(done->future);
        return;
    }
    bool got = ahttp_await(done->future) != NULL;
    assert_int_equal(got, done->code == 0);
    assert_true(got || ahttp_task_error()->code == done->code);
    taken += got;
}

/* ---- What tasks do: each gives a code ---- */

typedef int statement(model_task *self);

static int await_leaf(model_task *self)
{
    await awaited = {.kind = PLAIN};

    new_leaves(&awaited, 1);
    int code = await_checked(self, &awaited, awaited.leaves[0]->future);
    release_leaves(&awaited);
    return code;
}

static int await_shield(model_task *self)
{
    await awaited = {.kind = SHIELD};

    new_leaves(&awaited, 1);
    int code = await_checked(self, &awaited, ahttp_shield(awaited.leaves[0]->future));
    release_leaves(&awaited);
    return code;
}

static int await_gather(model_task *self)
{
    await awaited = {.kind = GATHER};
    ahttp_future *futures[MOST_LEAVES];
    void *results[MOST_LEAVES] = {0};

    new_leaves(&awaited, 1 + (int)chance(MOST_LEAVES));
    list_futures(&awaited, futures);
    int code = await_checked(self, &awaited, ahttp_gather((size_t)awaited.count, futures, results));
    for (int i = 0; code == 0 && i < awaited.count; i++) {
        assert_ptr_equal(results[i], awaited.leaves[i]);
        taken++;
    }
    release_leaves(&awaited);
    return code;
}

static int await_wait(model_task *self)
{
    await awaited = {.kind = WAIT, .until = (ahttp_wait_until)chance(3)};
    ahttp_future *futures[MOST_LEAVES];
    size_t done = 0;

    new_leaves(&awaited, 1 + (int)chance(MOST_LEAVES));
    list_futures(&awaited, futures);
    size_t count = (size_t)awaited.count;
    int code =
        await_checked(self, &awaited, ahttp_wait(count, futures, awaited.until, AHTTP_NEVER));
    leave_leaves(&awaited);
    for (int i = 0; i < awaited.count; i++)
        done += awaited.leaves[i]->settled;
    assert_int_equal(ahttp_done_first(count, futures), done);
    for (int i = 0; i < awaited.count; i++)
        hand_in(awaited.leaves[i]);
    release_leaves(&awaited);
    return code;
}

static int await_next(model_task *self, await *each, ahttp_completion *real)
{
    each->done = false;
    each->given = NULL;
    if (each->given_count < each->heard || each->heard == each->count)
        give_next(each);
    ahttp_future *next = ahttp_completion_next(real);
    assert_int_equal(ahttp_future_done(next), each->done);
    begin_await(self, each);
    ahttp_future *given = ahttp_await(next);
    check_await(self, each, given || each->code == 0 ? 0 : ahttp_task_error()->code);
    assert_ptr_equal(given, each->given ? each->given->future : NULL);
    if (given)
        hand_in(each->given);
    return each->code;
}

static int await_completion(model_task *self)
{
    await each = {.kind = COMPLETION};
    ahttp_future *futures[MOST_LEAVES];
    int code = 0;

    new_leaves(&each, 1 + (int)chance(MOST_LEAVES));
    list_futures(&each, futures);
    each.done = true;
    ahttp_completion *real = ahttp_as_completed((size_t)each.count, futures, AHTTP_NEVER);
    for (int i = 0; i <= each.count && chance(8) > 0; i++)
        code = await_next(self, &each, real);
    ahttp_completion_end(real);
    release_leaves(&each);
    return code;
}

static int cancel_oneself(model_task *self)
{
    cancel_task(self);
    ahttp_future_cancel(self->future);
    return 0;
}

static int run_statements(model_task *self);

static int await_in_scope(model_task *self)
{
    bracket limit;
    bool at_once = chance(16) == 0;

    if (scope_count == MOST_BRACKETS)
        return 0;
    push_bracket(self, &limit);
    if (at_once)
        fire(self, &limit);
    ahttp_scope *scope = ahttp_scope_begin(at_once ? 0 : AHTTP_NEVER);
    scopes[scope_count] = scope;
    scope_models[scope_count] = &limit;
    scope_tasks[scope_count++] = self;

    int code = run_statements(self);
    int expected = code;
    if (code == AHTTP_E_CANCELLED && limit.fired && !has_others(self, false))
        expected = AHTTP_E_TIMEOUT;
    assert_int_equal(ahttp_scope_expired(scope), limit.fired > 0);
    code = ahttp_scope_end(scope, code);
    assert_int_equal(code, expected);

    pop_bracket(self);
    size_t place = 0;
    while (scopes[place] != scope)
        place++;
    scopes[place] = scopes[--scope_count];
    scope_models[place] = scope_models[scope_count];
    scope_tasks[place] = scope_tasks[scope_count];
    return code;
}

static void *run_task(void *arg);

static model_task *spawn(model_group *group, int depth)
{
    model_task *spawned = calloc(1, sizeof *spawned);

    assert_non_null(spawned);
    spawned->group = group;
    spawned->depth = depth;
    later(hear_of_first_step, spawned);
    spawned->future = ahttp_spawn(run_task, spawned);
    task_count++;
    return spawned;
}

static void spawn_member(model_group *group, int depth)
{
    if (group->aborting) {
        group->alive++;
        later(hear_of_refusal, group);
        ahttp_group_spawn(group->real, run_task, NULL);
        return;
    }
    if (task_count >= MOST_TASKS || group->alive >= MOST_MEMBERS / 2)
        return;
    model_task *member = spawn(group, depth);
    assert_true(add_member(group, member));
    ahttp_group_add(group->real, member->future);
}

static int spawn_sibling(model_task *self)
{
    if (self->group)
        spawn_member(self->group, self->depth);
    return 0;
}

static int end_group(model_task *self, model_group *group, bool has_failed)
{
    group->bracket.wanted = false;
    group->ending = true;
    if (has_failed)
        cancel_members(group);
    if (group->alive > 0)
        begin_await(self, &group->end);
    int code =
        has_failed ? ahttp_group_await_cancelled(group->real) : ahttp_group_await_end(group->real);
    assert_int_equal(group->alive, 0);
    self->awaiting = NULL;

    int expected = group->error_count > 0 ? group->errors[0] : 0;
    if (expected < 0)
        has_others(self, true);
    else if (group->parent_stopped || (has_failed && has_others(self, false)))
        expected = AHTTP_E_CANCELLED;
    assert_int_equal(code, expected);
    assert_true(code == 0 || ahttp_task_error()->code == code);
    return code;
}

static int await_in_group(model_task *self)
{
    if (group_count == MOST_BRACKETS)
        return 0;
    model_group *group = calloc(1, sizeof *group);
    assert_non_null(group);
    push_bracket(self, &group->bracket);
    group->parent = self;
    group->end = (await){.kind = GROUP_END, .group = group};
    group->real = ahttp_group_new();
    groups[group_count++] = group;

    for (unsigned i = chance(4); i > 0; i--)
        spawn_member(group, self->depth + 1);
    int own = chance(2) == 0 ? run_statements(self) : 0;
    int code = end_group(self, group, own < 0);

    pop_bracket(self);
    size_t place = 0;
    while (groups[place] != group)
        place++;
    groups[place] = groups[--group_count];
    free(group);
    return code < 0 ? code : own;
}

static int run_statements(model_task *self)
{
    static statement *const statements[] = {
        await_leaf,     await_leaf,     await_shield,     await_gather,   await_wait,
        await_wait,     await_leaf,     await_completion, cancel_oneself, spawn_sibling,
        await_in_scope, await_in_group, await_leaf,       await_in_scope, await_in_group,
    };
    int code = 0;

    self->depth++;
    for (unsigned left = 1 + chance(4); left > 0 && !winding_up; left--) {
        unsigned kinds = self->depth < MOST_DEPTH ? COUNT_OF(statements) : 10;
        code = statements[chance(kinds)](self);
        if (code < 0 && chance(10) < 6)
            break;
    }
    self->depth--;
    return code;
}

static void *run_task(void *arg)
{
    model_task *self = arg;

    assert_true(self->started);
    int code = run_statements(self);
    if (code == 0 && chance(12) == 0)
        code = AHTTP_E_DNS;
    end_task(self, code);
    task_count--;
    return code < 0 ? ahttp_fail(code, "at random") : NULL;
}

/* ---- What happens to them ---- */

static void settle_one(int code)
{
    if (pending_count == 0)
        return;
    leaf *chosen = pending[chance((unsigned)pending_count)];
    ahttp_promise *promise = chosen->promise;
    ahttp_future *future = chosen->future;

    if (code == AHTTP_E_CANCELLED && chosen->released)
        return; /* the future may be gone */
    settle(chosen, code);
    if (code != AHTTP_E_CANCELLED)
        chosen->promise = NULL;
    if (code == AHTTP_E_CANCELLED) {
        ahttp_future_cancel(future);
    } else if (code < 0) {
        ahttp_promise_reject(promise, code, "at random");
    } else {
        resolved++;
        ahttp_promise_resolve(promise, chosen, note_freed);
    }
    free_leaf_if_over(chosen);
}

static void cancel_root(void)
{
    model_task *chosen = roots[chance(MOST_ROOTS)];

    if (!chosen)
        return;
    cancel_task(chosen);
    ahttp_future_cancel(chosen->future);
}

static void cancel_member(void)
{
    if (group_count == 0)
        return;
    model_task *chosen = groups[chance((unsigned)group_count)]->members[chance(3)];
    if (!chosen)
        return;
    cancel_task(chosen);
    ahttp_future_cancel(chosen->future);
}

static void expire_one(void)
{
    if (scope_count == 0)
        return;
    size_t i = chance((unsigned)scope_count);
    if (!scope_models[i]->fired)
        fire(scope_tasks[i], scope_models[i]);
    ahttp_scope_reschedule(scopes[i], 0);
}

static void cancel_group(void)
{
    if (group_count == 0)
        return;
    model_group *chosen = groups[chance((unsigned)group_count)];
    abort_group(chosen);
    ahttp_group_cancel(chosen->real);
}

static void spawn_root(void)
{
    size_t place = chance(MOST_ROOTS);

    if (!roots[place] && task_count < MOST_TASKS)
        roots[place] = spawn(NULL, 0);
}

static void act(void)
{
    switch (chance(20)) {
    case 0:
    case 1:
    case 2: spawn_root(); break;
    case 3: cancel_root(); break;
    case 4: cancel_member(); break;
    case 5: expire_one(); break;
    case 6:
        if (chance(4) == 0)
            cancel_group();
        break;
    case 7: settle_one(AHTTP_E_CANCELLED); break;
    case 8:
    case 9: settle_one(chance(2) ? AHTTP_E_STATE : AHTTP_E_CLOSED); break;
    default: settle_one(0);
    }
}

/* ---- Checking ---- */

static void end_roots(void)
{
    for (int i = 0; i < MOST_ROOTS; i++) {
        if (!roots[i])
            continue;
        assert_int_equal(ahttp_future_done(roots[i]->future), roots[i]->ended);
        if (!roots[i]->ended)
            continue;
        assert_int_equal(ahttp_await_status(roots[i]->future), roots[i]->code);
        free(roots[i]);
        roots[i] = NULL;
    }
}

static void check_groups(void)
{
    for (size_t i = 0; i < group_count; i++) {
        const model_group *group = groups[i];
        size_t count = (size_t)group->error_count;
        for (size_t at = 0; at < count; at++)
            assert_int_equal(ahttp_group_error(group->real, at)->code, group->errors[at]);
        assert_true(count == MOST_ERRORS || !ahttp_group_error(group->real, count));
    }
}

/* Lets all that can happen happen, and compares. */
static void settle_down(void)
{
    ahttp_loop_run(the_loop);
    end_roots();
    check_groups();
    task_count = ahttp_loop_each_task(the_loop, NULL, NULL);
}

static void seed_chance(void)
{
    const char *given = getenv("AH_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    print_message("AH_TEST_SEED=%llu\n", (unsigned long long)seed);
    random_state = seed * 2654435769u + 1;
}

static void whatever_happens_awaits_end_as_the_model_says(void **state)
{
    (void)state;
    seed_chance();
    the_loop = ahttp_loop_new(.virtual_clock = true);

    for (int step = 0; step < STEPS; step++) {
        act();
        if (chance(3) > 0)
            settle_down();
    }
    winding_up = true;
    settle_down();
    while (pending_count > 0) {
        settle_one(0);
        settle_down();
    }

    assert_int_equal(ahttp_loop_each_task(the_loop, NULL, NULL), 0);
    assert_int_equal(resolved, taken + freed);
    assert_int_equal(ahttp_loop_close(the_loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_awaits_end_as_the_model_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
