/* SPDX-License-Identifier: MIT */
#include "support/dns_server.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_SIZE = 512, NAME_SIZE = 256, HEADER_SIZE = 12, LOG_SIZE = 256 };

typedef struct asked {
    char name[NAME_SIZE];
    int type;
} asked;

struct dns_server {
    const dns_rule *rules;
    int udp;
    int tcp;
    int stop[2];
    char text[32];
    pthread_t thread;
    pthread_mutex_t mutex; /* of the log */
    asked log[LOG_SIZE];
    size_t log_count;
};

typedef struct message {
    uint8_t bytes[MESSAGE_SIZE];
    size_t len;
} message;

static void need(bool works, const char *what)
{
    if (works)
        return;
    perror(what);
    abort();
}

static void put16(message *to, unsigned value)
{
    to->bytes[to->len++] = (uint8_t)(value >> 8);
    to->bytes[to->len++] = (uint8_t)value;
}

static void put_name(message *to, const char *name)
{
    while (*name) {
        size_t len = strcspn(name, ".");
        to->bytes[to->len++] = (uint8_t)len;
        memcpy(to->bytes + to->len, name, len);
        to->len += len;
        name += len + (name[len] == '.');
    }
    to->bytes[to->len++] = 0;
}

static void put_record_head(message *to, const char *name, int type, uint32_t ttl)
{
    put_name(to, name);
    put16(to, (unsigned)type);
    put16(to, 1);
    put16(to, ttl >> 16);
    put16(to, ttl & 0xffff);
}

static void put_address(message *to, const char *name, const dns_rule *rule, const char *address)
{
    size_t size = rule->type == DNS_A ? 4 : 16;

    put_record_head(to, name, rule->type, rule->ttl);
    put16(to, (unsigned)size);
    need(inet_pton(rule->type == DNS_A ? AF_INET : AF_INET6, address, to->bytes + to->len) == 1,
         address);
    to->len += size;
}

static void put_alias(message *to, const char *name, const char *alias, uint32_t ttl)
{
    put_record_head(to, name, DNS_CNAME, ttl);
    size_t size_at = to->len;
    put16(to, 0);
    put_name(to, alias);
    to->bytes[size_at + 1] = (uint8_t)(to->len - size_at - 2);
}

/* Returns the number of records. */
static unsigned put_records(message *to, const dns_rule *rule)
{
    const char *owner = rule->alias ? rule->alias : rule->name;
    unsigned count = 0;

    if (rule->alias) {
        put_alias(to, rule->name, rule->alias, rule->alias_ttl);
        count++;
    }
    if (rule->manner == DNS_LOOPS) {
        put_alias(to, rule->alias, rule->name, rule->alias_ttl);
        count++;
    }
    for (size_t i = 0; i < 4 && rule->addresses[i]; i++, count++)
        put_address(to, owner, rule, rule->addresses[i]);
    return count;
}

/* The question of a query, lower case; false when it is none. */
static bool read_question(const message *query, char name[NAME_SIZE], int *type, size_t *end)
{
    size_t at = HEADER_SIZE;
    size_t len = 0;

    while (at < query->len && query->bytes[at] != 0) {
        size_t label = query->bytes[at++];
        if (at + label >= query->len || len + label + 1 >= NAME_SIZE)
            return false;
        for (size_t i = 0; i < label; i++) {
            char c = (char)query->bytes[at + i];
            name[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        name[len++] = '.';
        at += label;
    }
    if (at + 5 > query->len)
        return false;
    name[len > 0 ? len - 1 : 0] = '\0';
    *type = query->bytes[at + 1] << 8 | query->bytes[at + 2];
    *end = at + 5;
    return true;
}

static const dns_rule *find_rule(const dns_server *server, const char *name, int type, bool *known)
{
    *known = false;
    for (const dns_rule *rule = server->rules; rule->name; rule++) {
        if (strcmp(rule->name, name) != 0)
            continue;
        *known = true;
        if (rule->type == type)
            return rule;
    }
    return NULL;
}

static void note(dns_server *server, const char *name, int type)
{
    pthread_mutex_lock(&server->mutex);
    if (server->log_count < LOG_SIZE) {
        asked *entry = &server->log[server->log_count++];
        snprintf(entry->name, sizeof entry->name, "%s", name);
        entry->type = type;
    }
    pthread_mutex_unlock(&server->mutex);
}

/* False: there is to be no reply. */
static bool make_reply(dns_server *server, const message *query, bool over_tcp, message *reply)
{
    enum { RESPONSE = 0x8180, TRUNCATED = 0x0200, SERVFAIL = 2, NXDOMAIN = 3 };
    char name[NAME_SIZE] = "";
    int type;
    size_t end;
    bool known;

    if (!read_question(query, name, &type, &end))
        return false;
    if (!over_tcp)
        note(server, name, type);
    const dns_rule *rule = find_rule(server, name, type, &known);
    dns_manner manner = rule ? rule->manner : DNS_ANSWERS;
    if (manner == DNS_SILENT)
        return false;
    bool truncated = !over_tcp && (manner == DNS_OVER_TCP || manner == DNS_HANGS_UP);
    unsigned flags = RESPONSE | (truncated ? TRUNCATED : 0u) |
                     (manner == DNS_FAILS ? SERVFAIL : 0u) | (known ? 0u : NXDOMAIN);
    memcpy(reply->bytes, query->bytes, end);
    reply->len = end;
    bool answers = rule && !truncated && manner != DNS_FAILS;
    unsigned records = answers ? put_records(reply, rule) : 0;
    size_t len = reply->len;
    reply->len = 2;
    put16(reply, flags);
    put16(reply, 1);
    put16(reply, records);
    put16(reply, 0);
    put16(reply, 0);
    reply->len = len;
    return true;
}

static void serve_udp(dns_server *server)
{
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    message query;
    message reply;
    ssize_t got = recvfrom(server->udp, query.bytes, sizeof query.bytes, 0,
                           (struct sockaddr *)&from, &from_len);

    if (got < HEADER_SIZE)
        return;
    query.len = (size_t)got;
    if (make_reply(server, &query, false, &reply))
        (void)sendto(server->udp, reply.bytes, reply.len, 0, (struct sockaddr *)&from, from_len);
}

static bool hangs_up(const dns_server *server)
{
    for (const dns_rule *rule = server->rules; rule->name; rule++)
        if (rule->manner == DNS_HANGS_UP)
            return true;
    return false;
}

static void serve_tcp(dns_server *server)
{
    int fd = accept(server->tcp, NULL, NULL);
    uint8_t size[2];
    message query;
    message reply;

    need(fd >= 0, "accept");
    if (!hangs_up(server) && recv(fd, size, 2, MSG_WAITALL) == 2) {
        query.len = (size_t)(size[0] << 8 | size[1]);
        if (query.len <= sizeof query.bytes &&
            recv(fd, query.bytes, query.len, MSG_WAITALL) == (ssize_t)query.len &&
            make_reply(server, &query, true, &reply)) {
            size[0] = (uint8_t)(reply.len >> 8);
            size[1] = (uint8_t)reply.len;
            (void)send(fd, size, 2, MSG_NOSIGNAL | MSG_MORE);
            (void)send(fd, reply.bytes, reply.len, MSG_NOSIGNAL);
        }
    }
    close(fd);
}

static void *serve(void *ctx)
{
    dns_server *server = ctx;
    struct pollfd fds[] = {
        {server->stop[0], POLLIN, 0}, {server->udp, POLLIN, 0}, {server->tcp, POLLIN, 0}};

    for (;;) {
        if (poll(fds, 3, -1) < 0)
            continue;
        if (fds[0].revents)
            return NULL;
        if (fds[1].revents)
            serve_udp(server);
        if (fds[2].revents)
            serve_tcp(server);
    }
}

/* The TCP port chooses, and the UDP port of the same number has to be free too. */
static void open_ports(dns_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    for (int tries = 0; tries < 20; tries++) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = 0;
        server->tcp = socket(AF_INET, SOCK_STREAM, 0);
        server->udp = socket(AF_INET, SOCK_DGRAM, 0);
        need(bind(server->tcp, (struct sockaddr *)&address, sizeof address) == 0, "bind");
        need(listen(server->tcp, 8) == 0, "listen");
        getsockname(server->tcp, (struct sockaddr *)&address, &len);
        if (bind(server->udp, (struct sockaddr *)&address, sizeof address) == 0) {
            snprintf(server->text, sizeof server->text, "127.0.0.1:%u", ntohs(address.sin_port));
            return;
        }
        close(server->tcp);
        close(server->udp);
    }
    need(false, "bind UDP port");
}

dns_server *dns_server_start(const dns_rule *rules)
{
    dns_server *server = calloc(1, sizeof *server);

    need(server != NULL, "calloc");
    server->rules = rules;
    pthread_mutex_init(&server->mutex, NULL);
    open_ports(server);
    need(pipe(server->stop) == 0, "pipe");
    need(pthread_create(&server->thread, NULL, serve, server) == 0, "pthread_create");
    return server;
}

void dns_server_stop(dns_server *server)
{
    need(write(server->stop[1], "x", 1) == 1, "write");
    pthread_join(server->thread, NULL);
    pthread_mutex_destroy(&server->mutex);
    close(server->stop[0]);
    close(server->stop[1]);
    close(server->udp);
    close(server->tcp);
    free(server);
}

const char *dns_server_text(const dns_server *server)
{
    return server->text;
}

size_t dns_server_asked(dns_server *server, const char *name, int type)
{
    size_t count = 0;

    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->log_count; i++)
        if (server->log[i].type == type && strcmp(server->log[i].name, name) == 0)
            count++;
    pthread_mutex_unlock(&server->mutex);
    return count;
}
