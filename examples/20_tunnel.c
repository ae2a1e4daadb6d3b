/* SPDX-License-Identifier: MIT */
/* Standard input and output to a host behind a proxy: ./20_tunnel PROXY HOST:PORT
   ssh -o ProxyCommand='./20_tunnel http://proxy:3128 %h:%p' HOST */
#include <ahttp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static char input[16 * 1024];
static ssize_t input_len; /* 0: the end, or it cannot be read; -1: nothing has come */

/* In another thread, and not for long: the program can end while nothing is typed. */
static void *read_input(void *arg)
{
    input_len = -1;
    if (poll(&(struct pollfd){STDIN_FILENO, POLLIN, 0}, 1, 100) != 0 &&
        (input_len = read(STDIN_FILENO, input, sizeof input)) < 0)
        input_len = 0;
    return arg;
}

/* At the end of the input the host may still have something to say. */
static void *send_input(void *duplex)
{
    while (ahttp_await(ahttp_run_blocking(read_input, duplex, NULL)) && input_len != 0)
        if (input_len > 0 && ahttp_await_status(ahttp_duplex_write(
                                 duplex, (ahttp_bytes){input, (size_t)input_len})) < 0)
            break;
    return NULL;
}

static void *tunnel(void *arg)
{
    char **args = arg;
    ahttp_session *session = ahttp_session_new(.raise_for_status = AHTTP_RAISE_FAILURES);
    ahttp_response *response =
        ahttp_await(ahttp_request(session, "CONNECT", args[0], .target = args[1]));
    ahttp_duplex *duplex = response ? ahttp_response_take_duplex(response) : NULL;
    const ahttp_bytes *piece = NULL;

    if (duplex) {
        ahttp_future *sending = ahttp_spawn(send_input, duplex);
        while ((piece = ahttp_await(ahttp_duplex_read(duplex))) && piece->len > 0)
            if (write(STDOUT_FILENO, piece->data, piece->len) < (ssize_t)piece->len)
                break;
        ahttp_future_cancel(sending);
        ahttp_drop(sending);
    }
    if (!piece)
        fprintf(stderr, "%s\n", ahttp_task_error()->message);
    ahttp_duplex_close(duplex);
    ahttp_response_unref(response);
    ahttp_session_unref(session);
    return piece ? arg : ahttp_fail(AHTTP_E_STATE, "there was no tunnel");
}

int main(int argc, char **argv)
{
    return argc != 3 || ahttp_run(tunnel, argv + 1) < 0;
}
