/* SPDX-License-Identifier: MIT */
/* usage: bench_server [CERTIFICATE KEY]

   Listens on all addresses on two ports of the system's choice, the second with TLS where there
   is a certificate, and prints them as JSON.  Ends when its standard input does. */
#include "server.h"
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024, KEPT = 4096, EVENTS = 256, PARTS = 32, ROW = 32, LINE = 64 };

typedef enum conn_kind { INPUT, LISTENS, LISTENS_TLS, TALKS } conn_kind;

/* As long as a line of the cache, and aligned to it. */
typedef struct conn {
    conn_kind kind;
    int fd;
    SSL *ssl;             /* NULL: plain */
    bool is_shaken;       /* its handshake has been counted */
    bool wants_close;     /* after the response at hand */
    bool watches_writing; /* the socket was full */
    bool is_in_row;       /* its answer goes out with those of others */
    size_t kept;          /* bytes of a request that has not come in full */
    size_t upload;        /* bytes of a request's body that are still to come */
    const answer *answer; /* being sent, or NULL */
    size_t sent;          /* bytes of it */
    char *request;        /* KEPT bytes, when there has been a part of one */
} conn;
_Static_assert(sizeof(conn) == LINE, "a connection is one line");

static int poller;
static long requests, handshakes, resumed;
static SSL_CTX *context;
static char buffer[READ_SIZE + KEPT];

/* Requests are read in rows, then answered: the kernel's code for reading is in the cache for all
   of a row, then that for writing. */
static conn *row[ROW];
static int row_len;

/* ---- Connections ---- */

static void watch(conn *c, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    epoll_ctl(poller, operation, c->fd, &event);
}

/* Epoll tells a plain socket once for what came in; OpenSSL may leave something in it. */
static unsigned reading(const conn *c)
{
    return c->ssl ? EPOLLIN : EPOLLIN | EPOLLRDHUP | EPOLLET;
}

static conn *conn_new(int fd, bool is_tls)
{
    conn *c = aligned_alloc(LINE, sizeof *c);

    *c = (conn){.kind = TALKS, .fd = fd};
    if (is_tls)
        c->ssl = tls_accept(context, fd);
    return c;
}

static void conn_free(conn *c)
{
    if (c->ssl)
        SSL_free(c->ssl);
    close(c->fd);
    free(c->request);
    free(c);
}

static void accept_all(conn *listener)
{
    int on = 1;

    for (int fd; (fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conn *c = conn_new(fd, listener->kind == LISTENS_TLS);
        watch(c, EPOLL_CTL_ADD, reading(c));
    }
}

/* ---- Writing ---- */

/* What is left of an answer, as parts; the number of them. */
static int remaining(const answer *it, size_t sent, struct iovec parts[PARTS])
{
    size_t repeated = it->repeat * it->block_len;
    int count = 0;

    if (sent < it->first_len)
        parts[count++] = (struct iovec){it->first + sent, it->first_len - sent};
    size_t done = sent > it->first_len ? sent - it->first_len : 0;
    for (; done < repeated && count < PARTS; count++) {
        size_t within = done % it->block_len;
        parts[count] = (struct iovec){it->block + within, it->block_len - within};
        done += it->block_len - within;
    }
    if (done >= repeated && done < repeated + it->last_len && count < PARTS) {
        size_t within = done - repeated;
        parts[count++] = (struct iovec){it->last + within, it->last_len - within};
    }
    return count;
}

/* A small answer goes out as one record. */
static ssize_t write_tls(conn *c, const struct iovec *parts, int count)
{
    char record[4096];
    size_t len = 0;

    for (int i = 0; i < count && len + parts[i].iov_len <= sizeof record; i++) {
        memcpy(record + len, parts[i].iov_base, parts[i].iov_len);
        len += parts[i].iov_len;
    }
    return len > 0 ? tls_write(c->ssl, record, len)
                   : tls_write(c->ssl, parts[0].iov_base, parts[0].iov_len);
}

static ssize_t write_plain(const conn *c, struct iovec *parts, int count)
{
    return count == 1
               ? send(c->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
               : sendmsg(c->fd, &(struct msghdr){.msg_iov = parts, .msg_iovlen = (size_t)count},
                         MSG_NOSIGNAL);
}

/* False when the rest must wait, or the connection is gone (*broke). */
static bool send_answer(conn *c, bool *broke)
{
    struct iovec parts[PARTS];

    for (int count; (count = remaining(c->answer, c->sent, parts)) > 0;) {
        ssize_t sent = c->ssl ? write_tls(c, parts, count) : write_plain(c, parts, count);
        if (sent < 0) {
            *broke = errno != EAGAIN;
            return false;
        }
        c->sent += (size_t)sent;
    }
    c->answer = NULL;
    *broke = c->wants_close;
    return !c->wants_close;
}

/* ---- Reading ---- */

static bool has(const char *head, size_t len, const char *text)
{
    return memmem(head, len, text, strlen(text)) != NULL;
}

/* A request's head, its empty line included. */
static void take_head(conn *c, const char *head, size_t len)
{
    const char *target = memchr(head, ' ', len);
    const char *end = target ? memchr(target + 1, ' ', len - (size_t)(target + 1 - head)) : NULL;

    requests++;
    c->sent = 0;
    c->answer = end ? answer_for(target + 1, (size_t)(end - target - 1)) : answer_for("/", 1);
    if (end && has(target, (size_t)(end - target), "/stats"))
        c->answer = answer_stats(requests, handshakes, resumed);
    if (c->answer->busy > 0)
        compute_for(c->answer->busy);
    c->wants_close = has(head, len, "Connection: close");
    if (head[0] != 'P')
        return;
    const char *length = memmem(head, len, "ontent-", 7);
    while (length && strncasecmp(length, "ontent-length:", 14) != 0)
        length = memmem(length + 1, len - (size_t)(length + 1 - head), "ontent-", 7);
    c->upload = length ? (size_t)atol(length + 14) : 0;
}

static void line_up(conn *c)
{
    c->is_in_row = true;
    row[row_len++] = c;
}

/* All requests in the bytes, the last one's answer in the row; false when the connection is to be
   closed. */
static bool take_bytes(conn *c, char *bytes, size_t len)
{
    bool broke = false;

    while (len > 0) {
        size_t used;
        if (c->upload > 0) {
            used = len < c->upload ? len : c->upload;
            c->upload -= used;
        } else {
            char *end = memmem(bytes, len, "\r\n\r\n", 4);
            if (!end) {
                if (!c->request)
                    c->request = malloc(KEPT);
                c->kept = len < KEPT ? len : KEPT;
                memcpy(c->request, bytes, c->kept);
                return true;
            }
            used = (size_t)(end + 4 - bytes);
            take_head(c, bytes, used);
        }
        bytes += used;
        len -= used;
        if (c->upload > 0 || !c->answer)
            continue;
        if (len == 0)
            line_up(c);
        else if (!send_answer(c, &broke))
            return !broke;
    }
    return true;
}

static void count_handshake(conn *c)
{
    if (!c->ssl || c->is_shaken || !SSL_is_init_finished(c->ssl))
        return;
    c->is_shaken = true;
    handshakes++;
    resumed += SSL_session_reused(c->ssl);
}

/* False when the connection is to be closed. */
static bool readable(conn *c, bool *has_more)
{
    size_t kept = c->kept;
    char *at = buffer + kept;

    if (kept > 0)
        memcpy(buffer, c->request, kept);
    c->kept = 0;
    ssize_t count = c->ssl ? tls_read(c->ssl, at, READ_SIZE) : recv(c->fd, at, READ_SIZE, 0);
    *has_more = count == READ_SIZE;
    if (count <= 0) {
        c->kept = kept;
        return count < 0 && errno == EAGAIN;
    }
    count_handshake(c);
    return take_bytes(c, buffer, kept + (size_t)count);
}

static bool writable(conn *c)
{
    bool broke = false;

    return !c->answer || send_answer(c, &broke) || !broke;
}

/* An answer is chosen when the head is in, and sent when the body is. */
static bool is_answering(const conn *c)
{
    return c->answer && c->upload == 0;
}

/* TLS may have decrypted more than was asked for. */
static bool has_pending(const conn *c)
{
    return c->ssl && c->upload > 0 && SSL_has_pending(c->ssl) && SSL_is_init_finished(c->ssl);
}

/* What comes next on a connection that has nothing to do now. */
static void rest(conn *c, bool goes_on)
{
    if (!goes_on) {
        conn_free(c);
        return;
    }
    bool is_full = is_answering(c);
    if (is_full != c->watches_writing) {
        c->watches_writing = is_full;
        watch(c, EPOLL_CTL_MOD, is_full ? EPOLLOUT : reading(c));
    }
}

static void serve(conn *c, unsigned events)
{
    bool goes_on = true, has_more = false;
    bool is_last = events & EPOLLRDHUP; /* the client's end of the stream lies in the socket */

    if (events & EPOLLOUT)
        goes_on = writable(c);
    if (goes_on && !is_answering(c) && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        do
            goes_on = readable(c, &has_more);
        while (goes_on && !is_answering(c) && (has_more || is_last || has_pending(c)));
    if (is_last)
        c->wants_close = true;
    if (!c->is_in_row)
        rest(c, goes_on);
}

static void answer_row(void)
{
    for (int i = 0; i < row_len; i++) {
        bool broke = false;
        bool goes_on = send_answer(row[i], &broke) || !broke;
        row[i]->is_in_row = false;
        rest(row[i], goes_on);
    }
    row_len = 0;
}

/* ---- Starting ---- */

static int listen_somewhere(conn_kind kind)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    /* The one that computes least, whatever this machine's is. */
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", strlen("reno"));
    if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, 65535) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        perror("listen");
        exit(1);
    }
    conn *listener = calloc(1, sizeof *listener);
    listener->fd = fd;
    listener->kind = kind;
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    conn input = {.kind = INPUT};

    signal(SIGPIPE, SIG_IGN);
    poller = epoll_create1(0);
    watch(&input, EPOLL_CTL_ADD, EPOLLIN);
    int plain = listen_somewhere(LISTENS);
    int tls = 0;
    if (argc == 3) {
        context = tls_context_new(argv[1], argv[2]);
        tls = listen_somewhere(LISTENS_TLS);
    }
    printf("{\"plain\": %d, \"tls\": %d}\n", plain, tls);
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            conn *c = events[i].data.ptr;
            if (i + 2 < count)
                __builtin_prefetch(events[i + 2].data.ptr);
            switch (c->kind) {
            case INPUT: return 0;
            case TALKS: serve(c, events[i].events); break;
            default: accept_all(c);
            }
            if (row_len == ROW || i + 1 == count)
                answer_row();
        }
    }
}
