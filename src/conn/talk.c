/* SPDX-License-Identifier: MIT */
#include "conn/talk.h"
#include "loop/poll.h"

static void watch(ah_talk *talk)
{
    ah_transport_want(talk->transport,
                      AH_READABLE | (talk->unsent.len > 0 ? (unsigned)AH_WRITABLE : 0));
}

/* Where writing fails, reading tells why, or what the peer has said before it closed. */
static void send_on(ah_talk *talk)
{
    ptrdiff_t count = ah_transport_write(talk->transport, &talk->unsent, 1);

    if (count > 0)
        talk->unsent = ah_str_slice(talk->unsent, (size_t)count, SIZE_MAX);
    else if (count == AH_IO_FAILED)
        talk->unsent.len = 0;
    watch(talk);
}

static void hear(ah_talk *talk)
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
}

static void on_ready(void *ctx, unsigned events)
{
    ah_talk *talk = ctx;

    if (talk->unsent.len > 0 && events & AH_WRITABLE)
        send_on(talk);
    if (events & AH_READABLE)
        hear(talk);
}

void ah_talk_say(ah_talk *talk, ah_str bytes)
{
    talk->unsent = bytes;
    talk->transport->ready = on_ready;
    talk->transport->ctx = talk;
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
