/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

enum { REQUESTS = 20 };

static void *fetch_all(void *url)
{
    ahttp_connector *connector = ahttp_connector_new(.limit = 10, .limit_per_host = 2);
    ahttp_session *session = ahttp_session_new(.connector = connector);
    ahttp_connector_stats stats = {.size = sizeof stats};
    ahttp_future *requests[REQUESTS];
    int good = 0;

    for (int i = 0; i < REQUESTS; i++)
        requests[i] = ahttp_get(session, url);
    for (int i = 0; i < REQUESTS; i++) {
        ahttp_response *page = ahttp_await(requests[i]);
        good += page && ahttp_response_ok(page);
        ahttp_response_unref(page);
    }
    ahttp_connector_get_stats(connector, &stats);
    printf("%d pages over %d connections\n", good, (int)stats.opened);
    ahttp_await_status(ahttp_session_close(session));
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    return NULL;
}

int main(int argc, char **argv)
{
    return argc < 2 || ahttp_run(fetch_all, argv[1]) < 0;
}
