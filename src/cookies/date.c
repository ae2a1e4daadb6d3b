/* SPDX-License-Identifier: MIT */
#include "cookies/date.h"

enum { EARLIEST_YEAR = 1601 };

typedef struct date {
    int hour, minute, second, day, month, year;
    bool has_time, has_day, has_month, has_year;
} date;

static bool is_delimiter(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte == '\t' || (byte >= 0x20 && byte <= 0x2F) || (byte >= 0x3B && byte <= 0x40) ||
           (byte >= 0x5B && byte <= 0x60) || (byte >= 0x7B && byte <= 0x7E);
}

/* The token at the front of *text, which moves behind it; false at the end. */
static bool take_token(ah_str *text, ah_str *token)
{
    size_t start = 0;

    while (start < text->len && is_delimiter(text->ptr[start]))
        start++;
    size_t end = start;
    while (end < text->len && !is_delimiter(text->ptr[end]))
        end++;
    *token = ah_str_slice(*text, start, end - start);
    *text = ah_str_slice(*text, end, SIZE_MAX);
    return token->len > 0;
}

/* A number of least to most digits at the front of *text, which moves behind it. */
static bool take_number(ah_str *text, size_t least, size_t most, int *number)
{
    size_t len = 0;
    int value = 0;

    while (len < text->len && len <= most && ah_is_digit(text->ptr[len]))
        value = value * 10 + (text->ptr[len++] - '0');
    if (len < least || len > most)
        return false;
    *text = ah_str_slice(*text, len, SIZE_MAX);
    *number = value;
    return true;
}

static bool take_colon(ah_str *text)
{
    if (text->len == 0 || *text->ptr != ':')
        return false;
    *text = ah_str_slice(*text, 1, SIZE_MAX);
    return true;
}

/* Each of these takes a token if it is what they look for; what stands behind the digits does
   not matter. */

static bool take_time(date *found, ah_str token)
{
    return take_number(&token, 1, 2, &found->hour) && take_colon(&token) &&
           take_number(&token, 1, 2, &found->minute) && take_colon(&token) &&
           take_number(&token, 1, 2, &found->second);
}

static bool take_day(date *found, ah_str token)
{
    return take_number(&token, 1, 2, &found->day);
}

static bool take_month(date *found, ah_str token)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int month = 1; month <= 12; month++)
        if (ah_str_starts_with_nocase(token, ah_str_make(&names[3 * (size_t)(month - 1)], 3))) {
            found->month = month;
            return true;
        }
    return false;
}

static bool take_year(date *found, ah_str token)
{
    int year;

    if (!take_number(&token, 2, 4, &year))
        return false;
    if (year >= 70 && year <= 99)
        year += 1900;
    else if (year <= 69)
        year += 2000;
    found->year = year;
    return true;
}

static void take(date *found, ah_str token)
{
    if (!found->has_time && take_time(found, token))
        found->has_time = true;
    else if (!found->has_day && take_day(found, token))
        found->has_day = true;
    else if (!found->has_month && take_month(found, token))
        found->has_month = true;
    else if (!found->has_year && take_year(found, token))
        found->has_year = true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of(int month, int year)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool is_valid(const date *found)
{
    return found->has_time && found->has_day && found->has_month && found->has_year &&
           found->hour <= 23 && found->minute <= 59 && found->second <= 59 &&
           found->year >= EARLIEST_YEAR && found->day >= 1 &&
           found->day <= days_of(found->month, found->year);
}

/* Days from 1970-01-01 to the first of January of that year. */
static int64_t days_to_year(int year)
{
    int before = year - 1;
    int leaps = before / 4 - before / 100 + before / 400;

    return INT64_C(365) * (year - 1970) + leaps - 477;
}

bool ah_cookie_date_read(ah_str text, int64_t *seconds)
{
    date found = {0};
    ah_str token;

    while (take_token(&text, &token))
        take(&found, token);
    if (!is_valid(&found))
        return false;
    int64_t days = days_to_year(found.year) + found.day - 1;
    for (int month = 1; month < found.month; month++)
        days += days_of(month, found.year);
    *seconds = ((days * 24 + found.hour) * 60 + found.minute) * 60 + found.second;
    return true;
}
