/* SPDX-License-Identifier: MIT */
/* Reading a body piece by piece.  Of a body that fails, the pieces that came can be read. */
#include "client/response.h"
#include <string.h>

enum { MOST_UNTIL = 65536 };

static const size_t NOT_YET = SIZE_MAX, TOO_LONG = SIZE_MAX - 1;

static ahttp_response *response_of(const ahttp_stream *stream)
{
    return AH_CONTAINER((void *)(uintptr_t)stream, ahttp_response, stream);
}

/* ---- Which bytes answer a read ---- */

/* Bytes that were searched once are not searched again when more come. */
static size_t find_delimiter(ahttp_stream *stream, ah_str unread)
{
    ah_str delimiter = stream->delimiter;
    ah_str rest = ah_str_slice(unread, stream->searched, stream->count - stream->searched);
    const char *found =
        rest.len > 0 ? memmem(rest.ptr, rest.len, delimiter.ptr, delimiter.len) : NULL;

    if (found)
        return (size_t)(found - unread.ptr) + delimiter.len;
    if (rest.len >= delimiter.len)
        stream->searched += rest.len - delimiter.len + 1;
    return unread.len > stream->count ? TOO_LONG : NOT_YET;
}

/* How many of the unread bytes, or NOT_YET or TOO_LONG. */
static size_t measure(ahttp_stream *stream, ah_str unread)
{
    if (stream->style == AH_STREAM_UNTIL)
        return find_delimiter(stream, unread);
    if (stream->style == AH_STREAM_EXACTLY)
        return unread.len < stream->count ? NOT_YET : stream->count;
    if (unread.len == 0)
        return NOT_YET;
    return unread.len < stream->count ? unread.len : stream->count;
}

/* ---- Answering ---- */

static void reject(ahttp_response *response, ahttp_error *error)
{
    ah_reading_reject(response, ah_call_error(response, error));
}

static void show(ahttp_response *response, ah_str piece)
{
    response->shown = (ahttp_bytes){piece.len > 0 ? piece.ptr : "", piece.len};
    response->stream.total += piece.len;
}

static void hand_out(ahttp_response *response, size_t count)
{
    ah_str piece;
    ahttp_error *error = ah_body_take(&response->body, count, &piece);

    show(response, piece);
    ah_reading_resolve(response, &response->shown, NULL);
    if (error)
        ah_reading_fail_body(response, error);
    else
        ah_reading_let_more_come(response);
}

/* There is no more than these bytes, and they are not what the read waits for. */
static void answer_at_end(ahttp_response *response, size_t unread)
{
    if (response->stream.style == AH_STREAM_EXACTLY)
        reject(response, ah_error_new(AHTTP_E_BODY_CUT,
                                      "read response body: it ended with %zu of the %zu bytes that "
                                      "were asked for",
                                      unread, response->stream.count));
    else
        hand_out(response, unread);
}

static void answer(ahttp_response *response)
{
    ahttp_stream *stream = &response->stream;
    ah_body *body = &response->body;
    size_t count = measure(stream, ah_body_unread(body));

    if (count == NOT_YET && !response->failure) {
        ahttp_error *error = ah_body_go_on(body);
        if (error) {
            ah_reading_fail_body(response, error); /* which comes here again */
            return;
        }
        count = measure(stream, ah_body_unread(body));
    }
    if (count == TOO_LONG)
        reject(response, ah_error_new(AHTTP_E_LINE_TOO_LONG,
                                      "read response body: there is no delimiter among the next "
                                      "%zu bytes",
                                      stream->count));
    else if (count != NOT_YET)
        hand_out(response, count);
    else if (response->failure)
        ah_reading_reject(response, ah_error_copy(response->failure));
    else if (ah_body_is_complete(body))
        answer_at_end(response, ah_body_unread(body).len);
}

/* ---- Asking ---- */

static ahttp_future *begin(ahttp_stream *stream, ah_stream_style style, size_t count, size_t wanted)
{
    ahttp_response *response = response_of(stream);

    stream->style = style;
    stream->count = count;
    stream->searched = 0;
    ah_body_begin_read(&response->body, wanted);
    return ah_reading_begin(response, answer);
}

static ahttp_future *refuse(ahttp_stream *stream, bool is_nonsense, const char *why)
{
    ahttp_response *response = response_of(stream);
    ahttp_future *refused = ah_reading_refuse_pieces(response);

    if (!refused && is_nonsense)
        refused = ah_reading_refuse_for(response, AHTTP_E_ARGUMENT, why);
    return refused;
}

/* When all of the body is there, and nothing speaks against giving some of it: the future of that
   read; else NULL, and also when out of memory. */
static ahttp_future *give_at_once(ahttp_response *response, size_t most)
{
    const ah_guest *guest = &response->session->guest;
    ah_body *body = &response->body;

    if (AH_UNLIKELY(!ah_body_is_complete(body) || body->wants_whole || response->failure ||
                    response->reading || guest->checks_thread || !guest->loop))
        return NULL;
    ahttp_future *future =
        ah_future_resolved_by(guest->loop, &response->shown, "ahttp_stream_read");
    if (AH_LIKELY(future != NULL))
        show(response, ah_body_take_in_place(body, most));
    return future;
}

ahttp_future *ahttp_stream_read(ahttp_stream *stream)
{
    return ahttp_stream_read_some(stream, SIZE_MAX);
}

ahttp_future *ahttp_stream_read_some(ahttp_stream *stream, size_t most)
{
    ahttp_future *given = most > 0 ? give_at_once(response_of(stream), most) : NULL;

    if (AH_LIKELY(given != NULL))
        return given;
    ahttp_future *refused = refuse(stream, most == 0, "at most 0 bytes are asked for");

    return refused ? refused : begin(stream, AH_STREAM_SOME, most, 0);
}

ahttp_future *ahttp_stream_read_exactly(ahttp_stream *stream, size_t count)
{
    ahttp_future *refused = refuse(stream, count >= TOO_LONG, "so many bytes cannot be");

    return refused ? refused : begin(stream, AH_STREAM_EXACTLY, count, count);
}

ahttp_future *ahttp_stream_read_until(ahttp_stream *stream, ahttp_bytes delimiter, size_t most)
{
    ahttp_future *refused = refuse(stream, delimiter.len == 0, "the delimiter is empty");

    if (refused)
        return refused;
    if (most == 0)
        most = MOST_UNTIL;
    if (most >= TOO_LONG)
        most = TOO_LONG - 1;
    stream->delimiter = ah_str_make(delimiter.data, delimiter.len);
    ahttp_future *future = begin(stream, AH_STREAM_UNTIL, most, most + 1);
    if (response_of(stream)->reading)
        ah_reading_keep(response_of(stream), &stream->delimiter);
    return future;
}

ahttp_future *ahttp_stream_read_line(ahttp_stream *stream, size_t most)
{
    return ahttp_stream_read_until(stream, (ahttp_bytes){"\n", 1}, most);
}

/* ---- Looking ---- */

ahttp_stream *ahttp_response_stream(ahttp_response *response)
{
    ah_response_need(response);
    return &response->stream;
}

bool ahttp_stream_at_end(const ahttp_stream *stream)
{
    const ah_body *body = &response_of(stream)->body;

    return ah_body_is_complete(body) && ah_body_unread(body).len == 0;
}

uint64_t ahttp_stream_total(const ahttp_stream *stream)
{
    return stream->total;
}

uint64_t ahttp_stream_raw_total(const ahttp_stream *stream)
{
    return response_of(stream)->body.raw_total;
}
