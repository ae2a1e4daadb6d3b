/* SPDX-License-Identifier: MIT */
/* The default handler.  Its answers are queued as steps, like those of any other handler. */
#include "support/server_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks as long as forty alphabets, so that all of them are the same. */
#define ALPHABETS_10 ALPHABETS_5 ALPHABETS_5
#define ALPHABETS_5  SERVER_ALPHABET SERVER_ALPHABET SERVER_ALPHABET SERVER_ALPHABET SERVER_ALPHABET
#define CHUNK_DATA   ALPHABETS_10 ALPHABETS_10 ALPHABETS_10 ALPHABETS_10
#define CHUNK_LEN    (sizeof(CHUNK_DATA) - 1)
#define CHUNK        "410\r\n" CHUNK_DATA "\r\n"

void server_sendf(server_connection *connection, const char *format, ...)
{
    va_list args, again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        server_die("format an answer");
    text = server_memory(NULL, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    server_send(connection, text, (size_t)len);
    free(text);
}

static bool is_head(const server_request *request)
{
    return strcmp(request->method, "HEAD") == 0;
}

void server_reply(server_connection *connection, const server_request *request, int status,
                  const char *fields, const char *body)
{
    server_sendf(connection, "HTTP/1.1 %d Status %d\r\n%sContent-Length: %zu\r\n\r\n%s", status,
                 status, fields, strlen(body), is_head(request) ? "" : body);
}

/* --- One function for each route.  rest is what stands behind its prefix. --- */

typedef struct server_route {
    const char *prefix;
    bool has_rest;
    void (*answer)(server_connection *connection, const server_request *request, const char *rest);
} server_route;

static void ok(server_connection *connection, const server_request *request, const char *rest)
{
    (void)rest;
    if (is_head(request))
        server_do(connection, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"));
    else
        server_do(connection, SEND("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
}

static void bytes(server_connection *connection, const server_request *request, const char *rest)
{
    unsigned long long total = strtoull(rest, NULL, 10);

    server_sendf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n", total);
    if (!is_head(request))
        server_do(connection, SEND_PATTERN(total));
}

static void chunked(server_connection *connection, const server_request *request, const char *rest)
{
    uint64_t total = strtoull(rest, NULL, 10);
    size_t last = (size_t)(total % CHUNK_LEN);

    server_do(connection, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    if (is_head(request))
        return;
    server_do(connection, SEND_REPEAT(CHUNK, total / CHUNK_LEN * (sizeof(CHUNK) - 1)));
    if (last > 0)
        server_sendf(connection, "%zx\r\n%.*s\r\n", last, (int)last, CHUNK_DATA);
    server_do(connection, SEND("0\r\n\r\n"));
}

static void until_close(server_connection *connection, const server_request *request,
                        const char *rest)
{
    server_do(connection, SEND("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
    if (!is_head(request))
        server_do(connection, SEND_PATTERN(strtoull(rest, NULL, 10)));
    server_do(connection, CLOSE);
}

static void echo(server_connection *connection, const server_request *request, const char *rest)
{
    (void)rest;
    server_sendf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                 request->head_len + request->body_kept);
    if (is_head(request))
        return;
    server_send(connection, request->head, request->head_len);
    server_send(connection, request->body, request->body_kept);
}

static void status(server_connection *connection, const server_request *request, const char *rest)
{
    int code = atoi(rest);
    char body[32];

    snprintf(body, sizeof body, "status %d", code);
    if (code / 100 == 1 || code == 204 || code == 304)
        server_sendf(connection, "HTTP/1.1 %d Status %d\r\n\r\n", code, code);
    else
        server_reply(connection, request, code, "", body);
}

static void redirect(server_connection *connection, const server_request *request, const char *rest)
{
    const char *slash = strchr(rest, '/');

    server_sendf(connection, "HTTP/1.1 %d Status %d\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                 atoi(rest), atoi(rest), slash ? slash : "/");
    (void)request;
}

static void gate(server_connection *connection, const server_request *request, const char *rest)
{
    unsigned number = (unsigned)atoi(rest);
    char body[32];

    snprintf(body, sizeof body, "gate %u", number);
    server_do(connection, WAIT_GATE(number));
    server_reply(connection, request, 200, "", body);
}

static void close_after(server_connection *connection, const server_request *request,
                        const char *rest)
{
    (void)rest;
    server_reply(connection, request, 200, "Connection: close\r\n", "bye");
    server_do(connection, CLOSE);
}

static void drop(server_connection *connection, const server_request *request, const char *rest)
{
    (void)request, (void)rest;
    server_do(connection, CLOSE);
}

static void reset(server_connection *connection, const server_request *request, const char *rest)
{
    (void)request, (void)rest;
    server_do(connection, RESET);
}

static const server_route routes[] = {
    {"/ok", false, ok},
    {"/bytes/", true, bytes},
    {"/chunked/", true, chunked},
    {"/until-close/", true, until_close},
    {"/echo", false, echo},
    {"/status/", true, status},
    {"/redirect/", true, redirect},
    {"/gate/", true, gate},
    {"/close", false, close_after},
    {"/drop", false, drop},
    {"/reset", false, reset},
};

/* Where the path of a target begins, which may be a whole URL when the server plays a proxy. */
static const char *path_of(const char *target)
{
    const char *host = strstr(target, "://");

    if (target[0] == '/' || !host)
        return target;
    return host + 3 + strcspn(host + 3, "/");
}

static bool is_route(const server_route *route, const char *path)
{
    size_t len = strlen(route->prefix);

    if (strncmp(path, route->prefix, len) != 0)
        return false;
    return route->has_rest || path[len] == '\0' || path[len] == '?';
}

void server_routes(server_connection *connection, const server_request *request, void *ctx)
{
    const char *path = path_of(request->target);

    (void)ctx;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (is_route(&routes[i], path)) {
            routes[i].answer(connection, request, path + strlen(routes[i].prefix));
            return;
        }
    }
    server_reply(connection, request, 404, "", "no such route");
}
