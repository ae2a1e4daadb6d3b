/* SPDX-License-Identifier: MIT */
/* What an idle https connection holds: OpenSSL's memory and the library's are counted. */
#include "client/tls_server.h"
#include <ahttp/memory.h>
#include <openssl/crypto.h>

/* Each block has its size in front; 16 bytes keep the alignment. */
enum { FRONT = 16 };
static size_t live;

static void *take(size_t size)
{
    char *block = malloc(size + FRONT);

    if (!block)
        return NULL;
    memcpy(block, &size, sizeof size);
    live += size;
    return block + FRONT;
}

static void give_back(void *pointer)
{
    char *block = pointer ? (char *)pointer - FRONT : NULL;
    size_t size;

    if (!block)
        return;
    memcpy(&size, block, sizeof size);
    live -= size;
    free(block);
}

static void *change(void *pointer, size_t size)
{
    void *new = take(size);
    size_t before = 0;

    if (pointer)
        memcpy(&before, (char *)pointer - FRONT, sizeof before);
    if (new &&pointer) {
        memcpy(new, pointer, before < size ? before : size);
        give_back(pointer);
    }
    return new;
}

static void *ahttp_take(size_t size, void *ctx)
{
    (void)ctx;
    return take(size);
}

static void *ahttp_change(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return change(block, size);
}

static void ahttp_give_back(void *block, void *ctx)
{
    (void)ctx;
    give_back(block);
}

static void *openssl_take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return take(size);
}

static void *openssl_change(void *pointer, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return change(pointer, size);
}

static void openssl_give_back(void *pointer, const char *file, int line)
{
    (void)file;
    (void)line;
    give_back(pointer);
}

static program *start_server(certificate *leaf, uint16_t *port)
{
    program *nginx = program_new("nginx", "nginx-light");
    char servers[256];

    *port = program_port(nginx);
    certificate_write(leaf, program_path(nginx, "certificate"), program_path(nginx, "key"));
    program_write(nginx, "page", "%0200000d", 1);
    snprintf(servers, sizeof servers, "server { listen 127.0.0.1:%u ssl; root .; }\n", *port);
    write_nginx(nginx, servers);
    start_nginx(nginx, *port);
    return nginx;
}

/* What goes when the connections go; the session with its blocks has gone before. */
static void an_idle_connection_holds_little(void **state)
{
    enum { CONNECTIONS = 20, ALLOWED = 30 * 1024 };
    certificate *leaf = certificate_new(.common_name = "leaf", .names = "DNS:good.test");
    uint16_t port;
    program *nginx = start_server(leaf, &port);
    ahttp_future *requests[CONNECTIONS];
    ahttp_connector_stats stats = {.size = sizeof stats};
    char url[300];
    (void)state;
    ahttp_tls *tls = ahttp_tls_new(.ca_file = program_path(nginx, "certificate"));
    client it = client_with(ahttp_tls_ref(tls), false);
    ahttp_connector *connector = ahttp_connector_ref(ahttp_session_connector(it.session));
    snprintf(url, sizeof url, "%spage", url_of("good.test", port));

    for (int i = 0; i < CONNECTIONS; i++)
        requests[i] = ahttp_get(it.session, url);
    for (int i = 0; i < CONNECTIONS; i++)
        assert_int_equal(strlen(text_of(requests[i])), 4095);
    ahttp_session_unref(it.session);
    ahttp_connector_get_stats(connector, &stats);
    assert_int_equal(stats.idle, CONNECTIONS);
    size_t before = live;
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);

    size_t each = (before - live) / CONNECTIONS;
    print_message("an idle https connection holds %zu bytes\n", each);
    assert_true(each <= ALLOWED);
    ahttp_connector_unref(connector);
    ahttp_tls_unref(tls);
    assert_int_equal(ahttp_loop_close(it.loop), 0);
    program_stop(nginx);
    certificate_free(leaf);
}

int main(void)
{
    static const ahttp_allocator counting = {ahttp_take, ahttp_change, ahttp_give_back, NULL};
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_idle_connection_holds_little)};

    if (CRYPTO_set_mem_functions(openssl_take, openssl_change, openssl_give_back) != 1)
        return 1;
    ahttp_set_allocator(&counting);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
