/* SPDX-License-Identifier: MIT */
/* The bare client: libuv, llhttp, OpenSSL, and nothing that a request does not need.  Of a head
   it keeps names and values, as views; of a body it counts the bytes.  Style inflate decodes it
   by zlib first. */
#include "client_uv.h"
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>

enum { READ_SIZE = 64 * 1024, MOST_FIELDS = 64, REQUEST_SIZE = 1024 };

typedef struct target {
    char host[64], authority[80], path[128];
    int port;
    bool is_tls;
} target;

typedef struct view {
    const char *at;
    size_t len;
} view;

typedef struct slot {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uv_write_t writing;
    llhttp_t parser;
    tls tls;
    bench_load *load;
    double began;
    uint64_t bytes;
    view names[MOST_FIELDS], values[MOST_FIELDS];
    size_t fields;
    z_stream inflate;
    bool is_open, is_over;
} slot;

static target parsed;
static char request[REQUEST_SIZE];
static int request_len;
static SSL_CTX *context;
static char *request_body;
static char plain_buffer[READ_SIZE], clear_buffer[READ_SIZE], decoded_buffer[READ_SIZE];
static bool inflates;

static slot *slots;
static long slot_count, turn;

static void next(slot *s);

/* ---- URLs ---- */

static void parse(const char *url)
{
    parsed.is_tls = strncmp(url, "https", 5) == 0;
    if (sscanf(strstr(url, "://") + 3, "%63[^:/]:%d%127s", parsed.host, &parsed.port,
               parsed.path) != 3)
        exit(2);
    sprintf(parsed.authority, "%s:%d", parsed.host, parsed.port);
}

/* The one for the next request: with many origins each has its own, and they take turns. */
static slot *slot_behind(slot *s)
{
    return s->load->url_count > 1 ? &slots[turn++ % slot_count] : s;
}

/* ---- llhttp ---- */

static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    slot *s = parser->data;

    if (s->fields < MOST_FIELDS)
        s->names[s->fields] = (view){at, len};
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    slot *s = parser->data;

    if (s->fields < MOST_FIELDS)
        s->values[s->fields++] = (view){at, len};
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    slot *s = parser->data;

    if (!inflates) {
        s->bytes += len;
        return 0;
    }
    s->inflate.next_in = (unsigned char *)(uintptr_t)at;
    s->inflate.avail_in = (unsigned)len;
    do {
        s->inflate.next_out = (unsigned char *)decoded_buffer;
        s->inflate.avail_out = sizeof decoded_buffer;
        if (inflate(&s->inflate, Z_NO_FLUSH) < 0)
            return -1;
        s->bytes += sizeof decoded_buffer - s->inflate.avail_out;
    } while (s->inflate.avail_out == 0);
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    slot *s = parser->data;

    s->is_over = true;
    return 0;
}

static const llhttp_settings_t settings = {.on_header_field = on_name,
                                           .on_header_value = on_value,
                                           .on_body = on_body,
                                           .on_message_complete = on_complete};

/* ---- Sending ---- */

static void on_written(uv_write_t *writing, int status)
{
    free(writing->data);
    (void)status;
}

static void send_bytes(slot *s, const char *bytes, size_t len)
{
    uv_stream_t *stream = (uv_stream_t *)&s->tcp;
    uv_buf_t buf = {(char *)(uintptr_t)bytes, len};
    int sent = uv_try_write(stream, &buf, 1);

    if (sent < 0)
        sent = 0;
    if ((size_t)sent == len)
        return;
    buf = (uv_buf_t){malloc(len - (size_t)sent), len - (size_t)sent};
    memcpy(buf.base, bytes + sent, buf.len);
    s->writing.data = buf.base;
    uv_write(&s->writing, stream, &buf, 1, on_written);
}

static void flush(slot *s)
{
    if (s->tls.output_len == 0)
        return;
    send_bytes(s, s->tls.output, s->tls.output_len);
    s->tls.output_len = 0;
}

/* A program that asks for one thing again and again can write its request once. */
static void write_request(const bench_load *load)
{
    request_len = snprintf(request, sizeof request,
                           "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nUser-Agent: bare\r\n",
                           load->upload > 0 ? "POST" : "GET", parsed.path, parsed.authority);
    if (load->upload > 0)
        request_len += sprintf(request + request_len, "Content-Length: %ld\r\n", load->upload);
    request_len += sprintf(request + request_len, "\r\n");
}

static void send_request(slot *s)
{
    long upload = s->load->upload;

    llhttp_init(&s->parser, HTTP_RESPONSE, &settings);
    s->parser.data = s;
    s->fields = 0;
    s->bytes = 0;
    s->is_over = false;
    if (inflates)
        inflateReset(&s->inflate);
    if (s->tls.ssl) {
        SSL_write(s->tls.ssl, request, request_len);
        if (upload > 0)
            SSL_write(s->tls.ssl, request_body, (int)upload);
        flush(s);
        return;
    }
    send_bytes(s, request, (size_t)request_len);
    if (upload > 0)
        send_bytes(s, request_body, (size_t)upload);
}

/* ---- Receiving ---- */

static void on_closed(uv_handle_t *handle)
{
    slot *s = handle->data;

    tls_end(&s->tls);
    s->is_open = false;
    next(s);
}

static void fail(slot *s, const char *why)
{
    load_failed(s->load, why);
    if (!uv_is_closing((uv_handle_t *)&s->tcp))
        uv_close((uv_handle_t *)&s->tcp, on_closed);
}

static void take_clear(slot *s, const char *bytes, size_t len)
{
    if (llhttp_execute(&s->parser, bytes, len) != HPE_OK) {
        fail(s, llhttp_get_error_reason(&s->parser));
        return;
    }
    if (!s->is_over)
        return;
    load_ended(s->load, s->began, s->bytes);
    if (!s->load->fresh) {
        next(slot_behind(s));
        return;
    }
    tls_say_goodbye(&s->tls);
    flush(s);
    uv_close((uv_handle_t *)&s->tcp, on_closed);
}

static void take_coded(slot *s, const char *bytes, size_t len)
{
    int count;

    s->tls.input = bytes;
    s->tls.input_len = len;
    if (!SSL_is_init_finished(s->tls.ssl)) {
        int rc = SSL_do_handshake(s->tls.ssl);
        flush(s);
        if (rc == 1)
            send_request(s);
        else if (SSL_get_error(s->tls.ssl, rc) != SSL_ERROR_WANT_READ)
            fail(s, "handshake");
    }
    while (s->tls.ssl && SSL_is_init_finished(s->tls.ssl) &&
           (count = SSL_read(s->tls.ssl, clear_buffer, sizeof clear_buffer)) > 0)
        take_clear(s, clear_buffer, (size_t)count);
}

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle, (void)size;
    *buf = uv_buf_init(plain_buffer, sizeof plain_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    slot *s = stream->data;

    if (count < 0)
        fail(s, uv_strerror((int)count));
    else if (s->tls.ssl)
        take_coded(s, buf->base, (size_t)count);
    else if (count > 0)
        take_clear(s, buf->base, (size_t)count);
}

/* ---- Connecting ---- */

static void on_connected(uv_connect_t *connecting, int status)
{
    slot *s = connecting->data;

    if (status < 0) {
        fail(s, uv_strerror(status));
        return;
    }
    uv_read_start((uv_stream_t *)&s->tcp, give_buffer, on_read);
    if (!parsed.is_tls) {
        send_request(s);
        return;
    }
    tls_begin(&s->tls, context, parsed.host);
    SSL_do_handshake(s->tls.ssl);
    flush(s);
}

static void open_slot(slot *s)
{
    struct sockaddr_in address;
    const char *url = s->load->urls[(s - slots) % s->load->url_count];
    char host[sizeof parsed.host];

    uv_tcp_init(uv_default_loop(), &s->tcp);
    uv_tcp_nodelay(&s->tcp, 1);
    s->tcp.data = s->connecting.data = s;
    s->is_open = true;
    sscanf(strstr(url, "://") + 3, "%63[^:/]", host);
    uv_ip4_addr(host, parsed.port, &address);
    uv_tcp_connect(&s->connecting, &s->tcp, (struct sockaddr *)&address, on_connected);
}

static void next(slot *s)
{
    if (!load_next(s->load))
        return;
    s->began = load_now(s->load);
    if (s->is_open)
        send_request(s);
    else
        open_slot(s);
}

int main(int argc, char **argv)
{
    bench_load load;

    load_parse(&load, argc, argv);
    request_body = load_body(&load);
    parse(load.urls[0]);
    write_request(&load);
    inflates = strcmp(load.style, "inflate") == 0;
    if (parsed.is_tls)
        context = tls_client_new(&load);
    slot_count = load.url_count > load.at_once ? load.url_count : load.at_once;
    slots = calloc((size_t)slot_count, sizeof *slots);
    for (long i = 0; i < slot_count; i++) {
        slots[i].load = &load;
        if (inflates)
            inflateInit2(&slots[i].inflate, 15 + 16);
    }
    while (turn < load.at_once)
        next(&slots[turn++]);
    while (uv_run(uv_default_loop(), UV_RUN_ONCE) && load.ended < load.started)
        ;
    load_report(&load);
    return load.failed > 0;
}
