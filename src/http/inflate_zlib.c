/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "base/mem.h"
#include "http/inflate.h"
#include <zlib.h>

enum { MOST_AT_ONCE = 1 << 30 };

struct ah_inflate {
    z_stream stream;
};

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

static int window_bits(ah_inflate_format format)
{
    switch (format) {
    case AH_INFLATE_GZIP: return 16 + MAX_WBITS;
    case AH_INFLATE_ZLIB: return MAX_WBITS;
    default: return -MAX_WBITS;
    }
}

ah_inflate *ah_inflate_new(ah_inflate_format format)
{
    ah_inflate *it = AH_NEW(ah_inflate);

    if (!it)
        return NULL;
    it->stream.zalloc = allocate;
    it->stream.zfree = deallocate;
    if (inflateInit2(&it->stream, window_bits(format)) != Z_OK) {
        ah_free(it);
        return NULL;
    }
    return it;
}

void ah_inflate_reset(ah_inflate *it, ah_inflate_format format)
{
    inflateReset2(&it->stream, window_bits(format));
}

void ah_inflate_free(ah_inflate *it)
{
    inflateEnd(&it->stream);
    ah_free(it);
}

ah_inflate_result ah_inflate_step(ah_inflate *it, ah_str *input, char *room, size_t *size,
                                  const char **why)
{
    z_stream *stream = &it->stream;
    size_t offered = input->len < MOST_AT_ONCE ? input->len : MOST_AT_ONCE;

    stream->next_in = (const Bytef *)input->ptr;
    stream->avail_in = (uInt)offered;
    stream->next_out = (Bytef *)room;
    stream->avail_out = (uInt)*size;
    int code = inflate(stream, Z_NO_FLUSH);
    *size -= stream->avail_out;
    *input = ah_str_slice(*input, offered - stream->avail_in, SIZE_MAX);
    switch (code) {
    case Z_OK:
    case Z_BUF_ERROR: return AH_INFLATE_MORE;
    case Z_STREAM_END: return AH_INFLATE_END;
    case Z_MEM_ERROR: return AH_INFLATE_NO_MEMORY;
    case Z_NEED_DICT: *why = "it needs a dictionary"; return AH_INFLATE_CORRUPT;
    default: *why = stream->msg ? stream->msg : "unknown"; return AH_INFLATE_CORRUPT;
    }
}
