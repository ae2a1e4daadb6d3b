/* SPDX-License-Identifier: MIT */
#include "support/tls_front.h"
#include "support/certificates.h"
#include "support/check.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct {
    int users;
    certificate *root;
    char path[64];
    char *before; /* SSL_CERT_FILE */
} installed;

void test_root_install(void)
{
    const char *before = getenv("SSL_CERT_FILE");
    int fd;

    if (installed.users++ > 0)
        return;
    installed.root = certificate_new(.common_name = "Test Root", .is_ca = true);
    snprintf(installed.path, sizeof installed.path, "/tmp/ahttp-root-XXXXXX");
    fd = mkstemp(installed.path);
    assert_true(fd >= 0);
    close(fd);
    certificate_write(installed.root, installed.path, NULL);
    installed.before = before ? strdup(before) : NULL;
    setenv("SSL_CERT_FILE", installed.path, 1);
}

void test_root_remove(void)
{
    if (--installed.users > 0)
        return;
    if (installed.before)
        setenv("SSL_CERT_FILE", installed.before, 1);
    else
        unsetenv("SSL_CERT_FILE");
    free(installed.before);
    unlink(installed.path);
    certificate_free(installed.root);
    memset(&installed, 0, sizeof installed);
}

struct tls_front {
    pthread_t thread;
    certificate *leaf;
    SSL_CTX *ctx;
    int listener;
    int stop[2]; /* a byte ends the thread */
    atomic_int goodbyes;
    atomic_bool damages;
    uint16_t port, to_port;
    const tls_front_word *words;
    char url[128];
};

static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x7f000001)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int damage(SSL *ssl)
{
    static const char record[] = "\x17\x03\x03\0\x20not encrypted by anybody at all.";
    ssize_t len = sizeof record - 1;

    return write(SSL_get_fd(ssl), record, (size_t)len) == len;
}

/* Whether there is more to come, and the client still wants to hear. */
static int to_client(tls_front *front, SSL *ssl, int fd)
{
    char bytes[16384];
    ssize_t count = read(fd, bytes, sizeof bytes);

    if (count < 0)
        SSL_set_quiet_shutdown(ssl, 1);
    if (count <= 0 || SSL_write(ssl, bytes, (int)count) != (int)count)
        return 0;
    return !atomic_load(&front->damages) || damage(ssl);
}

static int to_server(SSL *ssl, int fd)
{
    char bytes[16384];

    do {
        int count = SSL_read(ssl, bytes, sizeof bytes);
        if (count <= 0 || write(fd, bytes, (size_t)count) != count)
            return 0;
    } while (SSL_pending(ssl) > 0);
    return 1;
}

static void forward(tls_front *front, SSL *ssl, int client, int server)
{
    int goes_on = 1;

    while (goes_on) {
        struct pollfd fds[] = {
            {client, POLLIN, 0}, {server, POLLIN, 0}, {front->stop[0], POLLIN, 0}};
        if (poll(fds, 3, -1) < 0 || fds[2].revents)
            return;
        if (fds[0].revents)
            goes_on = to_server(ssl, server);
        if (goes_on && fds[1].revents)
            goes_on = to_client(front, ssl, server);
    }
}

static bool ends_a_head(const char *bytes, size_t len)
{
    return len >= 4 && memcmp(bytes + len - 4, "\r\n\r\n", 4) == 0;
}

/* Byte by byte, so that what follows is left to TLS. */
static bool hear(int client, size_t count)
{
    char bytes[4096];
    size_t got = 0;

    while (count ? got < count : !ends_a_head(bytes, got)) {
        if (got == sizeof bytes || read(client, bytes + got, 1) != 1)
            return false;
        got++;
    }
    return true;
}

static bool exchange_words(const tls_front_word *words, int client)
{
    for (; words && words->says; words++)
        if (!hear(client, words->hears) ||
            send(client, words->says, words->len, MSG_NOSIGNAL) != (ssize_t)words->len)
            return false;
    return true;
}

static void serve(tls_front *front, int client)
{
    SSL *ssl = SSL_new(front->ctx);

    /* else what follows the session tickets waits for 40 ms, until their delayed ACK comes */
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    SSL_set_fd(ssl, client);
    if (exchange_words(front->words, client) && SSL_accept(ssl) == 1) {
        int server = dial(front->to_port);
        if (server >= 0) {
            forward(front, ssl, client, server);
            close(server);
        }
        if (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN)
            atomic_fetch_add(&front->goodbyes, 1);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(client);
}

static void *run(void *arg)
{
    tls_front *front = arg;
    sigset_t pipes;

    sigemptyset(&pipes); /* OpenSSL writes by write(2) where the peer may be gone */
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, NULL);
    for (;;) {
        struct pollfd fds[] = {{front->listener, POLLIN, 0}, {front->stop[0], POLLIN, 0}};
        if (poll(fds, 2, -1) < 0 || fds[1].revents)
            return NULL;
        int client = accept(front->listener, NULL, NULL);
        if (client >= 0)
            serve(front, client);
    }
}

static int choose_http1(SSL *ssl, const unsigned char **chosen, unsigned char *len,
                        const unsigned char *offered, unsigned offered_len, void *unused)
{
    static const unsigned char http1[] = "\x08http/1.1";

    (void)ssl;
    (void)unused;
    return SSL_select_next_proto((unsigned char **)(uintptr_t)chosen, len, http1, sizeof http1 - 1,
                                 offered, offered_len) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

tls_front *tls_front_start(uint16_t to_port)
{
    return tls_front_start_behind(NULL, to_port);
}

tls_front *tls_front_start_behind(const tls_front_word *words, uint16_t to_port)
{
    tls_front *front = calloc(1, sizeof *front);

    front->words = words;
    test_root_install();
    front->leaf = certificate_new(.names = "IP:127.0.0.1,DNS:localhost", .issuer = installed.root);
    front->ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(front->ctx, front->leaf->x509), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(front->ctx, front->leaf->key), 1);
    SSL_CTX_set_alpn_select_cb(front->ctx, choose_http1, NULL);
    front->listener = listen_somewhere(&front->port);
    front->to_port = to_port;
    assert_int_equal(pipe(front->stop), 0);
    assert_int_equal(pthread_create(&front->thread, NULL, run, front), 0);
    return front;
}

uint16_t tls_front_port(const tls_front *front)
{
    return front->port;
}

const char *tls_front_url(tls_front *front, const char *path)
{
    snprintf(front->url, sizeof front->url, "https://127.0.0.1:%u%s", front->port, path);
    return front->url;
}

void tls_front_damage(tls_front *front)
{
    atomic_store(&front->damages, true);
}

bool tls_front_wait_for_goodbyes(tls_front *front, int at_least)
{
    enum { MOST_MS = 10000 };

    for (int ms = 0; ms < MOST_MS && atomic_load(&front->goodbyes) < at_least; ms++)
        poll(NULL, 0, 1);
    return atomic_load(&front->goodbyes) >= at_least;
}

void tls_front_stop(tls_front *front)
{
    assert_int_equal(write(front->stop[1], "", 1), 1);
    assert_int_equal(pthread_join(front->thread, NULL), 0);
    close(front->stop[0]);
    close(front->stop[1]);
    close(front->listener);
    SSL_CTX_free(front->ctx);
    certificate_free(front->leaf);
    test_root_remove();
    free(front);
}
