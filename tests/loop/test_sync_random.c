/* SPDX-License-Identifier: MIT */
/* A program that does at random whatever sync.h allows, next to a model that knows what must
   come of it.  AH_TEST_SEED repeats a run. */
#include "base/error.h"
#include "loop/future.h"
#include "support/check.h"
#include "support/failing_alloc.h"
#include "sync_model.h"
#include <ahttp/sync.h>
#include <ahttp/task.h>
#include <ahttp/wait.h>
#include <stdlib.h>
#include <time.h>

enum { STEPS = 100000 };

static ahttp_loop *loop;
static ahttp_semaphore *semaphore;
static ahttp_lock *lock;
static ahttp_condition *condition;
static ahttp_queue *queue;
static ahttp_event *event;
static char items[MOST_ITEMS];
static fate fates[MOST_ITEMS];
static size_t freed;

/* ---- Chance ---- */

static uint64_t random_state;

static unsigned random_below(unsigned sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % sides;
}

static void seed_chance(void)
{
    const char *given = getenv("AH_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    print_message("AH_TEST_SEED=%llu\n", (unsigned long long)seed);
    random_state = seed * 0x9e3779b97f4a7c15u | 1;
}

/* ---- Items ---- */

static size_t new_item(void)
{
    assert_true(model.items < MOST_ITEMS);
    return model.items++;
}

static void move_item(size_t item, fate to)
{
    assert_int_equal(fates[item], WITH_LIBRARY);
    fates[item] = to;
}

static void free_item(void *item)
{
    move_item((size_t)((char *)item - items), FREED);
    freed++;
}

static void receive_item(const void *item, size_t expected)
{
    assert_ptr_equal(item, &items[expected]);
    move_item(expected, WITH_PROGRAM);
}

/* ---- New tickets ---- */

static ticket *free_slot(void)
{
    for (int i = 0; i < MOST_TICKETS; i++) {
        ticket *slot = &model.tickets[i];
        bool is_used = slot->future;
        for (size_t m = 0; m < slot->count; m++)
            is_used = is_used || slot->members[m].state != OVER;
        if (!is_used)
            return slot;
    }
    return NULL;
}

static ahttp_future *begin(request *one)
{
    switch (one->kind) {
    case ACQUIRE: return ahttp_semaphore_acquire(semaphore);
    case LOCK: return ahttp_lock_acquire(lock);
    case WAIT: return ahttp_condition_wait(condition);
    case PUT: one->item = new_item(); return ahttp_queue_put(queue, &items[one->item]);
    case GET: return ahttp_queue_get(queue);
    case JOIN: return ahttp_queue_join(queue);
    case EVENT: return ahttp_event_wait(event);
    default: return ah_future_failed(loop, ah_error_new(AHTTP_E_DNS, "resolve x: no such name"));
    }
}

/* Who holds one permit and waits for another may wait for ever, so that only the first of a
   gather asks for one. */
static request_kind any_kind(bool is_first)
{
    static const request_kind without_permit[] = {PUT, GET, JOIN, EVENT};

    if (!is_first || random_below(2))
        return without_permit[random_below(COUNT_OF(without_permit))];
    if (model.lock.held > 0)
        return WAIT;
    return random_below(2) ? LOCK : ACQUIRE;
}

static ahttp_future *add_member(ticket *its, request_kind kind)
{
    request *one = &its->members[its->count++];

    one->ticket = its;
    one->kind = kind;
    ahttp_future *future = begin(one);
    start(one);
    return future;
}

static void begin_ticket(ticket *one, wrapper wanted)
{
    ahttp_future *futures[MOST_MEMBERS];
    size_t count = wanted == GATHERED ? 1 + random_below(MOST_MEMBERS) : 1;
    int64_t limit_ms = 1 + random_below(5);

    memset(one, 0, sizeof *one);
    one->serial = model.serials++;
    for (size_t i = 0; i < count; i++) {
        bool is_broken = wanted == GATHERED && random_below(5) == 0;
        futures[i] = add_member(one, is_broken ? BROKEN : any_kind(i == 0));
    }
    if (wanted == LIMITED)
        one->future = ahttp_within(limit_ms, futures[0]);
    else if (wanted == SHIELDED)
        one->future = ahttp_shield(futures[0]);
    else if (wanted == GATHERED)
        one->future = ahttp_gather(count, futures, one->results);
    else
        one->future = futures[0];
    wrap(one, wanted, limit_ms);
}

static void begin_something(void)
{
    static const wrapper wrappers[] = {PLAIN,   PLAIN,    PLAIN,    PLAIN,   LIMITED,
                                       LIMITED, SHIELDED, GATHERED, GATHERED};
    ticket *slot = free_slot();

    if (slot)
        begin_ticket(slot, wrappers[random_below(COUNT_OF(wrappers))]);
}

/* ---- Handing tickets in ---- */

static ticket *some_ticket(bool done)
{
    unsigned first = random_below(MOST_TICKETS);

    for (unsigned i = 0; i < MOST_TICKETS; i++) {
        ticket *one = &model.tickets[(first + i) % MOST_TICKETS];
        if (one->future && one->done == done)
            return one;
    }
    return NULL;
}

static void take_item_in_callback(ahttp_future *future, void *ctx)
{
    const request *one = ctx;

    receive_item(ahttp_future_take(future), one->item);
}

static void claim_got_item(ticket *one)
{
    unsigned chance = random_below(10);

    if (chance == 0) { /* the item is not wanted */
        assert_int_equal(ahttp_await_status(one->future), 0);
        model.freed++;
    } else if (chance < 4) {
        ahttp_then(one->future, take_item_in_callback, &one->members[0]);
    } else {
        receive_item(ahttp_await(one->future), one->members[0].item);
    }
}

static void claim_status(ticket *one)
{
    const request *first = &one->members[0];

    assert_int_equal(ahttp_await_status(one->future), one->code);
    if (one->wrapper != GATHERED && first->kind == PUT && first->state == FAILED)
        move_item(first->item, WITH_PROGRAM);
    for (size_t i = 0; one->wrapper == GATHERED && one->code == 0 && i < one->count; i++)
        if (one->members[i].kind == GET)
            receive_item(one->results[i], one->members[i].item);
}

static void claim_something(void)
{
    ticket *one = some_ticket(true);

    if (!one)
        return;
    if (one->wrapper != GATHERED && one->members[0].kind == GET && one->code == 0)
        claim_got_item(one);
    else
        claim_status(one);
    claim_ticket(one);
}

static void drop_something(void)
{
    ticket *one = some_ticket(random_below(2));

    if (!one)
        return;
    ahttp_drop(one->future);
    drop_ticket(one);
}

static void cancel_something(void)
{
    ticket *one = some_ticket(random_below(8) == 0);

    if (!one)
        return;
    ahttp_future_cancel(one->future);
    cancel_ticket(one);
}

/* ---- What else happens ---- */

static void release_something(void)
{
    if (model.semaphore.held > 0 && random_below(3) > 0) {
        ahttp_semaphore_release(semaphore);
        model.semaphore.held--;
        give_permit_back(&model.semaphore);
    } else if (model.lock.held > 0) {
        ahttp_lock_release(lock);
        model.lock.held--;
        give_permit_back(&model.lock);
    }
}

static void notify_some(void)
{
    size_t count = random_below(8) == 0 ? SIZE_MAX : 1 + random_below(2);

    if (model.lock.held == 0)
        return;
    ahttp_condition_notify(condition, count);
    notify(count);
}

static void try_put(void)
{
    size_t item = new_item();
    bool fits = !model.shut_down && model.places_count < QUEUE_BOUND;

    assert_int_equal(ahttp_queue_try_put(queue, &items[item]), fits);
    if (fits)
        append_item(item);
    else
        move_item(item, WITH_PROGRAM);
    serve_queue();
}

static void try_get(void)
{
    void *item = NULL;
    bool has_item = model.places_count > 0;

    assert_int_equal(ahttp_queue_try_get(queue, &item), has_item);
    if (has_item)
        receive_item(item, take_item(NULL));
    serve_queue();
}

static void finish_some_work(void)
{
    if (model.unfinished == 0)
        return;
    ahttp_queue_task_done(queue);
    if (--model.unfinished == 0)
        end_all(&model.joiners, 0);
}

static void flip_event(void)
{
    model.event_is_set = !model.event_is_set;
    if (model.event_is_set) {
        ahttp_event_set(event);
        end_all(&model.event, 0);
    } else {
        ahttp_event_clear(event);
    }
}

static void let_time_pass(void)
{
    assert_int_equal(ahttp_await_status(ahttp_sleep(1)), 0);
    pass_time();
}

static int compare_priorities(const void *a, const void *b, void *ctx)
{
    size_t of_a = priority_of((size_t)((const char *)a - items));
    size_t of_b = priority_of((size_t)((const char *)b - items));

    assert_ptr_equal(ctx, &model);
    return (of_a > of_b) - (of_a < of_b);
}

static ahttp_queue *new_queue(void)
{
    model.order = (order)random_below(ORDERS);
    if (model.order == FIFO)
        return ahttp_queue_new(QUEUE_BOUND, free_item);
    if (model.order == LIFO)
        return ahttp_queue_new_lifo(QUEUE_BOUND, free_item);
    return ahttp_queue_new_priority(QUEUE_BOUND, free_item, compare_priorities, &model);
}

static void shut_down_or_replace_queue(void)
{
    if (!model.shut_down && random_below(2)) {
        ahttp_queue_shutdown(queue);
        shut_queue_down();
        return;
    }
    ahttp_queue_free(queue);
    queue = new_queue();
    replace_queue();
}

static void replace_lock(void)
{
    ahttp_lock_free(lock);
    lock = ahttp_lock_new();
    replace_permits(&model.lock);
}

static void end_something(void)
{
    unsigned chance = random_below(5);

    if (chance == 0) {
        ahttp_semaphore_free(semaphore);
        semaphore = ahttp_semaphore_new(PERMITS);
        replace_permits(&model.semaphore);
    } else if (chance < 3) {
        ahttp_condition_free(condition);
        replace_condition();
        if (chance == 1)
            replace_lock();
        condition = ahttp_condition_new(lock);
    } else {
        shut_down_or_replace_queue();
    }
}

static void do_something(void)
{
    unsigned chance = random_below(1000);

    if (chance < 300)
        begin_something();
    else if (chance < 540)
        claim_something();
    else if (chance < 590)
        drop_something();
    else if (chance < 630)
        cancel_something();
    else if (chance < 760)
        release_something();
    else if (chance < 840)
        notify_some();
    else if (chance < 880)
        try_put();
    else if (chance < 910)
        try_get();
    else if (chance < 960)
        finish_some_work();
    else if (chance < 970)
        flip_event();
    else if (chance < 995)
        let_time_pass();
    else
        end_something();
}

/* ---- Comparing ---- */

/* Whatever is ready runs, and what that makes ready; no time passes. */
static void settle(void)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);
    run_jobs();
}

static void compare(void)
{
    for (int i = 0; i < MOST_TICKETS; i++) {
        const ticket *one = &model.tickets[i];
        if (!one->future)
            continue;
        const ahttp_error *error = ahttp_future_error(one->future);
        assert_int_equal(ahttp_future_done(one->future), one->done);
        assert_int_equal(error ? error->code : 0, one->done ? one->code : 0);
    }
    assert_int_equal(ahttp_semaphore_locked(semaphore), model.semaphore.free == 0);
    assert_int_equal(ahttp_lock_locked(lock), model.lock.free == 0);
    assert_int_equal(ahttp_queue_size(queue), model.places_count);
    assert_int_equal(ahttp_event_is_set(event), model.event_is_set);
    assert_int_equal(freed, model.freed);
}

static void init_permits(permits *all, size_t total)
{
    ah_list_init(&all->line);
    all->total = all->free = total;
}

static void begin_all(void)
{
    loop = ahttp_loop_new(.virtual_clock = true);
    semaphore = ahttp_semaphore_new(PERMITS);
    lock = ahttp_lock_new();
    condition = ahttp_condition_new(lock);
    queue = new_queue();
    event = ahttp_event_new();
    init_permits(&model.semaphore, PERMITS);
    init_permits(&model.lock, 1);
    ah_list *lists[] = {&model.jobs,    &model.waiting, &model.putters,
                        &model.getters, &model.joiners, &model.event};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        ah_list_init(lists[i]);
}

static void end_all_objects(void)
{
    for (int i = 0; i < MOST_TICKETS; i++)
        if (model.tickets[i].future)
            ahttp_drop(model.tickets[i].future);
    ahttp_semaphore_free(semaphore);
    ahttp_condition_free(condition);
    ahttp_lock_free(lock);
    ahttp_queue_free(queue);
    ahttp_event_free(event);
    ahttp_loop_run(loop);
    ahttp_loop_close(loop);
}

static void nobody_is_overtaken_and_nothing_is_lost_whatever_happens(void **state)
{
    (void)state;
    seed_chance();
    counting_alloc_install();
    begin_all();

    for (int i = 0; i < STEPS; i++) {
        do_something();
        settle();
        compare();
    }
    end_all_objects();

    counting_alloc_remove();
    for (size_t i = 0; i < model.items; i++)
        assert_int_not_equal(fates[i], WITH_LIBRARY);
    assert_true(model.grants > STEPS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_overtaken_and_nothing_is_lost_whatever_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
