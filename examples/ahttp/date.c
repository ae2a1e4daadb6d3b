/* SPDX-License-Identifier: MIT */
#include "date.h"
#include "text.h"
#include <stdio.h>
#include <string.h>

static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

typedef struct parts {
    int day, month, year, hour, minute, second;
    int zone; /* seconds to add for UTC */
    bool has_day, has_month, has_year, has_time, has_zone, has_weekday;
} parts;

static bool read_zone_name(const char *word, size_t len, int *zone)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"GMT", 0},  {"UTC", 0},  {"WET", 0}, {"BST", -1}, {"CET", -1}, {"CEST", -2},
                 {"MET", -1}, {"EET", -2}, {"EST", 5}, {"EDT", 4},  {"CST", 6},  {"CDT", 5},
                 {"MST", 7},  {"MDT", 6},  {"PST", 8}, {"PDT", 7},  {"JST", -9}, {"Z", 0}};

    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (strlen(zones[i].name) == len && starts_nocase(word, zones[i].name)) {
            *zone = zones[i].hours * 3600;
            return true;
        }
    return false;
}

/* Whether the word is all of a name, or its first three letters. */
static bool is_name(const char *word, size_t len, const char *name)
{
    if (len != 3 && len != strlen(name))
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(word[i]) != lower(name[i]))
            return false;
    return true;
}

static bool take_word(parts *date, const char *word, size_t len)
{
    for (int i = 0; i < 7 && !date->has_weekday; i++)
        if (is_name(word, len, weekdays[i])) {
            date->has_weekday = true;
            return true;
        }
    for (int i = 0; i < 12 && !date->has_month && len == 3; i++)
        if (starts_nocase(word, months[i])) {
            date->month = i;
            date->has_month = true;
            return true;
        }
    if (date->has_zone || !read_zone_name(word, len, &date->zone))
        return false;
    date->has_zone = true;
    return true;
}

static bool take_time(parts *date, const char **at)
{
    int hour, minute, second = 0, used = 0, more = 0;

    if (date->has_time || sscanf(*at, "%2d:%2d%n", &hour, &minute, &used) < 2)
        return false;
    if (sscanf(*at + used, ":%2d%n", &second, &more) == 1)
        used += more;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    date->hour = hour;
    date->minute = minute;
    date->second = second;
    date->has_time = true;
    *at += used;
    return true;
}

static bool take_number(parts *date, const char **at, char before)
{
    const char *start = *at;
    long long value;

    if (!read_number(start, 99999999, &value, at))
        return false;
    size_t digits = (size_t)(*at - start);
    int number = (int)value;
    if (digits == 4 && number <= 1400 && (before == '+' || before == '-') && !date->has_zone) {
        date->zone = (number / 100 * 60 + number % 100) * (before == '+' ? -60 : 60);
        date->has_zone = true;
    } else if (digits == 8 && !date->has_day && !date->has_month && !date->has_year) {
        date->year = number / 10000;
        date->month = number % 10000 / 100 - 1;
        date->day = number % 100;
        date->has_day = date->has_month = date->has_year = true;
    } else if (digits <= 2 && !date->has_day && number >= 1 && number <= 31 &&
               !(date->has_year && !date->has_month && before == '-')) {
        date->day = number;
        date->has_day = true;
    } else if (digits <= 2 && date->has_year && !date->has_month) {
        date->month = number - 1;
        date->has_month = true;
    } else if (!date->has_year) {
        date->year = number < 70 && digits <= 2 ? 2000 + number
                     : digits <= 2              ? 1900 + number
                                                : number;
        date->has_year = true;
    } else {
        return false;
    }
    return true;
}

static bool take_all(parts *date, const char *text)
{
    char before = ' ';

    while (*text) {
        const char *start = text;
        if (is_alpha(*text)) {
            while (is_alpha(*text))
                text++;
            if (!take_word(date, start, (size_t)(text - start)))
                return false;
        } else if (is_digit(*text)) {
            if (!take_time(date, &text) && !take_number(date, &text, before))
                return false;
        } else {
            before = *text++;
            continue;
        }
        before = ' ';
    }
    return date->has_day && date->has_month && date->has_year && date->month >= 0 &&
           date->month < 12 && date->year >= 1583;
}

/* Days since 1970-01-01 (months from March on make leap days come last). */
static int64_t days_of(int year, int month, int day)
{
    year -= month < 2;
    int shifted = (month + 10) % 12;
    int64_t era = year / 400;
    int of_era = year - (int)era * 400;
    int of_year = (153 * shifted + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool date_read(const char *text, int64_t *seconds)
{
    parts date = {0};

    if (!take_all(&date, text))
        return false;
    *seconds = days_of(date.year, date.month, date.day) * 86400 + date.hour * 3600 +
               date.minute * 60 + date.second + date.zone;
    return true;
}

void date_write(int64_t seconds, char out[DATE_SIZE])
{
    int64_t days = seconds / 86400;
    int rest = (int)(seconds % 86400);

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int of_era = (int)(z - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted = (5 * of_year + 2) / 153;
    int month = (shifted + 2) % 12;
    int year = (int)(year_of_era + era * 400) + (month < 2);

    snprintf(out, DATE_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", weekdays[(days + 3) % 7],
             of_year - (153 * shifted + 2) / 5 + 1, months[month], year % 10000, rest / 3600,
             rest / 60 % 60, rest % 60);
}
