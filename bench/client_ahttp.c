/* SPDX-License-Identifier: MIT */
/* libahttp.  Styles: callbacks and tasks look at a header and read the text as a whole; stream
   reads piece by piece; status looks at nothing but the status. */
#include "load.h"
#include <ahttp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct slot {
    bench_load *load;
    ahttp_session *session;
    ahttp_response *response;
    const char *body;
    double began;
    uint64_t bytes;
} slot;

static void on_response(ahttp_future *future, void *ctx);

static ahttp_future *ask(slot *s, const char *url)
{
    s->bytes = 0;
    s->began = load_now(s->load);
    if (s->load->upload > 0)
        return ahttp_post(s->session, url, .data = {s->body, (size_t)s->load->upload});
    return ahttp_get(s->session, url);
}

static void start(slot *s)
{
    const char *url = load_next(s->load);

    if (url)
        ahttp_then(ask(s, url), on_response, s);
}

static void look(const ahttp_response *response)
{
    if (ahttp_response_status(response) != 200 || !ahttp_response_header(response, "Content-Type"))
        abort();
}

static void end(slot *s, const ahttp_error *error)
{
    if (error)
        load_failed(s->load, error->message);
    else
        load_ended(s->load, s->began, s->bytes);
    ahttp_response_unref(s->response);
    s->response = NULL;
    start(s);
}

static void on_text(ahttp_future *future, void *ctx)
{
    slot *s = ctx;
    const char *text = ahttp_future_take(future);

    if (text)
        s->bytes = strlen(text);
    end(s, ahttp_future_error(future));
}

static void on_piece(ahttp_future *future, void *ctx)
{
    slot *s = ctx;
    const ahttp_bytes *piece = ahttp_future_take(future);

    if (!piece || piece->len == 0) {
        end(s, ahttp_future_error(future));
        return;
    }
    s->bytes += piece->len;
    ahttp_then(ahttp_stream_read(ahttp_response_stream(s->response)), on_piece, s);
}

static void on_response(ahttp_future *future, void *ctx)
{
    slot *s = ctx;

    s->response = ahttp_future_take(future);
    if (!s->response) {
        end(s, ahttp_future_error(future));
        return;
    }
    look(s->response);
    if (strcmp(s->load->style, "stream") == 0)
        ahttp_then(ahttp_stream_read(ahttp_response_stream(s->response)), on_piece, s);
    else
        ahttp_then(ahttp_response_text(s->response), on_text, s);
}

#if AHTTP_TASKS
static void *run_task(void *arg)
{
    slot *s = arg;

    for (const char *url; (url = load_next(s->load));) {
        ahttp_response *response = ahttp_await(ask(s, url));
        if (response)
            look(response);
        const char *text = response ? ahttp_await(ahttp_response_text(response)) : NULL;
        if (text)
            load_ended(s->load, s->began, strlen(text));
        else
            load_failed(s->load, ahttp_task_error()->message);
        ahttp_response_unref(response);
    }
    return NULL;
}
#endif

static void start_all(bench_load *load, ahttp_session *session)
{
    slot *slots = calloc((size_t)load->at_once, sizeof *slots);
    const char *body = load_body(load);

    for (int i = 0; i < load->at_once; i++) {
        slots[i] = (slot){.load = load, .session = session, .body = body};
#if AHTTP_TASKS
        if (strcmp(load->style, "tasks") == 0) {
            ahttp_drop(ahttp_spawn(run_task, &slots[i]));
            continue;
        }
#endif
        start(&slots[i]);
    }
}

/* NULL for http. */
static ahttp_tls *make_tls(const bench_load *load)
{
    bool is_directory = load_ca_is_directory(load);

    if (strncmp(load->urls[0], "https", 5) != 0)
        return NULL;
    return ahttp_tls_new(.ca_file = is_directory ? NULL : load->ca,
                         .ca_dir = is_directory ? load->ca : NULL, .no_resumption = !load->resume);
}

int main(int argc, char **argv)
{
    bench_load load;

    load_parse(&load, argc, argv);
    ahttp_loop *loop = ahttp_loop_new();
    int limit = load.at_once > load.url_count ? load.at_once : (int)load.url_count;
    ahttp_tls *tls = make_tls(&load);
    ahttp_connector *connector = ahttp_connector_new(.limit = limit, .keepalive_ms = AHTTP_NEVER,
                                                     .no_keepalive = load.fresh, .tls = tls);
    ahttp_session *session = ahttp_session_new(.connector = connector);

    start_all(&load, session);
    ahttp_loop_run(loop);
    load_report(&load);
    ahttp_session_unref(session);
    ahttp_connector_unref(connector);
    ahttp_tls_unref(tls);
    ahttp_loop_close(loop);
    return load.failed > 0;
}
