/* SPDX-License-Identifier: MIT */
/* gzip and deflate through zlib, the one door to it.  What zlib leaves to its callers is here:
   members of gzip that follow each other, and which of two formats "deflate" is. */
#define ZLIB_CONST
#include "base/mem.h"
#include "http/coding.h"
#include <inttypes.h>
#include <zlib.h>

enum { LEAST_PIECE = 16 * 1024, MOST_PIECE = 64 * 1024, MAX_OFFER = 1 << 30 };

/*  gzip:     START -> STREAM -> BETWEEN -> MAGIC -> STREAM ...    both of them -> DONE
    deflate:  START -> STREAM -> DONE */
typedef enum zlib_state {
    START,   /* no input yet, or not enough to tell the format */
    STREAM,  /* inside compressed data */
    BETWEEN, /* behind a member: another one, zeros, or the end */
    MAGIC,   /* the same, behind the first byte of what may be a member */
    DONE
} zlib_state;

typedef struct zlib_decoder {
    ah_decoder decoder;
    z_stream stream;
    const char *name;
    zlib_state state;
    char header[2]; /* bytes that were looked at before zlib sees them */
    ah_str held;    /* those of them that zlib has not seen yet */
    uint64_t used;  /* bytes of input */
    ahttp_error *error;
} zlib_decoder;

static zlib_decoder *of(ah_decoder *decoder)
{
    return AH_CONTAINER(decoder, zlib_decoder, decoder);
}

static ah_coding_result fail(zlib_decoder *zlib, ahttp_error *error)
{
    zlib->error = error;
    return AH_CODING_FAILED;
}

static ah_coding_result fail_corrupt(zlib_decoder *zlib, int code)
{
    const char *reason = zlib->stream.msg ? zlib->stream.msg : "unknown";

    if (code == Z_NEED_DICT)
        reason = "it needs a dictionary";
    return fail(zlib, ah_error_new(AHTTP_E_CODING, "%s data is corrupt after %" PRIu64 " bytes: %s",
                                   zlib->name, zlib->used, reason));
}

static void skip(ah_str *input, size_t count)
{
    if (count == 0)
        return;
    input->ptr += count;
    input->len -= count;
}

static void take_byte(zlib_decoder *zlib, ah_str *input)
{
    skip(input, 1);
    zlib->used++;
}

/* One call of zlib.  Held bytes come first; they count as used already. */
static int inflate_piece(zlib_decoder *zlib, ah_str *input, char *room, size_t size)
{
    bool is_held = zlib->held.len > 0;
    ah_str *source = is_held ? &zlib->held : input;
    size_t offered = source->len < MAX_OFFER ? source->len : MAX_OFFER;

    zlib->stream.next_in = (const Bytef *)source->ptr;
    zlib->stream.avail_in = (uInt)offered;
    zlib->stream.next_out = (Bytef *)room;
    zlib->stream.avail_out = (uInt)size;
    int code = inflate(&zlib->stream, Z_NO_FLUSH);
    size_t used = offered - zlib->stream.avail_in;
    skip(source, used);
    zlib->used += is_held ? 0 : used;
    return code;
}

/* zlib copies its window after each call: long bodies are decoded in long pieces, which short ones
   need no room for. */
static size_t piece_size(const ah_buf *out)
{
    if (out->len < LEAST_PIECE)
        return LEAST_PIECE;
    return out->len < MOST_PIECE ? out->len : MOST_PIECE;
}

/* Runs zlib until the compressed data, the input or the room ends. */
static ah_coding_result inflate_some(zlib_decoder *zlib, ah_str *input, ah_buf *out, size_t limit)
{
    while (out->len < limit) {
        size_t size = piece_size(out);
        if (size > limit - out->len)
            size = limit - out->len;
        char *room = ah_buf_reserve(out, size);
        if (!room)
            return fail(zlib, ah_error_no_memory());
        int code = inflate_piece(zlib, input, room, size);
        out->len += size - zlib->stream.avail_out;
        if (code == Z_STREAM_END)
            return AH_CODING_DONE;
        if (code == Z_MEM_ERROR)
            return fail(zlib, ah_error_no_memory());
        if (code != Z_OK && code != Z_BUF_ERROR)
            return fail_corrupt(zlib, code);
        if (zlib->stream.avail_out > 0 && input->len == 0)
            return AH_CODING_MORE_INPUT;
    }
    return AH_CODING_MORE_ROOM;
}

static size_t limit_of(const ah_buf *out, size_t max_output)
{
    return max_output < SIZE_MAX - out->len ? out->len + max_output : SIZE_MAX;
}

static void hold(zlib_decoder *zlib, size_t count)
{
    zlib->held = ah_str_make(zlib->header, count);
    zlib->state = STREAM;
}

/* ---- gzip ---- */

/* Looks at what follows a member; leaves BETWEEN and MAGIC when that is known. */
static void look_behind_member(zlib_decoder *zlib, ah_str *input)
{
    while (input->len > 0 && (zlib->state == BETWEEN || zlib->state == MAGIC)) {
        char expected = zlib->header[zlib->state == MAGIC];
        if (*input->ptr == expected && zlib->state == MAGIC) {
            inflateReset(&zlib->stream);
            hold(zlib, 2);
        } else if (*input->ptr == expected) {
            zlib->state = MAGIC;
        } else if (*input->ptr != '\0' || zlib->state == MAGIC) {
            zlib->state = DONE;
            return;
        }
        take_byte(zlib, input);
    }
}

static ah_coding_result gzip_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                    size_t max_output)
{
    zlib_decoder *zlib = of(decoder);
    size_t limit = limit_of(out, max_output);

    if (zlib->state == START && input->len > 0)
        zlib->state = STREAM;
    for (;;) {
        look_behind_member(zlib, input);
        if (zlib->state == DONE)
            return AH_CODING_DONE;
        if (zlib->state != STREAM)
            return AH_CODING_MORE_INPUT;
        ah_coding_result result = inflate_some(zlib, input, out, limit);
        if (result != AH_CODING_DONE)
            return result;
        zlib->state = BETWEEN;
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

/* No compressed data is shorter than two bytes, so they can be waited for. */
static void look_at_header(zlib_decoder *zlib, ah_str *input)
{
    while (input->len > 0 && zlib->state == START) {
        zlib->header[zlib->used] = *input->ptr;
        take_byte(zlib, input);
        if (zlib->used == 2) {
            inflateReset2(&zlib->stream, is_zlib_header(zlib->header) ? MAX_WBITS : -MAX_WBITS);
            hold(zlib, 2);
        }
    }
}

static ah_coding_result deflate_decode(ah_decoder *decoder, ah_str *input, ah_buf *out,
                                       size_t max_output)
{
    zlib_decoder *zlib = of(decoder);

    look_at_header(zlib, input);
    if (zlib->state == START)
        return AH_CODING_MORE_INPUT;
    if (zlib->state == DONE)
        return AH_CODING_DONE;
    ah_coding_result result = inflate_some(zlib, input, out, limit_of(out, max_output));
    if (result == AH_CODING_DONE)
        zlib->state = DONE;
    return result;
}

/* ---- Both ---- */

static ahttp_error *zlib_finish(ah_decoder *decoder)
{
    zlib_decoder *zlib = of(decoder);

    if (zlib->used == 0 || zlib->state == BETWEEN || zlib->state == DONE)
        return NULL;
    return ah_error_new(AHTTP_E_CODING, "%s data ended early, after %" PRIu64 " bytes", zlib->name,
                        zlib->used);
}

static ahttp_error *zlib_take_error(ah_decoder *decoder)
{
    zlib_decoder *zlib = of(decoder);
    ahttp_error *error = zlib->error;

    zlib->error = NULL;
    return error;
}

static void zlib_free(ah_decoder *decoder)
{
    zlib_decoder *zlib = of(decoder);

    inflateEnd(&zlib->stream);
    ah_error_free(zlib->error);
    ah_free(zlib);
}

static voidpf allocate(voidpf ctx, uInt count, uInt size)
{
    (void)ctx;
    return ah_realloc_array(NULL, count, size);
}

static void deallocate(voidpf ctx, voidpf block)
{
    (void)ctx;
    ah_free(block);
}

static ah_decoder *make(const ah_decoder_ops *ops, const char *name, int window_bits)
{
    zlib_decoder *zlib = AH_NEW(zlib_decoder);

    if (!zlib)
        return NULL;
    zlib->decoder.ops = ops;
    zlib->name = name;
    zlib->stream.zalloc = allocate;
    zlib->stream.zfree = deallocate;
    if (inflateInit2(&zlib->stream, window_bits) != Z_OK) {
        ah_free(zlib);
        return NULL;
    }
    return &zlib->decoder;
}

ah_decoder *ah_decoder_gzip_new(void)
{
    static const ah_decoder_ops ops = {gzip_decode, zlib_finish, zlib_take_error, zlib_free};
    ah_decoder *decoder = make(&ops, "gzip", 16 + MAX_WBITS);

    if (decoder)
        memcpy(of(decoder)->header, "\x1f\x8b", 2);
    return decoder;
}

ah_decoder *ah_decoder_deflate_new(void)
{
    static const ah_decoder_ops ops = {deflate_decode, zlib_finish, zlib_take_error, zlib_free};

    return make(&ops, "deflate", -MAX_WBITS);
}
