/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_GROUP_H
#define AHTTP_GROUP_H
/* Tasks that end together, and time limits for whatever a task does.  Both belong to the task
   that makes them (the parent), which must end them. */
#include <ahttp/task.h>
AHTTP_BEGIN

/* ---- Task groups (asyncio.TaskGroup) ----

   When the first member fails with anything but a cancel, the others are cancelled, and so is
   what the parent awaits in the meantime: that await fails with CANCELLED, and the parent goes
   to the end of the group.

       ahttp_group *group = ahttp_group_new();
       for (int i = 0; i < count; i++)
           ahttp_group_spawn(group, fetch, &pages[i]);
       int rc = ahttp_group_await_end(group);                                              */

typedef struct ahttp_group ahttp_group;

/* In a task.  Never NULL: when out of memory, the end says so. */
AHTTP_API AHTTP_MUST_USE ahttp_group *ahttp_group_new(void);
/* Start fn as a member.  Its result is not kept.  Refused (and so an error of the group, with
   E_STATE) once the group is being cancelled. */
AHTTP_API void ahttp_group_spawn(ahttp_group *group, ahttp_task_fn *fn, void *arg);
/* Any future may be a member; the group takes it over, and cancels it if it is being cancelled
   itself. */
AHTTP_API void ahttp_group_add(ahttp_group *group, ahttp_future *future);
/* Cancels the members, and what the parent awaits, unless the parent calls this. */
AHTTP_API void ahttp_group_cancel(ahttp_group *group);

/* All errors so far but cancels, in the order in which they happened; NULL behind the last.
   Valid until the group's end. */
AHTTP_API const ahttp_error *ahttp_group_error(const ahttp_group *group, size_t index);
/* Wait until all members have ended, however long that takes; then free the group.  0, or the
   code of the first error, with which ahttp_task_error agrees.  A cancel of the parent
   meanwhile cancels the members, and comes out as E_CANCELLED if none of them failed; else at
   what the parent awaits next. */
AHTTP_API int ahttp_group_await_end(ahttp_group *group);
/* The same where the parent itself has failed: cancels the members first.  E_CANCELLED also
   if the parent was cancelled before. */
AHTTP_API int ahttp_group_await_cancelled(ahttp_group *group);

/* ---- Time limits (asyncio.timeout) ----

   Limits what the task does between begin and end, whatever that is; they nest.

       ahttp_scope *scope = ahttp_scope_begin(5000);
       int rc = fetch_all(...);                    0, or the code of an await that failed
       rc = ahttp_scope_end(scope, rc);            E_TIMEOUT if it took too long           */

typedef struct ahttp_scope ahttp_scope;

/* In a task.  When limit_ms have passed (AHTTP_NEVER: never; 0: at once), what the task awaits
   is cancelled, or the next that it awaits.  Never NULL: when out of memory, that happens at
   once, and the end says why. */
AHTTP_API AHTTP_MUST_USE ahttp_scope *ahttp_scope_begin(int64_t limit_ms);
/* The same until a time on the clock of ahttp_loop_now.  asyncio.timeout_at. */
AHTTP_API AHTTP_MUST_USE ahttp_scope *ahttp_scope_begin_at(int64_t time_ms);
/* A new limit, from now on.  Nothing once it has expired. */
AHTTP_API void ahttp_scope_reschedule(ahttp_scope *scope, int64_t limit_ms);
AHTTP_API bool ahttp_scope_expired(const ahttp_scope *scope);
/* Ends and frees it.  Gives rc, but E_TIMEOUT where rc is E_CANCELLED and it was this scope's
   limit that cancelled; then ahttp_task_error says so, too.  A cancel from elsewhere stays
   one.  Scopes end in the reverse order of their beginning. */
AHTTP_API int ahttp_scope_end(ahttp_scope *scope, int rc);

AHTTP_END
#endif
