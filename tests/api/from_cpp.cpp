/* SPDX-License-Identifier: MIT */
/* The public headers are C++ too: options are filled and handed to the functions. */
#include <ahttp.h>
#include <cstring>

static void note_failure(ahttp_future *future, void *ctx)
{
    *static_cast<int *>(ctx) = ahttp_future_error(future)->code;
}

int main()
{
    ahttp_loop_options loop_options = {};
    loop_options.size = sizeof loop_options;
    ahttp_loop *loop = ahttp_loop_create(&loop_options);

    ahttp_session_options session_options = {};
    session_options.size = sizeof session_options;
    session_options.loop = loop;
    ahttp_session *session = ahttp_session_create(&session_options);
    if (!loop || !session)
        return 1;

    ahttp_request_options request = {};
    request.size = sizeof request;
    request.method = "GET";
    request.url = "not a URL";
    int code = AHTTP_OK;
    ahttp_then(ahttp_session_send(session, &request), note_failure, &code);
    ahttp_drop(ahttp_session_request(session, "GET", "not a URL"));

    ahttp_session_unref(session);
    if (ahttp_loop_run(loop) < 0 || ahttp_loop_close(loop) < 0)
        return 1;
    return code != AHTTP_E_URL || std::strcmp(ahttp_error_name(code), "URL") != 0;
}
