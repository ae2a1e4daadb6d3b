/* SPDX-License-Identifier: MIT */
/* The layers together: TLS over a socket of the kernel, with a server in a thread. */
#include "tls/fixture.h"

#include "net/socket.h"
#include <pthread.h>
#include <sys/socket.h>

enum { MEBIBYTE = 1 << 20 };

typedef struct thread_server {
    pthread_t thread;
    int fd;
    const certificate *certificate;
    bool cuts; /* closes without close_notify */
    size_t served;
} thread_server;

static SSL *accept_tls(const thread_server *server)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    SSL_CTX_use_certificate(ctx, server->certificate->x509);
    SSL_CTX_use_PrivateKey(ctx, server->certificate->key);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_fd(ssl, server->fd);
    return SSL_accept(ssl) == 1 ? ssl : (SSL_free(ssl), NULL);
}

/* Sends back what it reads, up to an "!". */
static void *serve(void *arg)
{
    thread_server *server = arg;
    char *bytes = malloc(65536);
    SSL *ssl = accept_tls(server);
    bool is_last = ssl == NULL || bytes == NULL;

    while (!is_last) {
        int count = SSL_read(ssl, bytes, 65536);
        is_last = count <= 0 || memchr(bytes, '!', (size_t)count);
        if (count > 0 && SSL_write(ssl, bytes, count) == count)
            server->served += (size_t)count;
    }
    if (ssl && !server->cuts)
        SSL_shutdown(ssl);
    SSL_free(ssl);
    free(bytes);
    shutdown(server->fd, SHUT_WR);
    return NULL;
}

static void start_server(fixture *f, thread_server *server)
{
    ahttp_error *error = NULL;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    server->fd = pair[1];
    server->certificate = f->leaf;
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    ah_transport *below = ah_socket_open(f->loop, pair[0], "server.example:443", &error);
    assert_non_null(below);
    f->user.loop = f->loop;
    f->user.stops_at_end = true;
    f->user.handshake = start_tls(f, below, "server.example", on_done, &f->user);
}

static void end_server(thread_server *server)
{
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    close(server->fd);
}

static void a_mebibyte_goes_both_ways(void **state)
{
    fixture f;
    thread_server server = {0};
    (void)state;
    begin(&f);
    char *bytes = malloc(MEBIBYTE);
    memset(bytes, 'x', MEBIBYTE);
    bytes[MEBIBYTE - 1] = '!';
    f.user.unsent = bytes;
    f.user.unsent_len = MEBIBYTE;
    start_server(&f, &server);

    run(&f);

    end_server(&server);
    assert_int_equal(server.served, MEBIBYTE);
    assert_int_equal(f.user.got_len, MEBIBYTE);
    assert_memory_equal(f.user.got, bytes, MEBIBYTE);
    assert_int_equal(f.user.code, 0);
    assert_true(f.user.has_end);
    free(bytes);
    end(&f);
}

static void a_cut_is_told_from_an_end(void **state)
{
    fixture f;
    thread_server server = {.cuts = true};
    (void)state;
    begin(&f);
    f.user.unsent = "hello!";
    f.user.unsent_len = 6;
    start_server(&f, &server);

    run(&f);

    end_server(&server);
    assert_str(ah_str_make(f.user.got, f.user.got_len), "hello!");
    assert_false(f.user.has_end);
    assert_string_equal(f.user.message,
                        "read from server.example:443: connection ended without TLS close_notify");
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mebibyte_goes_both_ways),
        cmocka_unit_test(a_cut_is_told_from_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
