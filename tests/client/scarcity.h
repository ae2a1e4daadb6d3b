/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_SCARCITY_H
#define TESTS_CLIENT_SCARCITY_H
/* What a program does with a session, with each allocation failing once. */
#include "fixture.h"
#include "support/failing_alloc.h"

typedef void session_use_fn(ahttp_session *session, void *ctx);

typedef struct session_use {
    session_use_fn *use;
    void *ctx;
    ahttp_session_options options; /* but for the loop */
} session_use;

/* On a loop of its own.  Where loop or session cannot be made, there is nothing to use. */
static inline void use_a_session(void *ctx)
{
    session_use self = *(const session_use *)ctx;
    ahttp_loop *loop = ahttp_loop_new();

    self.options.loop = loop;
    ahttp_session *session = loop ? ahttp_session_create(&self.options) : NULL;
    if (session)
        self.use(session, self.ctx);
    ahttp_session_unref(session);
    if (loop)
        assert_int_equal(ahttp_loop_close(loop), 0);
}

/* Making loop and session, use(session, ctx), and the end of both: each allocation of these fails
   once.  Behind ctx, options of the session. */
#define for_each_allocation_with_session(use_, ...)                                                \
    for_each_allocation_with(use_, __VA_ARGS__, .loop = NULL)
#define for_each_allocation_with(use_, ctx_, ...)                                                  \
    for_each_allocation(                                                                           \
        use_a_session,                                                                             \
        &(session_use){use_, ctx_, {.size = sizeof(ahttp_session_options), __VA_ARGS__}})

/* There is a response, or an error that says something. */
static inline void assert_ends(ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    if (!response)
        assert_non_null(ahttp_task_error()->message);
    ahttp_response_unref(response);
}

/* It succeeds, or fails by want of memory, as it may show in making a socket. */
static inline void assert_ends_for_want_of_memory(ahttp_future *request)
{
    int rc = ahttp_await_status(request);

    assert_true(rc == 0 || rc == AHTTP_E_NO_MEMORY || rc == AHTTP_E_SYSTEM ||
                rc == AHTTP_E_CONNECT);
}

#endif
