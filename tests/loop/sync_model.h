/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LOOP_SYNC_MODEL_H
#define TESTS_LOOP_SYNC_MODEL_H
/* What sync.h promises, as plainly as possible: a model that knows, after each step, which
   futures are done, with what, and who has the permits and the items.

   A request is one acquire, get, put, or the like; a ticket is what the program holds: one
   request, plain or behind a limit or shield, or several in a gather. */
#include "base/list.h"
#include <ahttp/error.h>
#include <ahttp/future.h>
#include <string.h>

enum { MOST_TICKETS = 48, MOST_MEMBERS = 3, PERMITS = 3, QUEUE_BOUND = 4, MOST_ITEMS = 400000 };

typedef enum { ACQUIRE, LOCK, WAIT, PUT, GET, JOIN, EVENT, KINDS, BROKEN } request_kind;
typedef enum { OVER, WAITING, GRANTED, FAILED } request_state;
typedef enum { PLAIN, LIMITED, SHIELDED, GATHERED } wrapper;
typedef enum { WITH_LIBRARY, WITH_PROGRAM, FREED } fate;

typedef struct ticket ticket;

typedef struct request {
    ah_link link; /* in the line in which it waits */
    ah_link job;  /* among those whose wrapper is still to hear of their end */
    ticket *ticket;
    request_kind kind;
    request_state state;
    int code;            /* it will fail or has failed with */
    unsigned generation; /* of its object: another, and the object is gone */
    bool orphan;         /* nobody will hear of its end */
    bool entering;       /* a wait that was woken */
    bool notified;       /* and may have to pass that on */
    bool heard;          /* by its gather */
    size_t item;
    size_t number; /* of the item in the queue's order */
} request;

struct ticket {
    ahttp_future *future; /* NULL once it was handed in */
    wrapper wrapper;
    bool wrapped;
    bool done, cancelled;
    int code;
    size_t count, pending;
    int64_t deadline;
    size_t serial;
    request members[MOST_MEMBERS];
    void *results[MOST_MEMBERS];
};

typedef struct permits {
    ah_list line;
    size_t total, free, held;
    unsigned generation;
} permits;

typedef struct place {
    size_t item, number;
} place;

typedef enum { FIFO, LIFO, PRIORITY, ORDERS } order;

static struct {
    ticket tickets[MOST_TICKETS];
    size_t serials;
    int64_t now;
    ah_list jobs;
    permits semaphore, lock;
    ah_list waiting; /* for the condition */
    ah_list putters, getters, joiners;
    place places[QUEUE_BOUND + MOST_TICKETS * MOST_MEMBERS];
    size_t places_count, numbers, unfinished;
    order order;
    bool shut_down;
    unsigned queue_generation;
    ah_list event;
    bool event_is_set;
    size_t items, freed; /* made, and given to free_item, so far */
    size_t grants;
} model;

#define REQUEST_OF(link_of_request) AH_CONTAINER(link_of_request, request, link)

static void turn_down(request *one);

static request *first_in(const ah_list *line)
{
    ah_link *link = ah_list_first(line);

    return link ? REQUEST_OF(link) : NULL;
}

/* One request ends; its wrapper hears of it later. */
static void end(request *one, int code)
{
    ah_link_remove(&one->link);
    one->state = code ? FAILED : GRANTED;
    one->code = code;
    model.grants += code == 0;
    if (one->orphan) {
        turn_down(one);
    } else if (one->ticket->wrapped && one->ticket->wrapper != PLAIN) {
        ah_list_append(&model.jobs, &one->job);
    } else {
        one->ticket->done = true;
        one->ticket->code = code;
    }
}

static void end_all(ah_list *line, int code)
{
    for (request *one; (one = first_in(line));)
        end(one, one->code ? one->code : code);
}

/* ---- Semaphore, lock and condition ---- */

static void serve_permits(permits *all)
{
    for (request *one; all->free > 0 && (one = first_in(&all->line));) {
        all->free--;
        end(one, one->code);
    }
}

static void give_permit_back(permits *all)
{
    all->free++;
    serve_permits(all);
}

static void enter_permits(permits *all, request *one)
{
    ah_list_append(&all->line, &one->link);
    serve_permits(all);
}

static void enter_lock(request *one)
{
    ah_link_remove(&one->link);
    one->entering = true;
    enter_permits(&model.lock, one);
}

static void notify(size_t count)
{
    for (request *one; count > 0 && (one = first_in(&model.waiting)); count--) {
        one->notified = true;
        enter_lock(one);
    }
}

static void pass_notification_on(request *one)
{
    if (one->notified)
        notify(1);
    one->notified = false;
}

/* A limit is no reason any more once the program cancels, too. */
static void cancel_wait(request *one, int code)
{
    bool is_new = one->code == 0;

    if (is_new || (one->code == AHTTP_E_TIMEOUT && code == AHTTP_E_CANCELLED))
        one->code = code;
    if (is_new && one->entering)
        pass_notification_on(one);
    else if (is_new)
        enter_lock(one);
}

/* ---- Queue ---- */

static size_t take_item(request *taker)
{
    place first = model.places[0];

    model.places_count--;
    memmove(model.places, model.places + 1, model.places_count * sizeof *model.places);
    if (taker) {
        taker->item = first.item;
        taker->number = first.number;
    }
    return first.item;
}

static size_t priority_of(size_t item)
{
    return item % 3;
}

static bool goes_before(place a, place b)
{
    if (model.order == LIFO)
        return a.number > b.number;
    if (model.order == PRIORITY && priority_of(a.item) != priority_of(b.item))
        return priority_of(a.item) < priority_of(b.item);
    return a.number < b.number;
}

static void insert_item(size_t item, size_t number)
{
    place inserted = {item, number};
    size_t i = model.places_count++;

    for (; i > 0 && goes_before(inserted, model.places[i - 1]); i--)
        model.places[i] = model.places[i - 1];
    model.places[i] = inserted;
}

static void append_item(size_t item)
{
    insert_item(item, model.numbers++);
    model.unfinished++;
}

static void serve_queue(void)
{
    for (;;) {
        request *taker = first_in(&model.getters), *giver = first_in(&model.putters);
        if (taker && model.places_count > 0) {
            take_item(taker);
            end(taker, 0);
        } else if (giver && !model.shut_down && model.places_count < QUEUE_BOUND) {
            append_item(giver->item);
            end(giver, 0);
        } else {
            return;
        }
    }
}

static void shut_queue_down(void)
{
    model.shut_down = true;
    end_all(&model.putters, AHTTP_E_CLOSED);
    end_all(&model.getters, AHTTP_E_CLOSED);
}

/* ---- Starting and ending requests ---- */

static void start(request *one)
{
    one->state = WAITING;
    switch (one->kind) {
    case ACQUIRE:
        one->generation = model.semaphore.generation;
        enter_permits(&model.semaphore, one);
        break;
    case LOCK:
        one->generation = model.lock.generation;
        enter_permits(&model.lock, one);
        break;
    case WAIT:
        one->generation = model.lock.generation;
        ah_list_append(&model.waiting, &one->link);
        model.lock.held--;
        give_permit_back(&model.lock);
        break;
    case PUT:
    case GET:
        one->generation = model.queue_generation;
        ah_list_append(one->kind == PUT ? &model.putters : &model.getters, &one->link);
        if (model.shut_down && (one->kind == PUT || model.places_count == 0))
            end(one, AHTTP_E_CLOSED);
        serve_queue();
        break;
    case JOIN:
        ah_list_append(&model.joiners, &one->link);
        if (model.unfinished == 0)
            end(one, 0);
        break;
    case EVENT:
        ah_list_append(&model.event, &one->link);
        if (model.event_is_set)
            end(one, 0);
        break;
    default: end(one, AHTTP_E_DNS);
    }
}

static void cancel_request(request *one, int code)
{
    if (one->state != WAITING)
        return;
    if (one->kind == WAIT)
        cancel_wait(one, code);
    else
        end(one, code);
}

/* Whether the request, which has ended, brought a permit of these. */
static bool has_permit(const request *one, const permits *all)
{
    bool is_theirs =
        all == &model.semaphore ? one->kind == ACQUIRE : one->kind == LOCK || one->kind == WAIT;

    return is_theirs && one->generation == all->generation &&
           (one->state == GRANTED || one->kind == WAIT);
}

/* It has ended, and nobody waited for it. */
static void turn_down(request *one)
{
    bool has_item = one->kind == GET && one->state == GRANTED;
    bool is_refused_item = one->kind == PUT && one->state == FAILED;
    permits *back = has_permit(one, &model.semaphore) ? &model.semaphore
                    : has_permit(one, &model.lock)    ? &model.lock
                                                      : NULL;

    one->state = OVER;
    pass_notification_on(one);
    if (back)
        give_permit_back(back);
    if (has_item && one->generation == model.queue_generation) {
        insert_item(one->item, one->number);
        serve_queue();
    } else if (has_item || is_refused_item) {
        model.freed++;
    }
}

/* It has ended, and what came with it is the program's. */
static void claim(request *one)
{
    model.semaphore.held += has_permit(one, &model.semaphore);
    model.lock.held += has_permit(one, &model.lock);
    one->state = OVER;
    one->notified = false;
}

/* ---- Tickets ---- */

static bool has_ended(const request *one)
{
    return one->state == GRANTED || one->state == FAILED;
}

static void turn_down_heard(ticket *one)
{
    for (size_t i = 0; i < one->count; i++)
        if (one->members[i].heard && has_ended(&one->members[i]))
            turn_down(&one->members[i]);
}

static void hear_in_gather(ticket *gather, request *one)
{
    one->heard = true;
    gather->pending--;
    if (one->state == FAILED && !gather->code) {
        gather->code = one->code;
        gather->done = !gather->cancelled;
    }
    if (gather->code)
        turn_down_heard(gather);
    if (gather->pending == 0) {
        gather->done = true;
        if (!gather->future)
            turn_down_heard(gather);
    }
}

static void run_jobs(void)
{
    for (ah_link *link; (link = ah_list_take_first(&model.jobs));) {
        request *one = AH_CONTAINER(link, request, job);
        ticket *its = one->ticket;
        if (its->wrapper == GATHERED) {
            hear_in_gather(its, one);
            continue;
        }
        its->done = true;
        its->code = one->code;
        if (!its->future)
            turn_down(one);
    }
}

/* After its requests were started and its future was made. */
static void wrap(ticket *one, wrapper wanted, int64_t limit_ms)
{
    one->wrapped = true;
    one->wrapper = wanted != GATHERED && one->done ? PLAIN : wanted;
    one->deadline = model.now + limit_ms;
    one->pending = one->count;
    if (one->wrapper != GATHERED)
        return;
    one->done = false;
    one->code = 0;
    for (size_t i = 0; i < one->count; i++)
        if (one->members[i].state != WAITING)
            ah_list_append(&model.jobs, &one->members[i].job);
}

static void cancel_ticket(ticket *one)
{
    if (one->done)
        return;
    if (one->wrapper == SHIELDED) {
        one->members[0].orphan = true;
        one->done = true;
        one->code = AHTTP_E_CANCELLED;
        return;
    }
    one->cancelled = true;
    for (size_t i = 0; i < one->count; i++)
        cancel_request(&one->members[i], AHTTP_E_CANCELLED);
}

static void drop_ticket(ticket *one)
{
    one->future = NULL;
    if (!one->done) {
        one->members[0].orphan = one->wrapper == PLAIN;
        return;
    }
    for (size_t i = 0; i < one->count; i++)
        if (has_ended(&one->members[i]))
            turn_down(&one->members[i]);
}

static void claim_ticket(ticket *one)
{
    one->future = NULL;
    for (size_t i = 0; i < one->count; i++)
        if (has_ended(&one->members[i]))
            claim(&one->members[i]);
}

/* ---- Objects that are replaced ---- */

static void replace_permits(permits *all)
{
    all->generation++;
    all->held = 0;
    end_all(&all->line, AHTTP_E_CLOSED);
    all->free = all->total;
}

static void replace_queue(void)
{
    model.queue_generation++;
    shut_queue_down();
    end_all(&model.joiners, AHTTP_E_CLOSED);
    model.freed += model.places_count;
    model.places_count = model.unfinished = 0;
    model.shut_down = false;
}

static void replace_condition(void)
{
    for (int i = 0; i < MOST_TICKETS; i++)
        for (int m = 0; m < MOST_MEMBERS; m++)
            model.tickets[i].members[m].notified = false;
    for (request *one; (one = first_in(&model.waiting));) {
        one->code = AHTTP_E_CLOSED;
        enter_lock(one);
    }
}

/* ---- Time ---- */

static ticket *next_to_expire(size_t from_serial)
{
    ticket *next = NULL;

    for (int i = 0; i < MOST_TICKETS; i++) {
        ticket *one = &model.tickets[i];
        bool expires = one->wrapper == LIMITED && one->members[0].state == WAITING &&
                       one->deadline == model.now && one->serial >= from_serial;
        if (expires && (!next || one->serial < next->serial))
            next = one;
    }
    return next;
}

/* A millisecond passes; limits expire in the order in which they were made. */
static void pass_time(void)
{
    size_t from_serial = 0;

    model.now++;
    for (ticket *one; (one = next_to_expire(from_serial)); from_serial = one->serial + 1)
        cancel_request(&one->members[0], AHTTP_E_TIMEOUT);
}

#endif
