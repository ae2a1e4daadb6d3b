/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_BRACKET_H
#define AH_LOOP_BRACKET_H
/* A stretch of a task's run that may cancel what the task awaits: a time limit, or a group
   with its parent (what asyncio does by counting cancelling and uncancel).  All cancels of a
   task are numbered, those from outside and those of brackets, so that a bracket can tell at
   its end whether another cancel than its own has come since it began. */
#include "base/list.h"
#include <stdint.h>

struct ah_task;

typedef struct ah_bracket {
    ah_link link; /* in the task's brackets, oldest first */
    struct ah_task *task;
    uint64_t began;     /* the number of the task's last cancel at that time */
    uint64_t cancelled; /* the number of its own last cancel, or 0 */
    bool wanted;        /* that one has not met an await yet */
    bool is_scope;
} ah_bracket;

/* Raw memory becomes a bracket of task, the innermost one. */
void ah_bracket_begin(ah_bracket *bracket, struct ah_task *task, bool is_scope);
/* Takes it out; its cancel does not arrive any more if it has not yet. */
void ah_bracket_end(ah_bracket *bracket);
/* Cancels what the task awaits, or the next that it awaits. */
void ah_bracket_cancel(ah_bracket *bracket);
/* Whether the task has been cancelled by anything else since the bracket began. */
bool ah_bracket_has_others(const ah_bracket *bracket);
/* Those other cancels arrive at the next await, even if they have arrived before. */
void ah_bracket_want_others(const ah_bracket *bracket);

/* A task has one bracket of its own, which stands for all that could not be had for want of
   memory.  It cancels at once, so that the task comes to the end where it is told why. */
ah_bracket *ah_bracket_begin_spare(struct ah_task *task);
bool ah_bracket_is_spare(const ah_bracket *bracket);
void ah_bracket_end_spare(ah_bracket *bracket);

#endif
