/* SPDX-License-Identifier: MIT */
#include "loop/guest.h"
#include "loop/loop_state.h"

void ah_guest_enter(ah_guest *guest, ahttp_loop *loop)
{
    guest->loop = loop;
    guest->checks_thread = loop && loop->debug.on;
    if (loop)
        ah_list_append(&loop->guests, &guest->link);
}

void ah_guest_leave(ah_guest *guest)
{
    ah_link_remove(&guest->link);
}

void ah_guest_check_now(const ah_guest *guest, const char *function)
{
    if (guest->loop)
        ah_check_thread(guest->loop, function);
}

void ah_guest_report(const ah_guest *guest)
{
    if (guest->made_at)
        ah_report(guest->loop, "Unclosed %s, made at %s", guest->what, guest->made_at);
    else
        ah_report(guest->loop, "Unclosed %s", guest->what);
}

ahttp_loop *ah_guest_need_loop(const ah_guest *guest, const char *sentence)
{
    return guest->loop ? guest->loop : ah_loop_need_current(sentence);
}

void ah_guests_init(ahttp_loop *loop)
{
    ah_list_init(&loop->guests);
    ah_list_init(&loop->closed_guests);
}

bool ah_guests_close(ahttp_loop *loop)
{
    bool any = false;

    for (ah_link *link; (link = ah_list_last(&loop->guests)); any = true) {
        ah_guest *guest = AH_CONTAINER(link, ah_guest, link);
        ah_link_remove(link);
        ah_list_append(&loop->closed_guests, link);
        guest->close(guest);
    }
    return any;
}

void ah_guests_release(ahttp_loop *loop)
{
    for (ah_link *link; (link = ah_list_take_first(&loop->closed_guests));)
        AH_CONTAINER(link, ah_guest, link)->loop = NULL;
}
