/* SPDX-License-Identifier: MIT */
/* gzip and deflate, above http/inflate.h: members of gzip that follow each other, and which of two
   formats "deflate" is. */
#include "base/mem.h"
#include "http/coding.h"
#include "http/inflate.h"
#include <inttypes.h>

enum { LEAST_PIECE = 16 * 1024, MOST_PIECE = 128 * 1024 };

/*  gzip:     START -> STREAM -> BETWEEN -> MAGIC -> STREAM ...    both of them -> DONE
    deflate:  START -> STREAM -> DONE */
typedef enum gzip_state {
    START,   /* no input yet, or not enough to tell the format */
    STREAM,  /* inside compressed data */
    BETWEEN, /* behind a member: another one, zeros, or the end */
    MAGIC,   /* the same, behind the first byte of what may be a member */
    DONE
} gzip_state;

typedef struct gzip_decoder {
    ah_decoder decoder;
    ah_inflate *stream;
    const char *name;
    gzip_state state;
    char header[2]; /* bytes that were looked at before they are decoded */
    ah_str held;    /* those of them that have not been yet */
    uint64_t used;  /* bytes of input */
    uint64_t made;  /* and of output */
    ahttp_error *error;
} gzip_decoder;

static gzip_decoder *of(ah_decoder *decoder)
{
    return AH_CONTAINER(decoder, gzip_decoder, decoder);
}

static ah_coding_result fail(gzip_decoder *gzip, ahttp_error *error)
{
    gzip->error = error;
    return AH_CODING_FAILED;
}

static ah_coding_result fail_corrupt(gzip_decoder *gzip, const char *why)
{
    return fail(gzip, ah_error_new(AHTTP_E_CODING, "%s data is corrupt after %" PRIu64 " bytes: %s",
                                   gzip->name, gzip->used, why));
}

static void skip(ah_str *input, size_t count)
{
    if (count == 0)
        return;
    input->ptr += count;
    input->len -= count;
}

static void take_byte(gzip_decoder *gzip, ah_str *input)
{
    skip(input, 1);
    gzip->used++;
}

/* Held bytes come first; they count as used already. */
static ah_inflate_result inflate_piece(gzip_decoder *gzip, ah_str *input, char *room, size_t *size,
                                       const char **why)
{
    if (gzip->held.len > 0)
        return ah_inflate_step(gzip->stream, &gzip->held, room, size, why);
    size_t before = input->len;
    ah_inflate_result result = ah_inflate_step(gzip->stream, input, room, size, why);
    gzip->used += before - input->len;
    return result;
}

/* The window is copied after each call: long bodies are decoded in long pieces, which short ones
   need no room for. */
static size_t piece_size(const gzip_decoder *gzip)
{
    if (gzip->made < LEAST_PIECE)
        return LEAST_PIECE;
    return gzip->made < MOST_PIECE ? (size_t)gzip->made : MOST_PIECE;
}

/* Until the compressed data, the input or the room ends. */
static ah_coding_result inflate_some(gzip_decoder *gzip, ah_str *input, ah_buf *out, size_t limit)
{
    const char *why = NULL;

    while (out->len < limit) {
        size_t size = piece_size(gzip);
        if (size > limit - out->len)
            size = limit - out->len;
        size_t made = size;
        char *room = ah_buf_reserve(out, size);
        if (!room)
            return fail(gzip, ah_error_no_memory());
        ah_inflate_result result = inflate_piece(gzip, input, room, &made, &why);
        out->len += made;
        gzip->made += made;
        switch (result) {
        case AH_INFLATE_END: return AH_CODING_DONE;
        case AH_INFLATE_NO_MEMORY: return fail(gzip, ah_error_no_memory());
        case AH_INFLATE_CORRUPT: return fail_corrupt(gzip, why);
        case AH_INFLATE_MORE: break;
        }
        if (made < size && input->len == 0 && gzip->held.len == 0)
            return AH_CODING_MORE_INPUT;
    }
    return AH_CODING_MORE_ROOM;
}

static size_t limit_of(const ah_buf *out, size_t max_output)
{
    return max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;
}

static void hold(gzip_decoder *gzip, size_t count)
{
    gzip->held = ah_str_make(gzip->header, count);
    gzip->state = STREAM;
}

/* ---- gzip ---- */

/* Looks at what follows a member; leaves BETWEEN and MAGIC when that is known. */
static void look_behind_member(gzip_decoder *gzip, ah_str *input)
{
    while (input->len > 0 && (gzip->state == BETWEEN || gzip->state == MAGIC)) {
        char expected = gzip->header[gzip->state == MAGIC];
        if (*input->ptr == expected && gzip->state == MAGIC) {
            ah_inflate_reset(gzip->stream, AH_INFLATE_GZIP);
            hold(gzip, 2);
        } else if (*input->ptr == expected) {
            gzip->state = MAGIC;
        } else if (*input->ptr != '\0' || gzip->state == MAGIC) {
            gzip->state = DONE;
            return;
        }
        take_byte(gzip, input);
    }
}

static ah_coding_result gzip_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                    size_t max_output)
{
    gzip_decoder *gzip = of(decoder);
    size_t limit = limit_of(out, max_output);

    if (gzip->state == START && input->len > 0)
        gzip->state = STREAM;
    for (;;) {
        look_behind_member(gzip, input);
        if (gzip->state == DONE)
            return AH_CODING_DONE;
        if (gzip->state != STREAM)
            return AH_CODING_MORE_INPUT;
        ah_coding_result result = inflate_some(gzip, input, out, limit);
        if (result != AH_CODING_DONE)
            return result;
        gzip->state = BETWEEN;
    }
}

/* ---- deflate ---- */

/* RFC 1950 §2.2: method 8, a window of at most 32 KiB, and a check over both bytes. */
static bool is_zlib_header(const char header[2])
{
    unsigned cmf = (unsigned char)header[0];
    unsigned flg = (unsigned char)header[1];

    return (cmf & 15) == 8 && cmf >> 4 <= 7 && (cmf << 8 | flg) % 31 == 0;
}

static bool needs_dictionary(const char header[2])
{
    return is_zlib_header(header) && header[1] & 0x20;
}

/* No compressed data is shorter than two bytes, so they can be waited for. */
static void look_at_header(gzip_decoder *gzip, ah_str *input)
{
    while (input->len > 0 && gzip->state == START) {
        gzip->header[gzip->used] = *input->ptr;
        take_byte(gzip, input);
        if (gzip->used == 2) {
            ah_inflate_reset(gzip->stream,
                             is_zlib_header(gzip->header) ? AH_INFLATE_ZLIB : AH_INFLATE_RAW);
            hold(gzip, 2);
        }
    }
}

static ah_coding_result deflate_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                       size_t max_output)
{
    gzip_decoder *gzip = of(decoder);

    look_at_header(gzip, input);
    if (gzip->state == START)
        return AH_CODING_MORE_INPUT;
    if (needs_dictionary(gzip->header))
        return fail_corrupt(gzip, "it needs a dictionary");
    if (gzip->state == DONE)
        return AH_CODING_DONE;
    ah_coding_result result = inflate_some(gzip, input, out, limit_of(out, max_output));
    if (result == AH_CODING_DONE)
        gzip->state = DONE;
    return result;
}

/* ---- Both ---- */

static ahttp_error *end_input(ah_decoder *decoder)
{
    gzip_decoder *gzip = of(decoder);

    if (gzip->used == 0 || gzip->state == BETWEEN || gzip->state == DONE)
        return NULL;
    return ah_error_new(AHTTP_E_CODING, "%s data ended early, after %" PRIu64 " bytes", gzip->name,
                        gzip->used);
}

static ahttp_error *take_error(ah_decoder *decoder)
{
    gzip_decoder *gzip = of(decoder);
    ahttp_error *error = gzip->error;

    gzip->error = NULL;
    return error;
}

static void free_decoder(ah_decoder *decoder)
{
    gzip_decoder *gzip = of(decoder);

    ah_inflate_free(gzip->stream);
    ah_error_free(gzip->error);
    ah_free(gzip);
}

static ah_decoder *make(const ah_decoder_ops *ops, const char *name, ah_inflate_format format)
{
    gzip_decoder *gzip = AH_NEW(gzip_decoder);

    if (!gzip)
        return NULL;
    gzip->decoder.ops = ops;
    gzip->name = name;
    gzip->stream = ah_inflate_new(format);
    if (!gzip->stream) {
        ah_free(gzip);
        return NULL;
    }
    return &gzip->decoder;
}

ah_decoder *ah_decoder_gzip_new(void)
{
    static const ah_decoder_ops ops = {gzip_decode, end_input, take_error, free_decoder};
    ah_decoder *decoder = make(&ops, "gzip", AH_INFLATE_GZIP);

    if (decoder)
        memcpy(of(decoder)->header, "\x1f\x8b", 2);
    return decoder;
}

ah_decoder *ah_decoder_deflate_new(void)
{
    static const ah_decoder_ops ops = {deflate_decode, end_input, take_error, free_decoder};

    return make(&ops, "deflate", AH_INFLATE_RAW);
}
