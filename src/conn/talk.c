/* SPDX-License-Identifier: MIT */
#include "conn/talk.h"
#include "loop/poll.h"

static void watch(ah_talk *talk)
{
    ah_transport_want(talk->transport,
                      AH_READABLE | (talk->unsent.len > 0 ? (unsigned)AH_WRITABLE : 0));
}

/* False when there was nothing to hear; otherwise the talk may have ended. */
static bool hear(ah_talk *talk)
{
    char *buffer = ah_loop_read_buffer(talk->loop);
    size_t most = talk->most < AH_READ_BUFFER_SIZE ? talk->most : AH_READ_BUFFER_SIZE;
    ptrdiff_t count = ah_transport_read(talk->transport, buffer, most);

    if (count > 0)
        talk->events->heard(talk, ah_str_make(buffer, (size_t)count));
    else if (count == AH_IO_END)
        talk->events->lost(talk, NULL);
    else if (count == AH_IO_FAILED)
        talk->events->lost(talk, ah_transport_failure(talk->transport));
    return count != AH_IO_AGAIN;
}

/* Where writing fails, the peer may have said why before it closed. */
static void give_up_sending(ah_talk *talk)
{
    ahttp_error *error = ah_transport_failure(talk->transport);

    talk->unsent.len = 0;
    watch(talk);
    if (hear(talk))
        ah_error_free(error);
    else
        talk->events->lost(talk, error);
}

/* False when writing has failed; the talk may have ended then. */
static bool send_on(ah_talk *talk)
{
    ptrdiff_t count = ah_transport_write(talk->transport, &talk->unsent, 1);

    if (count == AH_IO_FAILED) {
        give_up_sending(talk);
        return false;
    }
    if (count > 0)
        talk->unsent = ah_str_slice(talk->unsent, (size_t)count, SIZE_MAX);
    watch(talk);
    return true;
}

static void on_ready(void *ctx, unsigned events)
{
    ah_talk *talk = ctx;

    if (talk->unsent.len > 0 && events & AH_WRITABLE && !send_on(talk))
        return;
    if (events & AH_READABLE)
        hear(talk);
}

void ah_talk_say(ah_talk *talk, ah_str bytes)
{
    talk->unsent = bytes;
    ah_transport_set_owner(talk->transport, on_ready, talk);
    watch(talk);
}

ahttp_error *ah_talk_error(ahttp_error *error, const char *what)
{
    return error ? ah_error_wrap(AHTTP_E_PROXY, error, what)
                 : ah_error_new(AHTTP_E_PROXY, "%s: it closed the connection", what);
}

ah_transport *ah_talk_take_transport(ah_talk *talk)
{
    ah_transport *transport = talk->transport;

    talk->transport = NULL;
    ah_transport_want(transport, 0);
    return transport;
}
