/* SPDX-License-Identifier: MIT */
/* Many threads, each with a loop and a session of its own, which share settings of TLS; most
   worth under TSan.  And a process that forks while it has them. */
#include "client/tls_server.h"
#include "support/stress.h"
#include <ahttp/thread.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef AHTTP_SANITIZED
enum { THREADS = 8, REQUESTS = 3200, HANDSHAKES = 10, AT_ONCE = 4 };
#else
enum { THREADS = 8, REQUESTS = 100000, HANDSHAKES = 40, AT_ONCE = 4 };
#endif

static certificate *root, *leaf;
static program *nginx;
static uint16_t port, plain_port;

static int begin(void **state)
{
    char servers[512];

    (void)state;
    root = certificate_new(.common_name = "Root", .is_ca = true);
    leaf = certificate_new(.common_name = "leaf", .names = "DNS:good.test", .issuer = root);
    nginx = program_new("nginx", "nginx-light");
    port = program_port(nginx);
    plain_port = program_port(nginx);
    certificate_write(root, program_path(nginx, "root.pem"), NULL);
    certificate_write(leaf, program_path(nginx, "certificate"), program_path(nginx, "key"));
    snprintf(servers, sizeof servers,
             "keepalive_requests 1000000;\n"
             "server { listen 127.0.0.1:%u ssl; listen 127.0.0.1:%u; return 200 $arg_n; }\n",
             port, plain_port);
    write_nginx(nginx, servers);
    start_nginx(nginx, port);
    return 0;
}

static int end(void **state)
{
    (void)state;
    program_stop(nginx);
    certificate_free(leaf);
    certificate_free(root);
    return 0;
}

/* ---- What each thread does ---- */

typedef struct worker {
    pthread_t thread;
    ahttp_tls *tls;
    ahttp_session *session;
    const char *scheme;
    uint16_t at;
    int number;
    int left;  /* requests to begin */
    int right; /* answers that were this thread's own */
    int resumed;
    char why[300]; /* the first request that failed did */
} worker;

typedef struct asking {
    worker *by;
    char n[32];
    ahttp_response *response;
} asking;

static void ask(asking *it);

static void note_failure(worker *by, const ahttp_error *error)
{
    if (!by->why[0])
        snprintf(by->why, sizeof by->why, "%s", error->message);
}

static void on_text(ahttp_future *future, void *ctx)
{
    asking *it = ctx;
    const char *text = ahttp_future_take(future);

    it->by->right += text && strcmp(text, it->n) == 0;
    ahttp_response_unref(it->response);
    ask(it);
}

static void on_response(ahttp_future *future, void *ctx)
{
    asking *it = ctx;

    if (ahttp_future_error(future)) {
        note_failure(it->by, ahttp_future_error(future));
        return;
    }
    it->response = ahttp_future_take(future);
    it->by->resumed += ahttp_peer_tls_resumed(ahttp_response_peer(it->response));
    ahttp_then(ahttp_response_text(it->response), on_text, it);
}

static void ask(asking *it)
{
    char url[128];

    if (it->by->left == 0)
        return;
    snprintf(it->n, sizeof it->n, "%d-%d", it->by->number, it->by->left--);
    snprintf(url, sizeof url, "%s://good.test:%u/?n=%s", it->by->scheme, it->by->at, it->n);
    ahttp_then(ahttp_get(it->by->session, url), on_response, it);
}

static void *work(worker *it, bool keeps)
{
    asking slots[AT_ONCE] = {{0}};
    client own = client_with(ahttp_tls_ref(it->tls), !keeps);

    it->session = own.session;
    for (int i = 0; i < AT_ONCE; i++) {
        slots[i].by = it;
        ask(&slots[i]);
    }
    ahttp_loop_run(own.loop);
    client_end(&own);
    return NULL;
}

static void *work_on_kept_connections(void *arg)
{
    return work(arg, true);
}

static void *work_on_new_connections(void *arg)
{
    return work(arg, false);
}

static void run_workers(void *(*body)(void *), const char *scheme, uint16_t at, int count,
                        worker workers[THREADS])
{
    ahttp_tls *tls = ahttp_tls_new(.ca_file = program_path(nginx, "root.pem"));

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.tls = tls, .scheme = scheme, .at = at, .number = i, .left = count};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    ahttp_tls_unref(tls);
    for (int i = 0; i < THREADS; i++)
        if (workers[i].right != count)
            fail_msg("thread %d has %d of %d answers: %s", i, workers[i].right, count,
                     workers[i].why);
}

/* ---- The tests ---- */

static void each_thread_has_its_own_answers(void **state)
{
    worker workers[THREADS];
    (void)state;
    run_workers(work_on_kept_connections, "http", plain_port, stress_requests(REQUESTS) / THREADS,
                workers);
}

static void each_thread_has_its_own_answers_by_https(void **state)
{
    worker workers[THREADS];
    (void)state;
    run_workers(work_on_kept_connections, "https", port, stress_requests(REQUESTS) / THREADS,
                workers);
}

static void threads_resume_each_others_sessions(void **state)
{
    worker workers[THREADS];
    int resumed = 0;
    (void)state;
    run_workers(work_on_new_connections, "https", port, HANDSHAKES, workers);

    for (int i = 0; i < THREADS; i++)
        resumed += workers[i].resumed;
    assert_true(resumed > THREADS * HANDSHAKES / 2);
}

/* A child shares the loop's descriptors with its parent, so it leaves those alone and makes its
   own. */
static void a_child_process_can_make_a_loop_of_its_own(void **state)
{
    int status;
    (void)state;
    client parent = client_with(ahttp_tls_new(.ca_file = program_path(nginx, "root.pem")), false);
    text_of(ahttp_get(parent.session, url_of("good.test", port)));
    fflush(NULL);

    pid_t pid = fork();
    if (pid == 0) {
        ahttp_tls *tls = ahttp_tls_new(.ca_file = program_path(nginx, "root.pem"));
        ahttp_loop *loop = ahttp_loop_new();
        ahttp_connector *connector =
            ahttp_connector_new(.loop = loop, .tls = tls,
                                .hosts = AHTTP_HOSTS({"*", 0, "127.0.0.1"}));
        ahttp_session *session = ahttp_session_new(.connector = connector);
        ahttp_response *response = ahttp_await(ahttp_get(session, url_of("good.test", port)));
        int code = response && ahttp_response_status(response) == 200 ? 0 : 1;
        ahttp_response_unref(response);
        ahttp_session_unref(session);
        ahttp_connector_unref(connector);
        _exit(ahttp_loop_close(loop) == 0 ? code : 2);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    text_of(ahttp_get(parent.session, url_of("good.test", port)));
    client_end(&parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thread_has_its_own_answers),
        cmocka_unit_test(each_thread_has_its_own_answers_by_https),
        cmocka_unit_test(threads_resume_each_others_sessions),
        cmocka_unit_test(a_child_process_can_make_a_loop_of_its_own),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
