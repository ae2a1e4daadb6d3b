/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_VERBS_H
#define AHTTP_VERBS_H
/* Keyword arguments of sessions and requests, for C: those of a request stand behind the URL,
       ahttp_post(session, "http://h/items", .json = "{\"id\": 7}", .timeout = {.total_ms = 5000})
   A URL that has a comma outside of parentheses needs a pair of them.  C++ programs fill the
   structs and call the functions. */
#include <ahttp/session.h>

#ifndef __cplusplus
#define ahttp_session_new(...)                                                                     \
    ahttp_session_create(&(ahttp_session_options){                                                 \
        .size = sizeof(ahttp_session_options), .made_at = AHTTP_HERE, __VA_ARGS__})
#define ahttp_request(session, verb, ...)                                                          \
    (AHTTP_SAYS_MORE(__VA_ARGS__, )                                                                \
         ? ahttp_session_send((session),                                                           \
                              &(ahttp_request_options){.size = sizeof(ahttp_request_options),      \
                                                       .method = (verb),                           \
                                                       .url = __VA_ARGS__})                        \
         : ahttp_session_request((session), (verb), AHTTP_URL_OF(__VA_ARGS__, )))
#define ahttp_get(session, ...)     ahttp_request(session, "GET", __VA_ARGS__)
#define ahttp_head(session, ...)    ahttp_request(session, "HEAD", __VA_ARGS__)
#define ahttp_post(session, ...)    ahttp_request(session, "POST", __VA_ARGS__)
#define ahttp_put(session, ...)     ahttp_request(session, "PUT", __VA_ARGS__)
#define ahttp_patch(session, ...)   ahttp_request(session, "PATCH", __VA_ARGS__)
#define ahttp_delete(session, ...)  ahttp_request(session, "DELETE", __VA_ARGS__)
#define ahttp_options(session, ...) ahttp_request(session, "OPTIONS", __VA_ARGS__)
/* The URL of a request, and whether anything stands behind it: then options are built.  They may be
   a longer text than the 4095 characters that ISO C promises. */
#define AHTTP_URL_OF(url, ...)    url
#define AHTTP_SAYS_MORE(url, ...) (AHTTP_QUIET sizeof(#__VA_ARGS__) > 1)
#endif
#endif
