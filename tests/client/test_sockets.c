/* SPDX-License-Identifier: MIT */
/* Where a connector's sockets come from, and where they go. */
#include "one_server.h"

#include "support/misuse.h"
#include "support/open_fds.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A session of a connector of these options, which the session keeps. */
#define session_with(...)                                                                          \
    session_of(&(ahttp_connector_options){                                                         \
        .size = sizeof(ahttp_connector_options), .loop = f.loop, .resolver = NULL, __VA_ARGS__})

static ahttp_session *session_of(const ahttp_connector_options *options)
{
    ahttp_connector *connector = ahttp_connector_create(options);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    ahttp_connector_unref(connector);
    return session;
}

/* ---- Unix sockets ---- */

static void a_unix_socket_is_where_all_requests_go(void **state)
{
    (void)state;
    restart_with(&(server_script){.family = SERVER_UNIX});
    ahttp_session *session = session_with(.unix_socket = server_socket_path(f.server));

    ahttp_response *response = response_of(ahttp_get(session, "http://some.host:99/ok"));
    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    assert_string_equal(ahttp_peer_address(ahttp_response_peer(response)),
                        server_socket_path(f.server));
    assert_true(server_request_has_line(server_request_at(f.server, 0), "Host: some.host:99"));

    ahttp_response_unref(response);
    ahttp_session_unref(session);
}

static void an_abstract_unix_socket_is_named_by_an_at(void **state)
{
    (void)state;
    restart_with(&(server_script){.family = SERVER_ABSTRACT});
    ahttp_session *session = session_with(.unix_socket = server_socket_path(f.server));

    assert_text(ahttp_get(session, "http://localhost/ok"), "ok");
    ahttp_session_unref(session);
}

static void a_unix_socket_that_is_not_there_is_a_connect_error(void **state)
{
    (void)state;
    ahttp_session *session = session_with(.unix_socket = "/nowhere/http.sock");

    assert_fails(ahttp_get(session, "http://h/"), AHTTP_E_CONNECT,
                 "connect to h:80 at /nowhere/http.sock: no such file or directory");
    ahttp_session_unref(session);
}

static void a_unix_socket_that_one_may_not_use_is_a_connect_error(void **state)
{
    (void)state;
    const uid_t who = geteuid(), nobody = 65534; /* to root nothing is forbidden */
    restart_with(&(server_script){.family = SERVER_UNIX});
    assert_int_equal(chmod(server_socket_path(f.server), 0), 0);
    ahttp_session *session = session_with(.unix_socket = server_socket_path(f.server));

    assert_int_equal(seteuid(who == 0 ? nobody : who), 0);
    ahttp_response *response = ahttp_await(ahttp_get(session, "http://h/"));
    assert_int_equal(seteuid(who), 0);

    assert_null(response);
    assert_int_equal(ahttp_task_error()->code, AHTTP_E_CONNECT);
    assert_non_null(strstr(ahttp_task_error()->message, "permission denied"));
    ahttp_session_unref(session);
}

static void a_path_that_does_not_fit_is_a_connect_error(void **state)
{
    char path[200];
    (void)state;
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    ahttp_session *session = session_with(.unix_socket = path);

    assert_fails(ahttp_get(session, "http://h/"), AHTTP_E_CONNECT,
                 "xxx: the path is longer than 107 bytes");
    ahttp_session_unref(session);
}

/* ---- Local ends ---- */

static const char *local_address_of(ahttp_session *session, char text[100])
{
    ahttp_response *response = response_of(ahttp_get(session, server_url(f.server, "/ok")));

    assert_string_equal(ahttp_await(ahttp_response_text(response)), "ok");
    snprintf(text, 100, "%s", ahttp_peer_local_address(ahttp_response_peer(response)));
    ahttp_response_unref(response);
    return text;
}

static void a_local_address_is_where_connections_come_from(void **state)
{
    char text[100];
    (void)state;
    ahttp_session *session = session_with(.local_address = "127.0.0.9");

    assert_memory_equal(local_address_of(session, text), "127.0.0.9:", 10);
    ahttp_session_unref(session);
}

static void a_local_address_of_no_interface_is_a_clear_error(void **state)
{
    (void)state;
    ahttp_session *session = session_with(.local_address = "192.0.2.1");

    assert_fails(ahttp_get(session, server_url(f.server, "/ok")), AHTTP_E_CONNECT,
                 ": bind to the local address: cannot assign requested address");
    ahttp_session_unref(session);
}

static void a_local_address_rules_out_the_other_family(void **state)
{
    (void)state;
    ahttp_session *session = session_with(.local_address = "::1");

    assert_fails(ahttp_get(session, server_url(f.server, "/ok")), AHTTP_E_DNS, "127.0.0.1");
    ahttp_session_unref(session);
}

/* A port of 127.0.0.1 that is taken until the descriptor is closed. */
static int take_port(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void a_taken_local_port_is_passed_over(void **state)
{
    char text[100];
    uint16_t port;
    (void)state;
    int fd = take_port(&port);
    ahttp_session *session = session_with(.local_address = "127.0.0.1", .local_port = port,
                                          .local_port_count = port > 65000 ? 65536 - port : 500);

    local_address_of(session, text);
    int chosen = atoi(strrchr(text, ':') + 1);
    assert_true(chosen > port && chosen < port + 500);

    close(fd);
    ahttp_session_unref(session);
}

static void without_a_free_local_port_there_is_no_connection(void **state)
{
    uint16_t port;
    (void)state;
    int fd = take_port(&port);
    ahttp_session *session = session_with(.local_address = "127.0.0.1", .local_port = port);

    assert_fails(ahttp_get(session, server_url(f.server, "/ok")), AHTTP_E_CONNECT,
                 ": bind to the local address: address already in use");

    close(fd);
    ahttp_session_unref(session);
}

static void a_network_interface_is_where_connections_come_from(void **state)
{
    char text[100];
    (void)state;
    ahttp_session *session = session_with(.device = "lo");

    assert_memory_equal(local_address_of(session, text), "127.0.0.1:", 10);
    ahttp_session_unref(session);
}

static void a_network_interface_that_is_not_there_is_a_clear_error(void **state)
{
    (void)state;
    ahttp_session *session = session_with(.device = "nowhere0");

    assert_fails(ahttp_get(session, server_url(f.server, "/ok")), AHTTP_E_CONNECT,
                 ": bind to the network interface: no such device");
    ahttp_session_unref(session);
}

/* ---- The program's hand on new sockets ---- */

typedef struct prepared {
    int calls;
    int result;
    char address[100];
} prepared;

static int prepare(int fd, const char *address, void *ctx)
{
    prepared *self = ctx;
    int size = 4096;

    self->calls++;
    snprintf(self->address, sizeof self->address, "%s", address);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    return self->result;
}

static void a_new_socket_is_shown_to_the_program(void **state)
{
    prepared seen = {0};
    (void)state;
    ahttp_session *session = session_with(.on_socket = prepare, .on_socket_ctx = &seen);

    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");
    assert_text(ahttp_get(session, server_url(f.server, "/ok")), "ok");

    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.address, server_url(f.server, "") + strlen("http://"));
    ahttp_session_unref(session);
}

static void a_socket_that_the_program_refuses_is_closed(void **state)
{
    prepared seen = {.result = -EPERM};
    size_t fds = count_open_fds();
    (void)state;
    ahttp_session *session = session_with(.on_socket = prepare, .on_socket_ctx = &seen);

    assert_fails(ahttp_get(session, server_url(f.server, "/ok")), AHTTP_E_CONNECT,
                 ": prepare the socket: operation not permitted");
    ahttp_session_unref(session);
    assert_int_equal(ahttp_await_status(ahttp_sleep(0)), 0);

    assert_int_equal(count_open_fds(), fds);
}

/* ---- Mistakes ---- */

static void bind_to_a_name(void)
{
    (void)ahttp_connector_new(.local_address = "localhost");
}

static void bind_to_too_many_ports(void)
{
    (void)ahttp_connector_new(.local_port = 65000, .local_port_count = 1000);
}

static void contradictions_end_the_program(void **state)
{
    (void)state;
    assert_misuse(bind_to_a_name, "give local_address as an IP address");
    assert_misuse(bind_to_too_many_ports, "give local ports between 1 and 65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_unix_socket_is_where_all_requests_go),
        WITH_SERVER(an_abstract_unix_socket_is_named_by_an_at),
        WITH_SERVER(a_unix_socket_that_is_not_there_is_a_connect_error),
        WITH_SERVER(a_unix_socket_that_one_may_not_use_is_a_connect_error),
        WITH_SERVER(a_path_that_does_not_fit_is_a_connect_error),
        WITH_SERVER(a_local_address_is_where_connections_come_from),
        WITH_SERVER(a_local_address_of_no_interface_is_a_clear_error),
        WITH_SERVER(a_local_address_rules_out_the_other_family),
        WITH_SERVER(a_taken_local_port_is_passed_over),
        WITH_SERVER(without_a_free_local_port_there_is_no_connection),
        WITH_SERVER(a_network_interface_is_where_connections_come_from),
        WITH_SERVER(a_network_interface_that_is_not_there_is_a_clear_error),
        WITH_SERVER(a_new_socket_is_shown_to_the_program),
        WITH_SERVER(a_socket_that_the_program_refuses_is_closed),
        WITH_SERVER(contradictions_end_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
