/* SPDX-License-Identifier: MIT */
/* A task that has used up its stack meets the guard below it.  The handler cannot run on that
   stack, so each thread with a loop in debug mode has one of its own for handlers.  The handlers
   are the process's, and pass on to those that were there before: what they do not know ends
   the process as always. */
#include "base/mem.h"
#include "loop/debug.h"
#include <ahttp/task.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { STACK_SIZE = 64 * 1024, SIGNALS = 2, NAME_SIZE = 32 };

typedef struct fault {
    int number;
    struct sigaction before;
} fault;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static fault faults[SIGNALS] = {{.number = SIGSEGV}, {.number = SIGBUS}};
static unsigned users; /* of the handlers, in all threads */
static bool installed;

static _Thread_local unsigned nested;
static _Thread_local void *own_stack; /* NULL: the thread had one already */

/* ---- In the handler ---- */

static void write_all(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* there is nobody else to tell */
}

static void tell(const void *address)
{
    char name[NAME_SIZE];

    if (!ahttp_task_overflowed(address, name, sizeof name))
        return;
    write_all("libahttp: Stack overflow of task \"");
    write_all(name);
    write_all("\"; give it more by .stack_bytes of ahttp_spawn_with\n");
}

static fault *find_fault(int number)
{
    return number == faults[0].number ? &faults[0] : &faults[1];
}

/* Without a handler from before, the default one gets the signal as soon as this returns. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *before = &find_fault(number)->before;

    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN) {
        before->sa_handler(number);
    } else {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    tell(info->si_addr);
    pass_on(number, info, context);
}

/* ---- Putting it in place ---- */

static void install(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};

    action.sa_sigaction = on_fault;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(faults[i].number, &action, &faults[i].before);
    installed = true;
}

static bool is_in_place(int number)
{
    struct sigaction now;

    sigaction(number, NULL, &now);
    return now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_fault;
}

/* Where somebody else has installed handlers meanwhile, theirs may call ours, which then stay. */
static void uninstall(void)
{
    if (!is_in_place(faults[0].number) || !is_in_place(faults[1].number))
        return;
    for (int i = 0; i < SIGNALS; i++)
        sigaction(faults[i].number, &faults[i].before, NULL);
    installed = false;
}

static void begin_stack(void)
{
    stack_t now;

    sigaltstack(NULL, &now);
    if (!(now.ss_flags & SS_DISABLE))
        return;
    own_stack = ah_alloc(STACK_SIZE);
    if (own_stack)
        sigaltstack(&(stack_t){.ss_sp = own_stack, .ss_size = STACK_SIZE}, NULL);
}

static void end_stack(void)
{
    stack_t now;

    if (!own_stack)
        return;
    sigaltstack(NULL, &now);
    if (now.ss_sp == own_stack)
        sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    ah_free(own_stack);
    own_stack = NULL;
}

void ah_overflow_begin(void)
{
    if (nested++ == 0)
        begin_stack();
    pthread_mutex_lock(&mutex);
    if (users++ == 0 && !installed)
        install();
    pthread_mutex_unlock(&mutex);
}

void ah_overflow_end(void)
{
    pthread_mutex_lock(&mutex);
    if (--users == 0)
        uninstall();
    pthread_mutex_unlock(&mutex);
    if (--nested == 0)
        end_stack();
}
