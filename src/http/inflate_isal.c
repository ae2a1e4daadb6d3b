/* SPDX-License-Identifier: MIT */
/* ISA-L reads the data and its checks.  The head of gzip is read here, since ISA-L does not accept
   every one that has a check of its own. */
#include "base/mem.h"
#include "http/inflate.h"
#include <isa-l/igzip_lib.h>

enum { MOST_AT_ONCE = 1 << 30, FIXED_SIZE = 10 };

/* Flags of RFC 1952 §2.3.1. */
enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xE0 };

/* In this order; those that the flags do not name are left out. */
typedef enum head_part { FIXED, EXTRA_LENGTH, EXTRA, NAME, COMMENT, CHECK, DATA } head_part;

struct ah_inflate {
    struct inflate_state state;
    head_part part;
    unsigned part_bytes; /* so far */
    unsigned extra_len;
    unsigned char flags;
    unsigned char method;
};

void ah_inflate_reset(ah_inflate *it, ah_inflate_format format)
{
    isal_inflate_reset(&it->state);
    it->state.crc_flag = format == AH_INFLATE_GZIP   ? ISAL_GZIP_NO_HDR_VER
                         : format == AH_INFLATE_ZLIB ? ISAL_ZLIB
                                                     : ISAL_DEFLATE;
    it->part = format == AH_INFLATE_GZIP ? FIXED : DATA;
    it->part_bytes = 0;
}

ah_inflate *ah_inflate_new(ah_inflate_format format)
{
    ah_inflate *it = AH_NEW(ah_inflate);

    if (!it)
        return NULL;
    isal_inflate_init(&it->state);
    ah_inflate_reset(it, format);
    return it;
}

void ah_inflate_free(ah_inflate *it)
{
    ah_free(it);
}

/* ---- The head of gzip ---- */

static bool has_part(const ah_inflate *it, head_part part)
{
    switch (part) {
    case EXTRA_LENGTH: return it->flags & FEXTRA;
    case EXTRA: return it->flags & FEXTRA && it->extra_len > 0;
    case NAME: return it->flags & FNAME;
    case COMMENT: return it->flags & FCOMMENT;
    case CHECK: return it->flags & FHCRC;
    default: return true;
    }
}

/* NULL, or what is wrong with a byte of the part that always is there. */
static const char *take_fixed(ah_inflate *it, unsigned char byte)
{
    static const unsigned char magic[] = {0x1F, 0x8B};
    unsigned at = it->part_bytes - 1;

    if (at == 0)
        it->method = byte; /* kept to be judged with the next one */
    if (at == 1 && (it->method != magic[0] || byte != magic[1]))
        return "incorrect header check";
    if (at == 2 && byte != 8)
        return "unknown compression method";
    if (at == 3) {
        it->flags = byte;
        return byte & RESERVED ? "unknown header flags set" : NULL;
    }
    return NULL;
}

/* Whether the part ends with this byte. */
static bool ends_part(ah_inflate *it, unsigned char byte)
{
    switch (it->part) {
    case FIXED: return it->part_bytes == FIXED_SIZE;
    case EXTRA_LENGTH:
        it->extra_len = it->part_bytes == 1 ? byte : it->extra_len | (unsigned)byte << 8;
        return it->part_bytes == 2;
    case EXTRA: return it->part_bytes == it->extra_len;
    case CHECK: return it->part_bytes == 2;
    default: return byte == 0;
    }
}

static const char *read_head(ah_inflate *it, ah_str *input)
{
    const char *why = NULL;

    while (!why && it->part != DATA && input->len > 0) {
        unsigned char byte = (unsigned char)input->ptr[0];
        *input = ah_str_slice(*input, 1, SIZE_MAX);
        it->part_bytes++;
        if (it->part == FIXED)
            why = take_fixed(it, byte);
        if (!ends_part(it, byte))
            continue;
        do
            it->part++;
        while (!has_part(it, it->part));
        it->part_bytes = 0;
    }
    return why;
}

/* ---- Data ---- */

static const char *why_not(int code)
{
    switch (code) {
    case ISAL_INVALID_BLOCK: return "invalid block";
    case ISAL_INVALID_SYMBOL: return "invalid symbol";
    case ISAL_INVALID_LOOKBACK: return "invalid distance too far back";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD: return "incorrect header check";
    case ISAL_INCORRECT_CHECKSUM: return "incorrect data check";
    default: return "it needs a dictionary";
    }
}

ah_inflate_result ah_inflate_step(ah_inflate *it, ah_str *input, char *room, size_t *size,
                                  const char **why)
{
    struct inflate_state *state = &it->state;
    size_t cap = *size;

    *size = 0;
    *why = read_head(it, input);
    if (*why)
        return AH_INFLATE_CORRUPT;
    if (it->part != DATA)
        return AH_INFLATE_MORE;
    size_t offered = input->len < MOST_AT_ONCE ? input->len : MOST_AT_ONCE;
    state->next_in = (uint8_t *)(uintptr_t)input->ptr;
    state->avail_in = (uint32_t)offered;
    state->next_out = (uint8_t *)room;
    state->avail_out = (uint32_t)cap;
    int code = isal_inflate(state);
    bool has_ended = state->block_state == ISAL_BLOCK_FINISH;
    *size = cap - state->avail_out;
    /* It reads ahead, which matters behind the end. */
    size_t left = state->avail_in + (has_ended ? (size_t)state->read_in_length / 8 : 0);
    *input = ah_str_slice(*input, offered - (left < offered ? left : offered), SIZE_MAX);
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT) {
        *why = why_not(code);
        return AH_INFLATE_CORRUPT;
    }
    return has_ended ? AH_INFLATE_END : AH_INFLATE_MORE;
}
