/* SPDX-License-Identifier: MIT */
#ifndef AH_BASE_SCAN_H
#define AH_BASE_SCAN_H
/* Finding a byte in text that is known to have it, which needs no other end: for what is made of
   short pieces, where calling memchr costs more than looking.  Fewer than AH_SCAN_MARGIN bytes
   behind the one that is found are read, and must be there. */
#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__) && !defined(AH_SCAN_PORTABLE)
#include <emmintrin.h>
#endif

enum { AH_SCAN_MARGIN = 16 };

#if defined(__SSE2__) && !defined(AH_SCAN_PORTABLE)

/* The first a or b at or behind at. */
static inline char *ah_scan_either(char *at, char a, char b)
{
    for (;; at += AH_SCAN_MARGIN) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        __m128i are_a = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(a));
        __m128i are_b = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b));
        unsigned hits = (unsigned)_mm_movemask_epi8(_mm_or_si128(are_a, are_b));
        if (hits)
            return at + (unsigned)__builtin_ctz(hits);
    }
}

/* The first c at or behind at. */
static inline char *ah_scan(const char *at, char c)
{
    for (;; at += AH_SCAN_MARGIN) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)at);
        unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
        if (hits)
            return (char *)(uintptr_t)(at + (unsigned)__builtin_ctz(hits));
    }
}

#else

static inline char *ah_scan_either(char *at, char a, char b)
{
    while (*at != a && *at != b)
        at++;
    return at;
}

static inline char *ah_scan(const char *at, char c)
{
    while (*at != c)
        at++;
    return (char *)(uintptr_t)at;
}

#endif

#endif
