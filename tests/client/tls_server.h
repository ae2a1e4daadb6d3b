/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_TLS_SERVER_H
#define TESTS_CLIENT_TLS_SERVER_H
/* Sessions with settings of their own, and real servers that have certificates made for the
   test.  All names lead to 127.0.0.1. */
#include "support/check.h"

#include "support/certificates.h"
#include "support/program.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a server says of the connection that a request came on. */
#define NGINX_TELLS                                                                                \
    "protocol=$ssl_protocol name=$ssl_server_name resumed=$ssl_session_reused "                    \
    "alpn=$ssl_alpn_protocol client=$ssl_client_s_dn connection=$connection host=$http_host"

/* Writes nginx's configuration around these server blocks. */
static inline void write_nginx(program *nginx, const char *servers)
{
    program_write(nginx, "conf",
                  "daemon off; worker_processes 1; pid pid; error_log stderr;\n"
                  "events { worker_connections 500; }\n"
                  "http { access_log off; client_body_temp_path t; proxy_temp_path t;\n"
                  "fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;\n"
                  "ssl_certificate certificate; ssl_certificate_key key;\n"
                  "ssl_protocols TLSv1.2 TLSv1.3;\n%s}\n",
                  servers);
}

static inline void start_nginx(program *nginx, uint16_t port)
{
    program_start(nginx, port, "-p", program_folder(nginx), "-c", "conf");
}

typedef struct client {
    ahttp_loop *loop;
    ahttp_session *session;
} client;

/* With these settings, which it takes over; no connection is kept if no_keepalive. */
static inline client client_with(ahttp_tls *tls, bool no_keepalive)
{
    client it = {.loop = ahttp_loop_new()};

    if (tls && ahttp_tls_error(tls))
        fail_msg("%s", ahttp_tls_error(tls)->message);
    ahttp_connector *connector =
        ahttp_connector_new(.loop = it.loop, .tls = tls, .no_keepalive = no_keepalive,
                            .hosts = AHTTP_HOSTS({"*", 0, "127.0.0.1"}));
    it.session = ahttp_session_new(.connector = connector, .timeout = {.total_ms = 20000});
    ahttp_connector_unref(connector);
    ahttp_tls_unref(tls);
    assert_non_null(it.session);
    return it;
}

static inline void client_end(client *it)
{
    ahttp_connector *connector = ahttp_connector_ref(ahttp_session_connector(it->session));

    ahttp_session_unref(it->session);
    assert_int_equal(ahttp_await_status(ahttp_connector_close(connector)), 0);
    ahttp_connector_unref(connector);
    assert_int_equal(ahttp_loop_close(it->loop), 0);
}

static inline const char *url_of(const char *host, uint16_t port)
{
    static char url[256];

    snprintf(url, sizeof url, "https://%s:%u/", host, port);
    return url;
}

/* The text of a response that must come; until the next call. */
static inline const char *text_of(ahttp_future *request)
{
    static char text[4096];
    ahttp_response *response = ahttp_await(request);

    if (!response)
        fail_msg("%s", ahttp_task_error()->message);
    const char *body = ahttp_await(ahttp_response_text(response));
    if (!body)
        fail_msg("%s", ahttp_task_error()->message);
    snprintf(text, sizeof text, "%s", body ? body : "");
    ahttp_response_unref(response);
    return text;
}

static inline void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static inline void assert_fails(ahttp_future *request, int code, const char *part)
{
    ahttp_response *response = ahttp_await(request);

    ahttp_response_unref(response);
    assert_null(response);
    const ahttp_error *error = ahttp_task_error();
    if (error->code != code || !strstr(error->message, part))
        fail_msg("%s: \"%s\" is not %s with \"%s\"", ahttp_error_name(error->code), error->message,
                 ahttp_error_name(code), part);
}

#endif
