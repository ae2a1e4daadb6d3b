/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_GUEST_H
#define AH_LOOP_GUEST_H
/* What lives on a loop and belongs to the program: sessions, connectors.  A loop that is closed
   closes its guests first, newer ones before older ones.  From then on a guest is nothing but
   memory, which its owner frees whenever it likes. */
#include "loop/loop.h"

typedef struct ah_guest ah_guest;
typedef void ah_guest_fn(ah_guest *guest);
struct ah_guest {
    ah_link link;        /* in its loop's guests or closed guests */
    ahttp_loop *loop;    /* NULL once that has been closed */
    bool checks_thread;  /* the loop is in debug mode */
    const char *what;    /* "client session" */
    const char *made_at; /* as the options have it, or NULL */
    ah_guest_fn *close;  /* called once, when the loop is being closed: gives up all that needs
                            the loop, now or from the loop's jobs; may leave and free the guest */
};

/* A guest whose what, made_at and close are set enters; loop may be NULL, as if it had been
   closed already. */
void ah_guest_enter(ah_guest *guest, ahttp_loop *loop);
/* For the next one, in debug mode. */
void ah_guest_check_now(const ah_guest *guest, const char *function);
/* ah_loop_check_thread, as long as there is a loop. */
static inline void ah_guest_check_thread(const ah_guest *guest, const char *function)
{
    if (AH_UNLIKELY(guest->checks_thread))
        ah_guest_check_now(guest, function);
}
/* In debug mode: reports that it is unclosed. */
void ah_guest_report(const ah_guest *guest);
/* Harmless when it never entered, and once the loop has been closed. */
void ah_guest_leave(ah_guest *guest);
/* The loop on which to say that the guest is closed: its own, or when that is gone the current
   one; when there is none either, aborts with the sentence. */
ahttp_loop *ah_guest_need_loop(const ah_guest *guest, const char *sentence);

#endif
