/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

static void attempt(const char *what, ahttp_future *request)
{
    ahttp_response *response = ahttp_await(request);
    const ahttp_error *error = response ? NULL : ahttp_task_error();

    if (!error)
        printf("%s: status %d\n", what, ahttp_response_status(response));
    else if (error->code == AHTTP_E_STATUS)
        printf("%s: the server says %d\n", what, error->status);
    else if (error->kinds & AHTTP_KIND_TIMEOUT)
        printf("%s: too slow, %s\n", what, ahttp_error_name(error->code));
    else if (error->kinds & AHTTP_KIND_CONNECTION)
        printf("%s: no connection, %s\n", what, ahttp_error_name(error->code));
    else
        printf("%s: %s\n", what, error->message);
    ahttp_response_unref(response);
}

static void *attempt_all(void *arg)
{
    char **urls = arg;
    ahttp_session *session = ahttp_session_new(.timeout = {.total_ms = 30000});

    attempt("missing", ahttp_get(session, urls[1]));
    attempt("missing", ahttp_get(session, urls[1], .raise_for_status = AHTTP_RAISE_FAILURES));
    attempt("slow", ahttp_get(session, urls[2], .timeout = {.total_ms = 100}));
    attempt("nobody", ahttp_get(session, "http://127.0.0.1:1/"));
    attempt("nonsense", ahttp_get(session, "gopher://example.com/"));
    ahttp_session_unref(session);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 3 || ahttp_run(attempt_all, argv) < 0;
}
