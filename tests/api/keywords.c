/* SPDX-License-Identifier: MIT */
/* Every keyword macro, used as a program would.  tools/check_headers.sh compiles this as C99,
   C11 and C17 without a warning; the program is a test that each of them can be linked. */
#include <ahttp.h>

static const ahttp_pair fields[] = {{"a", "1"}, {"b", "2"}, {NULL, NULL}};

/* As text longer than the strings that every compiler of ISO C takes (C11 5.2.4.1). */
#define FOUR(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define LONG_LIST FOUR(FOUR(FOUR(FOUR({"name", "value"}))))

static void drop_all(ahttp_future *const futures[], size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        ahttp_drop(futures[i]);
}

static void request(ahttp_session *session)
{
    ahttp_future *futures[] = {
        ahttp_get(session, "not a URL"),
        ahttp_head(session, "not a URL", .headers = fields),
        ahttp_post(session, "not a URL", .json = "{}", .timeout = {.total_ms = 5000}),
        ahttp_put(session, "not a URL", .data = {"bytes", 5}, .auth = "user:password"),
        ahttp_patch(session, "not a URL", .text = "text", .timeout = {.connect_ms = AHTTP_NEVER}),
        ahttp_delete(session, "not a URL", .no_decompress = true),
        ahttp_options(session, "not a URL", .params = AHTTP_PAIRS({"q", "x"})),
        ahttp_request(session, "PURGE", "not a URL", .form = AHTTP_PAIRS({"q", "x"}, {"r", "y"})),
        ahttp_get(session, "not a URL", .headers = AHTTP_PAIRS(LONG_LIST)),
    };

    drop_all(futures, sizeof futures / sizeof *futures);
}

int main(void)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_resolver *resolver = ahttp_resolver_new(.loop = loop, .cache_ms = 5000);
    ahttp_connector *connector =
        ahttp_connector_new(.loop = loop, .limit = 10, .resolver = resolver,
                            .hosts = AHTTP_HOSTS({"example.com", 443, "192.0.2.1"}));
    ahttp_session *session = ahttp_session_new(.connector = connector, .headers = fields);

    if (!loop || !resolver || !connector || !session)
        return 1;
    request(session);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    ahttp_resolver_unref(resolver);
    if (ahttp_loop_run(loop) < 0)
        return 1;
    return ahttp_loop_close(loop) < 0;
}
