/* SPDX-License-Identifier: MIT */
#ifndef TESTS_E2E_HTTPBIN_H
#define TESTS_E2E_HTTPBIN_H
/* A session against the httpbin that the test runner starts, made and ended around each test. */
#include "support/check.h"

#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *httpbin;
static ahttp_loop *loop;
static ahttp_session *session;

static inline int begin(void **state)
{
    (void)state;
    loop = ahttp_loop_new();
    session = ahttp_session_new(.loop = loop);
    return session ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    assert_int_equal(ahttp_await_status(ahttp_session_close(session)), 0);
    ahttp_session_unref(session);
    assert_int_equal(ahttp_loop_close(loop), 0);
    return 0;
}

/* One URL at a time: valid until the next call. */
static inline const char *at(const char *path)
{
    static char url[512];

    snprintf(url, sizeof url, "%s%s", httpbin, path);
    return url;
}

static inline ahttp_response *response_of(ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);

    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    return response;
}

/* httpbins differ in the spaces of their JSON. */
static inline char *without_spaces(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    char *to = copy;

    for (; *text; text++)
        if (*text != ' ' && *text != '\n')
            *to++ = *text;
    *to = '\0';
    return copy;
}

static inline bool has_word(const char *text, const char *word)
{
    char *bare_text = without_spaces(text);
    char *bare_word = without_spaces(word);
    bool found = strstr(bare_text, bare_word) != NULL;

    free(bare_text);
    free(bare_word);
    return found;
}

/* The body must contain each word; the list ends with NULL. */
static inline void expect(ahttp_future *request, int status, const char *const words[])
{
    ahttp_response *response = response_of(request);
    const char *text = ahttp_await(ahttp_response_text(response));

    assert_int_equal(ahttp_response_status(response), status);
    if (!text)
        fail_msg("%s", ahttp_task_error()->message);
    for (; *words; words++)
        if (!has_word(text, *words))
            fail_msg("\"%s\" is not in\n%s", *words, text);
    ahttp_response_unref(response);
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static inline int find_httpbin(void **state)
{
    (void)state;
    httpbin = getenv("AHTTP_HTTPBIN_URL");
    if (httpbin)
        return 0;
    fprintf(stderr, "AHTTP_HTTPBIN_URL is not set: run the tests by ./dev test, which starts "
                    "httpbin, or by tools/with_httpbin.sh\n");
    return -1;
}

#endif
