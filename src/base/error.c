/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/buf.h"
#include "base/mem.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
    int kinds;
    const char *name;
    const char *text;
} table[] = {
#define X(name, kinds, text) {kinds, #name, text},
    AHTTP_ERROR_MAP(X)
#undef X
};

static const ahttp_error no_memory = {
    .code = AHTTP_E_NO_MEMORY,
    .message = "out of memory",
    .resend = AHTTP_RESEND_UNKNOWN,
};

static bool is_known(int code)
{
    return code > AHTTP_ERROR_FIRST && code < AHTTP_ERROR_LAST;
}

const char *ahttp_error_name(int code)
{
    if (code == AHTTP_OK)
        return "OK";
    return is_known(code) ? table[code - AHTTP_ERROR_FIRST - 1].name : "UNKNOWN";
}

const char *ahttp_error_text(int code)
{
    if (code == AHTTP_OK)
        return "success";
    return is_known(code) ? table[code - AHTTP_ERROR_FIRST - 1].text : "unknown error";
}

static int kinds_of(int code)
{
    return is_known(code) ? table[code - AHTTP_ERROR_FIRST - 1].kinds : 0;
}

bool ahttp_error_is(int code, int kinds)
{
    return (kinds_of(code) & kinds) != 0;
}

ahttp_error *ah_error_no_memory(void)
{
    return (ahttp_error *)(uintptr_t)&no_memory;
}

/* ---- One block holds the object and all it points to ---- */

typedef struct block {
    char *start; /* NULL while the size is being added up */
    size_t used;
} block;

static void *put(block *to, const void *bytes, size_t size)
{
    char *at = to->start ? to->start + to->used : NULL;

    to->used += size;
    return at ? memcpy(at, bytes, size) : NULL;
}

static const char *put_text(block *to, const char *text)
{
    return text ? put(to, text, strlen(text) + 1) : NULL;
}

/* What is put next may be of any type. */
static void align(block *to)
{
    to->used =
        (to->used + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

static const ahttp_error_hop *put_hops(block *to, const ahttp_error_hop *hops)
{
    size_t count = 0;

    if (!hops)
        return NULL;
    while (hops[count].url)
        count++;
    align(to);
    ahttp_error_hop *copy = put(to, hops, (count + 1) * sizeof *hops);
    for (size_t i = 0; i < count; i++) {
        const char *url = put_text(to, hops[i].url);
        if (copy)
            copy[i].url = url;
    }
    return copy;
}

static const ahttp_pair *put_pairs(block *to, const ahttp_pair *pairs)
{
    size_t count = 0;

    if (!pairs)
        return NULL;
    while (pairs[count].name)
        count++;
    align(to);
    ahttp_pair *copy = put(to, pairs, (count + 1) * sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        const char *name = put_text(to, pairs[i].name);
        const char *value = put_text(to, pairs[i].value);
        if (copy)
            copy[i] = (ahttp_pair){name, value};
    }
    return copy;
}

static ahttp_error put_all(block *to, const ahttp_error *facts)
{
    ahttp_error error = *facts;

    put(to, facts, sizeof *facts);
    error.headers = put_pairs(to, facts->headers);
    error.message = put_text(to, facts->message);
    error.method = put_text(to, facts->method);
    error.url = put_text(to, facts->url);
    error.host = put_text(to, facts->host);
    error.address = put_text(to, facts->address);
    error.tls_reason = put_text(to, facts->tls_reason);
    if (facts->body.len > 0)
        error.body.data = put(to, facts->body.data, facts->body.len);
    error.hops = put_hops(to, facts->hops);
    if (facts->timings) {
        align(to);
        error.timings = put(to, facts->timings, sizeof *facts->timings);
    }
    return error;
}

static ahttp_error *build(const ahttp_error *facts)
{
    block all = {0};

    put_all(&all, facts);
    all.start = ah_alloc(all.used);
    if (!all.start)
        return ah_error_no_memory();
    all.used = 0;
    ahttp_error error = put_all(&all, facts);
    return memcpy(all.start, &error, sizeof error);
}

/* As a message: one line, whatever was quoted in it.  NULL when out of memory. */
static const char *line_of(ah_buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->data[i] < ' ' || text->data[i] == 0x7f)
            text->data[i] = '?';
    return ah_buf_terminate(text);
}

/* Takes the text over. */
static ahttp_error *from_text(int code, int cause, ah_buf *text)
{
    const char *message = line_of(text);
    ahttp_error facts = {.code = code, .kinds = kinds_of(code), .cause = cause, .message = message};
    ahttp_error *error = message ? build(&facts) : ah_error_no_memory();

    ah_buf_release(text);
    return error;
}

ahttp_error *ah_error_new_v(int code, const char *format, va_list arguments)
{
    ah_buf text = {0};

    if (code == AHTTP_E_NO_MEMORY)
        return ah_error_no_memory();
    ah_buf_append_format_v(&text, format, arguments);
    return from_text(code, 0, &text);
}

ahttp_error *ah_error_new(int code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ahttp_error *error = ah_error_new_v(code, format, arguments);
    va_end(arguments);
    return error;
}

/* strerror_r is GNU's or POSIX's. */
static const char *system_reason(int code, char *room, size_t size)
{
#ifdef __GLIBC__
    return strerror_r(code, room, size);
#else
    return strerror_r(code, room, size) == 0 ? room : "unknown error";
#endif
}

/* In the middle of a sentence: "connection refused", but "I/O error". */
static void append_reason(ah_buf *text, const char *reason)
{
    bool is_word = reason[0] && reason[1] >= 'a' && reason[1] <= 'z';

    ah_buf_append(text, AH_STR(": "));
    if (is_word)
        ah_buf_append_char(text, ah_lower(*reason++));
    ah_buf_append(text, ah_str_from(reason));
}

ahttp_error *ah_error_system(int code, int negative_errno, const char *format, ...)
{
    ah_buf text = {0};
    char reason[128];
    va_list arguments;

    if (negative_errno == -ENOMEM)
        return ah_error_no_memory();
    va_start(arguments, format);
    ah_buf_append_format_v(&text, format, arguments);
    va_end(arguments);
    append_reason(&text, system_reason(-negative_errno, reason, sizeof reason));
    return from_text(code, negative_errno, &text);
}

/* The same with other facts, which are copied; takes error over. */
static ahttp_error *rebuild(ahttp_error *error, const ahttp_error *facts)
{
    ahttp_error *whole = build(facts);

    ah_error_free(error);
    return whole;
}

/* With that message, which is taken over. */
static ahttp_error *say(ahttp_error *error, int code, ah_buf *message)
{
    ahttp_error facts = *error;

    if (code != error->code)
        facts.kinds = kinds_of(code);
    facts.code = code;
    facts.message = line_of(message);
    if (facts.message) {
        error = rebuild(error, &facts);
    } else {
        ah_error_free(error);
        error = ah_error_no_memory();
    }
    ah_buf_release(message);
    return error;
}

ahttp_error *ah_error_wrap(int code, ahttp_error *error, const char *what)
{
    ah_buf text = {0};

    if (error == &no_memory)
        return error;
    ah_buf_append_format(&text, "%s: %s", what, error->message);
    return say(error, code, &text);
}

ahttp_error *ah_error_append(ahttp_error *error, const char *more)
{
    ah_buf text = {0};

    if (error == &no_memory)
        return error;
    ah_buf_append_format(&text, "%s%s", error->message, more);
    return say(error, error->code, &text);
}

ahttp_error *ah_error_in_phase(ahttp_error *error, ahttp_phase phase)
{
    if (error != &no_memory && !error->phase)
        error->phase = phase;
    return error;
}

ahttp_error *ah_error_with_address(ahttp_error *error, const char *address)
{
    ahttp_error facts = *error;

    facts.address = address;
    return error == &no_memory ? error : rebuild(error, &facts);
}

ahttp_error *ah_error_with_tls_reason(ahttp_error *error, const char *reason)
{
    ahttp_error facts = *error;

    facts.tls_reason = reason;
    return error == &no_memory ? error : rebuild(error, &facts);
}

ahttp_error *ah_error_for_good(ahttp_error *error)
{
    if (error != &no_memory)
        error->kinds &= ~AHTTP_KIND_RETRY;
    return error;
}

ahttp_error *ah_error_because(ahttp_error *error, int cause)
{
    if (error != &no_memory)
        error->cause = cause;
    return error;
}

ahttp_error *ah_error_with_response(ahttp_error *error, int status, const ahttp_pair *headers,
                                    ahttp_bytes body)
{
    ahttp_error facts = *error;

    if (error == &no_memory)
        return error;
    facts.status = status;
    facts.headers = headers;
    facts.body = body;
    return rebuild(error, &facts);
}

ahttp_error *ah_error_copy(const ahttp_error *error)
{
    return error == &no_memory ? ah_error_no_memory() : build(error);
}

ahttp_error *ah_error_of_request(ahttp_error *error, const ah_error_request *request)
{
    ah_buf text = {0};
    ahttp_error facts = *error;

    if (error == &no_memory)
        return error;
    ah_buf_append_format(&text, "%s %s: %s", request->method, request->url, error->message);
    if (ah_buf_terminate(&text)) {
        facts.message = text.data;
        facts.method = request->method;
        facts.url = request->url;
        facts.host = request->host;
        facts.resend = request->resend;
        facts.address = facts.address ? facts.address : request->address;
        facts.phase = facts.phase ? facts.phase : request->phase;
        facts.status = facts.status ? facts.status : request->status;
        error = rebuild(error, &facts);
    }
    ah_buf_release(&text);
    return error;
}

ahttp_error *ah_error_with_hops(ahttp_error *error, const ahttp_error_hop *hops)
{
    if (error == &no_memory)
        return error;
    ahttp_error facts = *error;
    facts.hops = hops;
    return rebuild(error, &facts);
}

ahttp_error *ah_error_with_timings(ahttp_error *error, const ahttp_timings *timings)
{
    if (error == &no_memory)
        return error;
    ahttp_error facts = *error;
    facts.timings = timings;
    ahttp_error *whole = build(&facts);
    ah_error_free(error);
    return whole;
}

void ah_error_free(ahttp_error *error)
{
    if (error != &no_memory)
        ah_free(error);
}
