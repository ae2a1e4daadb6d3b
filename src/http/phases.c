/* SPDX-License-Identifier: MIT */
#include "http/phases.h"

enum { PARTS = 7 };

static void list_parts(const ah_phases *phases, int64_t parts[PARTS])
{
    const int64_t all[PARTS] = {phases->blocked, phases->dns,  phases->connect, phases->tls,
                                phases->send,    phases->wait, phases->receive};

    for (int i = 0; i < PARTS; i++)
        parts[i] = all[i];
}

int64_t ah_phases_sum(const ah_phases *phases)
{
    int64_t parts[PARTS];
    int64_t sum = 0;

    list_parts(phases, parts);
    for (int i = 0; i < PARTS; i++)
        sum += parts[i] > 0 ? parts[i] : 0;
    return sum;
}

/* At least one mark, however short it was. */
static void draw_bar(ah_buf *out, int64_t start, int64_t end, int64_t sum, int columns)
{
    int first = sum > 0 ? (int)((double)start / (double)sum * columns) : 0;
    int last = sum > 0 ? (int)((double)end / (double)sum * columns) : 0;

    if (first >= columns)
        first = columns - 1;
    if (last <= first)
        last = first + 1;
    for (int i = 0; i < columns; i++)
        ah_buf_append_char(out, i >= first && i < last ? '#' : ' ');
}

void ah_phases_draw(ah_buf *out, const ah_phases *phases, int columns)
{
    static const char *const names[PARTS] = {"queue", "dns",  "connect", "tls",
                                             "send",  "wait", "receive"};
    int64_t parts[PARTS];
    int64_t sum = ah_phases_sum(phases);
    int64_t start = 0;

    list_parts(phases, parts);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i] < 0)
            continue;
        ah_buf_append_format(out, "%-8s%7lld.%03d ms |", names[i], (long long)(parts[i] / 1000000),
                             (int)(parts[i] / 1000 % 1000));
        draw_bar(out, start, start + parts[i], sum, columns);
        ah_buf_append(out, AH_STR("|\n"));
        start += parts[i];
    }
}
