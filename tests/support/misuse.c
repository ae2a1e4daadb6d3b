/* SPDX-License-Identifier: MIT */
#include "support/misuse.h"
#include "support/check.h"
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void breach_rule(void (*breach)(void), int to)
{
    struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, SIG_DFL);
    dup2(to, STDERR_FILENO);
    breach();
    _exit(0);
}

void assert_misuse(void (*breach)(void), const char *words)
{
    char said[1024];
    size_t len = 0;
    ssize_t got;
    int ends[2];
    int status;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        breach_rule(breach, ends[1]);
    close(ends[1]);
    while (len < sizeof said - 1 && (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    if (!strstr(said, words))
        fail_msg("\"%s\" does not say \"%s\"", said, words);
}
