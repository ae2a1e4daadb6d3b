/* SPDX-License-Identifier: MIT */
#include "loop/log.h"
#include "loop/loop_state.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1001 };

_Atomic int ah_log_most = AHTTP_LOG_OFF;

static const char *const names[] = {"off", "warning", "info", "debug", "trace"};

enum { LEVELS = sizeof names / sizeof *names };

const char *ahttp_log_level_name(ahttp_log_level level)
{
    return (unsigned)level < LEVELS ? names[level] : names[AHTTP_LOG_OFF];
}

static void set(ahttp_loop *loop, ah_log_settings settings)
{
    int most = atomic_load(&ah_log_most);

    loop->log = settings;
    while (most < (int)settings.level &&
           !atomic_compare_exchange_weak(&ah_log_most, &most, (int)settings.level)) {
    }
}

void ahttp_loop_set_log(ahttp_loop *loop, ahttp_log_level level, ahttp_log_fn *fn, void *ctx)
{
    set(loop, (ah_log_settings){.level = level, .fn = fn, .ctx = ctx});
}

static ahttp_log_level level_of_environment(void)
{
    const char *wanted = getenv("AHTTP_LOG");

    for (int level = 1; wanted && level < LEVELS; level++)
        if (strcmp(wanted, names[level]) == 0)
            return (ahttp_log_level)level;
    return AHTTP_LOG_OFF;
}

void ah_log_begin(ahttp_loop *loop)
{
    ahttp_log_level level = level_of_environment();

    if (level != AHTTP_LOG_OFF)
        set(loop, (ah_log_settings){.level = level});
}

void ah_log(const ahttp_loop *loop, ahttp_log_level level, const char *topic, const char *format,
            ...)
{
    char text[LINE_SIZE];
    va_list arguments;

    if (!loop || loop->log.level < level)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (loop->log.fn) {
        loop->log.fn(level, topic, text, loop->log.ctx);
        return;
    }
    int64_t now_ms = ahttp_loop_now(loop);
    fprintf(stderr, "libahttp: %lld.%03lld s: %s: %s\n", (long long)(now_ms / 1000),
            (long long)(now_ms % 1000), topic, text);
}

void *ah_log_not_made(const ahttp_loop *loop, const char *topic, ahttp_error *error)
{
    if (loop)
        ah_log(loop, AHTTP_LOG_WARNING, topic, "create: %s", error->message);
    else if (level_of_environment() >= AHTTP_LOG_WARNING)
        fprintf(stderr, "libahttp: %s: create: %s\n", topic, error->message);
    ah_error_free(error);
    return NULL;
}
