/* SPDX-License-Identifier: MIT */
/* A transport after HTTP, for the program to read and write.  It is read only while a read is
   pending, and what was written waits here until the transport takes it, so either side slows
   the other.  It keeps the loop running only while something is pending.  A duplex that was closed
   lives on, for the loop alone, as long as its farewell takes. */
#include "base/mem.h"
#include "client/response.h"
#include "conn/farewell.h"
#include "loop/guest.h"
#include "loop/poll.h"
#include <ahttp/duplex.h>

enum { READ_SIZE = 16 * 1024, PARTS_PER_WRITE = 16 };

/* Bytes that wait to be written. */
typedef struct ah_written {
    ah_link link;
    ahttp_duplex *duplex;
    ahttp_future *future;
    size_t sent;
    size_t len;
    bool has_begun; /* also if the part that was sent is not in here */
    char bytes[];
} ah_written;

struct ahttp_duplex {
    ah_guest guest;
    ah_transport *transport; /* NULL once it was closed */
    unsigned wanted;         /* readiness that is watched */
    ah_buf received;         /* with the response; then what the last read resolved to */
    bool has_received;       /* received has not been read yet */
    bool has_ended;          /* the peer has ended its side */
    ahttp_future *reading;   /* the promise of the pending read, or NULL */
    ahttp_bytes shown;
    ah_list writes;
    ahttp_error *read_failure; /* why there is nothing more to read, or NULL */
    ahttp_error *write_failure;
    ah_farewells farewells; /* one, if any */
    bool is_given_up;       /* by the program: it is freed when that is over */
};

/* ---- Watching ---- */

/* What is watched for reading stays so until it brings something that nobody waits for: who
   reads again at once costs the system nothing. */
static void want(ahttp_duplex *duplex, bool may_read_ahead)
{
    unsigned events = duplex->reading ? AH_READABLE : 0;

    if (!duplex->transport)
        return;
    if (may_read_ahead)
        events |= duplex->wanted & AH_READABLE;
    if (!ah_list_is_empty(&duplex->writes))
        events |= AH_WRITABLE;
    ah_transport_set_background(duplex->transport,
                                !duplex->reading && ah_list_is_empty(&duplex->writes));
    if (events == duplex->wanted)
        return;
    duplex->wanted = events;
    ah_transport_want(duplex->transport, events);
}

/* ---- Ends ---- */

static void reject_read(ahttp_duplex *duplex, ahttp_error *error)
{
    ahttp_future *reading = duplex->reading;

    duplex->reading = NULL;
    ah_future_reject(reading, error);
}

static void end_write(ah_written *written, ahttp_error *error)
{
    ahttp_future *future = written->future;

    ah_link_remove(&written->link);
    ah_free(written);
    if (error)
        ah_future_reject(future, error);
    else
        ah_future_resolve(future, NULL, NULL);
}

static void fail_writes(ahttp_duplex *duplex, ahttp_error *error)
{
    if (duplex->write_failure) {
        ah_error_free(error);
        return;
    }
    duplex->write_failure = error;
    for (ah_link *link; (link = ah_list_first(&duplex->writes));)
        end_write(AH_CONTAINER(link, ah_written, link), ah_error_copy(error));
}

static void fail_reads(ahttp_duplex *duplex, ahttp_error *error)
{
    if (duplex->read_failure) {
        ah_error_free(error);
        return;
    }
    duplex->read_failure = error;
    if (duplex->reading)
        reject_read(duplex, ah_error_copy(error));
}

/* Nothing goes either way any more. */
static void shut(ahttp_duplex *duplex, const char *why)
{
    const char *peer = duplex->transport ? ah_transport_peer(duplex->transport) : "its peer";

    fail_reads(duplex, ah_error_new(AHTTP_E_CLOSED, "read from %s: %s", peer, why));
    fail_writes(duplex, ah_error_new(AHTTP_E_CLOSED, "write to %s: %s", peer, why));
    ah_farewell(&duplex->farewells, duplex->guest.loop, duplex->transport);
    duplex->transport = NULL;
}

static void destroy(ahttp_duplex *duplex)
{
    ah_guest_leave(&duplex->guest);
    ah_buf_release(&duplex->received);
    ah_error_free(duplex->read_failure);
    ah_error_free(duplex->write_failure);
    ah_free(duplex);
}

static void on_farewell_over(void *ctx)
{
    ahttp_duplex *duplex = ctx;

    if (duplex->is_given_up)
        destroy(duplex);
}

/* A loop that is closed waits for nobody. */
static void close_guest(ah_guest *guest)
{
    ahttp_duplex *duplex = AH_CONTAINER(guest, ahttp_duplex, guest);

    ah_farewells_cut(&duplex->farewells);
    if (duplex->is_given_up) {
        destroy(duplex);
        return;
    }
    ah_guest_report(guest);
    shut(duplex, "the loop was closed");
}

/* ---- Reading ---- */

static void show(ahttp_duplex *duplex)
{
    ahttp_future *reading = duplex->reading;

    duplex->reading = NULL;
    duplex->shown = (ahttp_bytes){duplex->received.data, duplex->received.len};
    ah_future_resolve(reading, &duplex->shown, NULL);
}

static void receive(ahttp_duplex *duplex)
{
    ah_buf *received = &duplex->received;

    ah_buf_clear(received);
    char *room = ah_buf_reserve(received, READ_SIZE);
    if (!room) {
        reject_read(duplex, ah_error_no_memory());
        return;
    }
    ptrdiff_t count = ah_transport_read(duplex->transport, room, READ_SIZE);
    if (count == AH_IO_FAILED) {
        fail_reads(duplex, ah_transport_failure(duplex->transport));
        return;
    }
    if (count == AH_IO_AGAIN)
        return;
    received->len = (size_t)count;
    duplex->has_ended = count == AH_IO_END;
    show(duplex);
}

static void cancel_read(ahttp_future *future)
{
    ahttp_duplex *duplex = future->owner;

    reject_read(duplex, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
    want(duplex, true);
}

static ahttp_loop *need_loop(const ahttp_duplex *duplex)
{
    return ah_guest_need_loop(&duplex->guest, "ahttp_duplex: its loop was closed, and there is "
                                              "none for the future");
}

ahttp_future *ahttp_duplex_read(ahttp_duplex *duplex)
{
    ahttp_loop *loop = need_loop(duplex);

    if (duplex->reading)
        return ah_future_failed(loop,
                                ah_error_new(AHTTP_E_STATE, "read from %s: another read is pending",
                                             ah_transport_peer(duplex->transport)));
    if (duplex->read_failure)
        return ah_future_failed(loop, ah_error_copy(duplex->read_failure));
    ahttp_future *future = ah_future_new(loop);
    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    future->cancel = cancel_read;
    future->owner = duplex;
    duplex->reading = future;
    if (!duplex->has_received && duplex->has_ended)
        ah_buf_clear(&duplex->received);
    if (duplex->has_received || duplex->has_ended)
        show(duplex);
    duplex->has_received = false;
    want(duplex, true);
    return future;
}

/* ---- Writing ---- */

/* The transport has taken so many bytes of what waits.  What it still holds is not done. */
static void taken(ahttp_duplex *duplex, size_t count)
{
    AH_LIST_FOR_EACH(link, &duplex->writes)
    {
        ah_written *written = AH_CONTAINER(link, ah_written, link);
        size_t left = written->len - written->sent;
        size_t part = left < count ? left : count;
        if (part == 0 && left > 0)
            break;
        written->has_begun = true;
        written->sent += part;
        count -= part;
    }
    if (ah_transport_holds(duplex->transport))
        return;
    for (ah_link *link; (link = ah_list_first(&duplex->writes));) {
        ah_written *first = AH_CONTAINER(link, ah_written, link);
        if (first->sent < first->len)
            break;
        end_write(first, NULL);
    }
}

static void send_more(ahttp_duplex *duplex)
{
    ah_str parts[PARTS_PER_WRITE];
    size_t count = 0;

    AH_LIST_FOR_EACH(link, &duplex->writes)
    {
        const ah_written *written = AH_CONTAINER(link, ah_written, link);
        if (written->sent == written->len)
            continue;
        parts[count++] = ah_str_make(written->bytes + written->sent, written->len - written->sent);
        if (count == PARTS_PER_WRITE)
            break;
    }
    ptrdiff_t sent = ah_transport_write(duplex->transport, parts, count);
    if (sent == AH_IO_FAILED)
        fail_writes(duplex, ah_transport_failure(duplex->transport));
    else
        taken(duplex, sent > 0 ? (size_t)sent : 0);
}

/* What has begun cannot be taken back, and what would follow half of it makes no sense. */
static void cancel_write(ahttp_future *future)
{
    ah_written *written = future->owner;
    ahttp_duplex *duplex = written->duplex;
    bool has_begun = written->has_begun;

    end_write(written, ah_error_new(AHTTP_E_CANCELLED, "cancelled"));
    if (has_begun)
        shut(duplex, "a write was cancelled when a part of it had been sent");
    want(duplex, true);
}

/* Keeps the rest of a write for when the transport takes more.  Half a write that has no memory
   for its rest ends the connection. */
static void wait_to_write(ahttp_duplex *duplex, ahttp_future *future, ah_str rest, bool has_begun)
{
    ah_written *written = ah_alloc(sizeof *written + rest.len);

    if (!written) {
        ah_future_reject(future, ah_error_no_memory());
        if (has_begun)
            shut(duplex, "there was no memory for the rest of a write");
        return;
    }
    *written =
        (ah_written){.duplex = duplex, .future = future, .len = rest.len, .has_begun = has_begun};
    memcpy(written->bytes, rest.ptr, rest.len);
    future->cancel = cancel_write;
    future->owner = written;
    ah_list_append(&duplex->writes, &written->link);
    want(duplex, true);
}

static void begin_write(ahttp_duplex *duplex, ahttp_future *future, ah_str bytes)
{
    bool is_first = ah_list_is_empty(&duplex->writes);
    ptrdiff_t sent = is_first ? ah_transport_write(duplex->transport, &bytes, 1) : AH_IO_AGAIN;
    size_t count = sent > 0 ? (size_t)sent : 0;

    if (sent == AH_IO_FAILED) {
        fail_writes(duplex, ah_transport_failure(duplex->transport));
        ah_future_reject(future, ah_error_copy(duplex->write_failure));
    } else if (count == bytes.len && !ah_transport_holds(duplex->transport)) {
        ah_future_resolve(future, NULL, NULL);
    } else {
        wait_to_write(duplex, future, ah_str_slice(bytes, count, SIZE_MAX), count > 0);
    }
}

ahttp_future *ahttp_duplex_write(ahttp_duplex *duplex, ahttp_bytes bytes)
{
    ahttp_loop *loop = need_loop(duplex);

    if (duplex->write_failure)
        return ah_future_failed(loop, ah_error_copy(duplex->write_failure));
    ahttp_future *future = ah_future_new(loop);
    if (!future)
        return ah_future_failed(loop, ah_error_no_memory());
    if (bytes.len > 0)
        begin_write(duplex, future, ah_str_make(bytes.data, bytes.len));
    else
        ah_future_resolve(future, NULL, NULL);
    return future;
}

/* ---- Life ---- */

static void on_ready(void *ctx, unsigned events)
{
    ahttp_duplex *duplex = ctx;
    bool is_wanted = duplex->reading != NULL;

    if (events & AH_WRITABLE && !ah_list_is_empty(&duplex->writes))
        send_more(duplex);
    if (events & AH_READABLE && is_wanted)
        receive(duplex);
    want(duplex, is_wanted || !(events & AH_READABLE));
}

ahttp_duplex *ahttp_response_take_duplex(ahttp_response *response)
{
    ah_response_need(response);

    ah_tunnel *tunnel = &response->exchange.tunnel;
    ahttp_duplex *duplex = tunnel->transport ? AH_NEW(ahttp_duplex) : NULL;

    if (!duplex)
        return NULL;
    duplex->transport = tunnel->transport;
    duplex->received = tunnel->received;
    duplex->has_received = tunnel->received.len > 0;
    *tunnel = (ah_tunnel){0};
    ah_list_init(&duplex->writes);
    ah_farewells_init(&duplex->farewells);
    duplex->farewells.over = on_farewell_over;
    duplex->farewells.ctx = duplex;
    duplex->guest = (ah_guest){.what = "duplex", .close = close_guest};
    ah_guest_enter(&duplex->guest, response->session->guest.loop);
    ah_transport_set_owner(duplex->transport, on_ready, duplex);
    ah_transport_set_background(duplex->transport, true);
    return duplex;
}

void ahttp_duplex_close(ahttp_duplex *duplex)
{
    if (!duplex)
        return;
    shut(duplex, "the duplex was closed");
    duplex->is_given_up = true;
    if (ah_farewells_are_over(&duplex->farewells))
        destroy(duplex);
}
