/* SPDX-License-Identifier: MIT */
/* Whether each of the servers that tests need is there, starts where it should, and ends
   without a trace. */
#include "selftest/raw_client.h"
#include "support/check.h"
#include "support/open_fds.h"
#include "support/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = address_of(port);

    return dial_address(&address, sizeof address);
}

/* A server with this configuration (of which %u is its port), in the file "conf". */
static void assert_starts(const char *command, const char *package, const char *configuration,
                          const char *const *arguments)
{
    char text[2048];
    program *server = program_new(command, package);
    uint16_t port = program_port(server);

    assert_true((size_t)snprintf(text, sizeof text, configuration, port) < sizeof text);
    program_write(server, "conf", "%s", text);
    program_start_with(server, port, arguments);

    close(connect_to(port));
    program_stop(server);
}

#define ASSERT_STARTS(command, package, configuration, ...)                                        \
    assert_starts(command, package, configuration, (const char *const[]){__VA_ARGS__, NULL})

static void nginx_answers_as_its_configuration_says(void **state)
{
    (void)state;
    program *nginx = program_new("nginx", "nginx-light");
    uint16_t port = program_port(nginx);
    program_write(nginx, "conf",
                  "daemon off; pid pid; error_log stderr; events {}\n"
                  "http { access_log access; client_body_temp_path t; proxy_temp_path t;\n"
                  "       fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;\n"
                  "       server { listen 127.0.0.1:%u; return 200 hello; } }\n",
                  port);
    program_start(nginx, port, "-p", program_folder(nginx), "-c", "conf");

    int fd = connect_to(port);
    put(fd, "GET / HTTP/1.0\r\n\r\n");
    expect(fd, "HTTP/1.1 200 OK\r\n");
    program_wait_for(nginx, "access", "\"GET / HTTP/1.0\" 200");

    close(fd);
    program_stop(nginx);
}

/* Squids that share a service name share memory, so each has one of its own; it takes more than
   a second to end. */
static void squid_starts(void **state)
{
    char service[16];
    (void)state;
    program *squid = program_new("squid", "squid");
    uint16_t port = program_port(squid);
    snprintf(service, sizeof service, "ahttp%u", port);
    program_write(squid, "conf",
                  "http_port 127.0.0.1:%u\nhttp_access allow all\npid_filename none\n"
                  "cache_log cache.log\naccess_log none\ncache deny all\ncache_mem 0\n"
                  "pinger_enable off\nshutdown_lifetime 0 seconds\nnetdb_filename none\n"
                  "memory_cache_shared off\ncoredump_dir none\n"
                  "mime_table /usr/share/squid/mime.conf\n",
                  port);
    program_start(squid, port, "-N", "-n", service, "-f", "conf");

    close(connect_to(port));
    program_stop(squid);
}

static void tinyproxy_starts(void **state)
{
    (void)state;
    ASSERT_STARTS("tinyproxy", "tinyproxy-bin",
                  "Listen 127.0.0.1\nPort %u\nTimeout 60\nMaxClients 10\nAllow 127.0.0.1\n", "-d",
                  "-c", "conf");
}

static void dante_starts(void **state)
{
    (void)state;
    ASSERT_STARTS("danted", "dante-server",
                  "logoutput: stderr\ninternal: 127.0.0.1 port = %u\nexternal: lo\n"
                  "clientmethod: none\nsocksmethod: none\n"
                  "client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n",
                  "-f", "conf", "-p", "pid");
}

static void haproxy_starts(void **state)
{
    (void)state;
    ASSERT_STARTS("haproxy", "haproxy",
                  "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n"
                  "  timeout server 5s\nfrontend f\n  bind 127.0.0.1:%u\n"
                  "  http-request return status 200 content-type text/plain string ok\n",
                  "-db", "-f", "conf");
}

static void dnsmasq_starts(void **state)
{
    (void)state;
    ASSERT_STARTS("dnsmasq", "dnsmasq-base",
                  "port=%u\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\n"
                  "pid-file\nuser=nobody\n",
                  "-k", "--conf-file=conf");
}

static void apache_starts(void **state)
{
    (void)state;
    ASSERT_STARTS("apache2|httpd", "apache2-bin",
                  "ServerName localhost\nListen 127.0.0.1:%u\nPidFile pid\nErrorLog error\n"
                  "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
                  "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
                  "Mutex posixsem\nDefaultRuntimeDir ${HOME}\nServerRoot ${HOME}\n",
                  "-X", "-d", ".", "-f", "conf");
}

static void mitmproxy_starts(void **state)
{
    (void)state;
    program *proxy = program_new("mitmdump", "mitmproxy");
    uint16_t port = program_port(proxy);
    char port_text[8];

    snprintf(port_text, sizeof port_text, "%u", port);
    program_start(proxy, port, "--set", "confdir=.", "--listen-host", "127.0.0.1", "-p", port_text);
    assert_non_null(strstr(program_text(proxy, "mitmproxy-ca-cert.pem"), "BEGIN CERTIFICATE"));

    program_stop(proxy);
}

static void a_program_that_ends_tells_its_status(void **state)
{
    (void)state;
    program *openssl = program_new("openssl", "openssl");
    program_start(openssl, 0, "version");
    assert_int_equal(program_wait(openssl), 0);
    assert_int_equal(strncmp(program_text(openssl, "log"), "OpenSSL 3", 9), 0);

    program_start(openssl, 0, "x509", "-in", "no-such-file");
    assert_int_equal(program_wait(openssl), 1);

    program_stop(openssl);
}

static void nothing_is_left_behind(void **state)
{
    char folder[128];
    struct stat info;
    size_t fds = count_open_fds();
    (void)state;
    program *openssl = program_new("openssl", "openssl");
    uint16_t port = program_port(openssl);
    char port_text[8];
    snprintf(folder, sizeof folder, "%s", program_folder(openssl));
    snprintf(port_text, sizeof port_text, "%u", port);
    program_start(openssl, port, "s_server", "-port", port_text, "-nocert");
    assert_true(port != program_port(openssl));

    program_stop(openssl);

    assert_int_equal(stat(folder, &info), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(count_open_fds(), fds);
    struct sockaddr_in address = address_of(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), -1);
    close(fd);
}

/* ---- What must fail ---- */

static void needs_what_is_not_there(void **state)
{
    (void)state;
    program_new("no-such-server|nor-this", "no-such-package");
}

static void starts_what_ends_at_once(void **state)
{
    (void)state;
    program *openssl = program_new("openssl", "openssl");
    program_start(openssl, program_port(openssl), "s_server", "-no_such_option");
}

/* Runs it as a test of another process, which must fail and say this. */
static void assert_test_fails(CMUnitTestFunction test, const char *message)
{
    const struct CMUnitTest tests[] = {{"it", test, NULL, NULL, NULL}};
    char output[8192];
    int ends[2], status;

    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        exit(cmocka_run_group_tests(tests, NULL, NULL));
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; (n = read(ends[0], output + len, sizeof output - 1 - len)) > 0;)
        len += (size_t)n;
    output[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 1 << 8);
    if (!strstr(output, message))
        fail_msg("\"%s\" is not in: %s", message, output);
}

static void a_program_that_is_missing_fails_the_test_with_its_package(void **state)
{
    (void)state;
    assert_test_fails(needs_what_is_not_there,
                      "this test needs no-such-server|nor-this, which is not installed: on Debian "
                      "it is in the package no-such-package");
}

static void a_program_that_does_not_start_fails_the_test_with_its_log(void **state)
{
    (void)state;
    assert_test_fails(starts_what_ends_at_once, "it ended instead of listening\ns_server: Unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nginx_answers_as_its_configuration_says),
        cmocka_unit_test(squid_starts),
        cmocka_unit_test(tinyproxy_starts),
        cmocka_unit_test(dante_starts),
        cmocka_unit_test(haproxy_starts),
        cmocka_unit_test(dnsmasq_starts),
        cmocka_unit_test(apache_starts),
        cmocka_unit_test(mitmproxy_starts),
        cmocka_unit_test(a_program_that_ends_tells_its_status),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(a_program_that_is_missing_fails_the_test_with_its_package),
        cmocka_unit_test(a_program_that_does_not_start_fails_the_test_with_its_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
