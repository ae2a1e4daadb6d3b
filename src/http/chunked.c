/* SPDX-License-Identifier: MIT */
#include "http/chunked.h"

/*  SIZE_START -> SIZE -> [EXTENSION] -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE_START
    and, when the size was 0:            SIZE_LF -> END_CR -> END_LF
    Leniently, SPACES may come behind SIZE, and an LF stands for CR and LF. */
enum { SIZE_START, SIZE, SPACES, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, END_CR, END_LF };

static const char cr_without_lf[] = "a line has a CR without LF";
static const char too_much_data[] = "a chunk is longer than its size says";

static ah_chunked_result failed(ah_chunked *chunked, const char *why)
{
    chunked->why = why;
    return AH_CHUNKED_FAILED;
}

static ah_chunked_result enter(ah_chunked *chunked, int state)
{
    chunked->state = state;
    return AH_CHUNKED_MORE_INPUT;
}

static ah_chunked_result end_size_line(ah_chunked *chunked)
{
    chunked->line = 0;
    chunked->size = chunked->left;
    return enter(chunked, chunked->left > 0 ? DATA : END_CR);
}

/* Whether c is an LF that is accepted where a CR should be; where the line ends is in no doubt. */
static bool is_accepted_lf(const ah_chunked *chunked, char c)
{
    return c == '\n' && chunked->is_lenient;
}

static bool is_accepted_space(ah_chunked *chunked, char c)
{
    if ((c != ' ' && c != '\t') || !chunked->is_lenient || chunked->state == SIZE_START)
        return false;
    chunked->was_repaired = true;
    return true;
}

static ah_chunked_result read_size(ah_chunked *chunked, char c)
{
    int digit = chunked->state == SPACES ? -1 : ah_hex_value(c);

    if (digit >= 0) {
        if (chunked->left > UINT64_MAX >> 4)
            return failed(chunked, "a chunk size is above 2^64 - 1");
        chunked->left = chunked->left << 4 | (unsigned)digit;
        return enter(chunked, SIZE);
    }
    if (is_accepted_space(chunked, c))
        return enter(chunked, SPACES);
    if (chunked->state != SIZE_START && is_accepted_lf(chunked, c))
        return end_size_line(chunked);
    if (chunked->state == SIZE_START || (c != ';' && c != '\r'))
        return failed(chunked, "a chunk size is not a hexadecimal number");
    return enter(chunked, c == ';' ? EXTENSION : SIZE_LF);
}

static ah_chunked_result read_extension(ah_chunked *chunked, char c)
{
    if (c == '\r')
        return enter(chunked, SIZE_LF);
    if (is_accepted_lf(chunked, c))
        return end_size_line(chunked);
    if (((unsigned char)c < 0x20 && c != '\t') || c == 0x7F)
        return failed(chunked, "a chunk extension has a control character");
    return AH_CHUNKED_MORE_INPUT;
}

/* Any character but those of the data. */
static ah_chunked_result read_char(ah_chunked *chunked, char c)
{
    switch (chunked->state) {
    case SIZE_START:
    case SIZE:
    case SPACES: return read_size(chunked, c);
    case EXTENSION: return read_extension(chunked, c);
    case SIZE_LF: return c == '\n' ? end_size_line(chunked) : failed(chunked, cr_without_lf);
    case DATA_CR:
        if (is_accepted_lf(chunked, c))
            return enter(chunked, SIZE_START);
        return c == '\r' ? enter(chunked, DATA_LF) : failed(chunked, too_much_data);
    case DATA_LF: return c == '\n' ? enter(chunked, SIZE_START) : failed(chunked, too_much_data);
    case END_CR:
        if (is_accepted_lf(chunked, c))
            return AH_CHUNKED_DONE;
        return c == '\r' ? enter(chunked, END_LF) : AH_CHUNKED_TRAILERS;
    default: return c == '\n' ? AH_CHUNKED_DONE : failed(chunked, cr_without_lf);
    }
}

static void advance(ah_str *input, size_t count)
{
    *input = ah_str_make(input->ptr + count, input->len - count);
}

static ah_chunked_result take_data(ah_chunked *chunked, ah_str *input, ah_str *data)
{
    size_t count = chunked->left < input->len ? (size_t)chunked->left : input->len;

    *data = ah_str_make(input->ptr, count);
    advance(input, count);
    chunked->left -= count;
    if (chunked->left == 0)
        chunked->state = DATA_CR;
    return AH_CHUNKED_DATA;
}

ah_chunked_result ah_chunked_decode(ah_chunked *chunked, ah_str *input, ah_str *data,
                                    size_t max_line)
{
    while (input->len > 0) {
        if (chunked->state == DATA)
            return take_data(chunked, input, data);
        char c = input->ptr[0];
        if (chunked->state <= EXTENSION && c != '\r' && ++chunked->line > max_line)
            return AH_CHUNKED_LINE_TOO_LONG;
        ah_chunked_result result = read_char(chunked, c);
        if (result == AH_CHUNKED_FAILED || result == AH_CHUNKED_TRAILERS)
            return result;
        advance(input, 1);
        if (result == AH_CHUNKED_DONE)
            return result;
    }
    return AH_CHUNKED_MORE_INPUT;
}

uint64_t ah_chunked_data_ahead(const ah_chunked *chunked)
{
    return chunked->state == DATA ? chunked->left : 0;
}
