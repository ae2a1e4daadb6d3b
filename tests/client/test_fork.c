/* SPDX-License-Identifier: MIT */
/* Processes that fork: the child leaves alone what its parent has, and makes its own. */
#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

static int result_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int fetch_on_a_new_loop(const char *url)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new(.loop = loop);
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;
    bool good = text && strcmp(text, "ok") == 0;

    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return ahttp_loop_close(loop) == 0 && good ? 0 : 1;
}

static void a_child_has_a_loop_of_its_own(void **state)
{
    (void)state;
    fixture f = start(NULL, false);
    const char *url = server_url(f.server, "/ok");
    assert_text(ahttp_get(f.session, url), "ok");
    fflush(NULL);

    pid_t child = fork();
    if (child == 0)
        _exit(fetch_on_a_new_loop(url));
    assert_int_equal(result_of(child), 0);

    assert_text(ahttp_get(f.session, url), "ok");
    assert_int_equal(server_count(f.server, SERVER_ACCEPTED), 2); /* the parent's was kept */
    finish(&f);
}

static int fetch_in_the_background(const char *url)
{
    ahttp_background *http = ahttp_background_start();
    ahttp_reply *reply = http ? ahttp_background_get(http, url) : NULL;
    bool good = reply && ahttp_reply_wait(reply, AHTTP_NEVER) == 0 &&
                strcmp(ahttp_reply_body(reply).data, "ok") == 0;

    ahttp_reply_free(reply);
    ahttp_background_stop(http);
    return good ? 0 : 1;
}

/* It forks before there are threads, since sanitizers let no other child start one; the server
   starts behind that. */
static void a_child_can_start_a_background(void **state)
{
    int told[2];
    char url[100] = "";
    (void)state;
    ahttp_background_stop(ahttp_background_start()); /* whatever is made once has been made */
    assert_int_equal(pipe(told), 0);
    fflush(NULL);

    pid_t child = fork();
    if (child == 0)
        _exit(read(told[0], url, sizeof url) > 0 ? fetch_in_the_background(url) : 2);
    test_server *server = server_start(NULL);
    snprintf(url, sizeof url, "%s", server_url(server, "/ok"));
    assert_int_equal(write(told[1], url, sizeof url), sizeof url);
    assert_int_equal(result_of(child), 0);

    assert_int_equal(fetch_in_the_background(url), 0);
    close(told[0]);
    close(told[1]);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_can_start_a_background),
        cmocka_unit_test(a_child_has_a_loop_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
