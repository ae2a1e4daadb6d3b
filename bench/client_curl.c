/* SPDX-License-Identifier: MIT */
/* libcurl.  Styles: multi_socket on libuv (as its documentation shows), and multi_poll. */
#include "load.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef struct slot {
    CURL *easy;
    bench_load *load;
    double began;
    uint64_t bytes;
} slot;

typedef struct watch {
    uv_poll_t poll;
    curl_socket_t socket;
} watch;

static CURLM *multi;
static uv_timer_t timer;

/* ---- Requests ---- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    slot *s = ctx;

    (void)bytes;
    s->bytes += size * count;
    return size * count;
}

static bool start(slot *s)
{
    const char *url = load_next(s->load);

    if (!url)
        return false;
    s->bytes = 0;
    s->began = load_now(s->load);
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    curl_multi_add_handle(multi, s->easy);
    return true;
}

static void set_roots(CURL *easy, const bench_load *load)
{
    bool is_directory = load_ca_is_directory(load);

    if (!load->ca)
        return;
    curl_easy_setopt(easy, CURLOPT_CAINFO, is_directory ? NULL : load->ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, is_directory ? load->ca : NULL);
}

static void set_up(slot *s, bench_load *load, const char *body)
{
    s->easy = curl_easy_init();
    s->load = load;
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->easy, CURLOPT_USERAGENT, "libcurl");
    curl_easy_setopt(s->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(s->easy, CURLOPT_FORBID_REUSE, load->fresh ? 1L : 0L);
    curl_easy_setopt(s->easy, CURLOPT_SSL_SESSIONID_CACHE, load->resume ? 1L : 0L);
    set_roots(s->easy, load);
    if (load->upload > 0) {
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, load->upload);
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, body);
    }
}

static void take_ended(void)
{
    int left;

    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        slot *s;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &s);
        if (message->data.result == CURLE_OK)
            load_ended(s->load, s->began, s->bytes);
        else
            load_failed(s->load, curl_easy_strerror(message->data.result));
        curl_multi_remove_handle(multi, s->easy);
        start(s);
    }
}

/* ---- multi_socket ---- */

static void act(curl_socket_t socket, int events)
{
    int running;

    curl_multi_socket_action(multi, socket, events, &running);
    take_ended();
}

static void on_timer(uv_timer_t *handle)
{
    (void)handle;
    act(CURL_SOCKET_TIMEOUT, 0);
}

static int on_want_timer(CURLM *handle, long ms, void *ctx)
{
    (void)handle, (void)ctx;
    if (ms < 0)
        uv_timer_stop(&timer);
    else
        uv_timer_start(&timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    watch *w = (watch *)poll;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    act(w->socket, flags);
}

static void free_watch(uv_handle_t *handle)
{
    free(handle);
}

static int on_want_socket(CURL *easy, curl_socket_t socket, int what, void *ctx, void *known)
{
    watch *w = known;

    (void)easy, (void)ctx;
    if (what == CURL_POLL_REMOVE) {
        uv_poll_stop(&w->poll);
        uv_close((uv_handle_t *)w, free_watch);
        curl_multi_assign(multi, socket, NULL);
        return 0;
    }
    if (!w) {
        w = malloc(sizeof *w);
        w->socket = socket;
        uv_poll_init_socket(uv_default_loop(), &w->poll, socket);
        curl_multi_assign(multi, socket, w);
    }
    uv_poll_start(&w->poll,
                  (what & CURL_POLL_IN ? UV_READABLE : 0) |
                      (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                  on_ready);
    return 0;
}

static void run_socket(bench_load *load)
{
    act(CURL_SOCKET_TIMEOUT, 0);
    while (load->ended + load->failed < load->started)
        uv_run(uv_default_loop(), UV_RUN_ONCE);
}

/* ---- multi_poll ---- */

static void run_poll(bench_load *load)
{
    int running;

    while (load->ended + load->failed < load->started) {
        curl_multi_perform(multi, &running);
        take_ended();
        if (load->ended + load->failed < load->started)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

int main(int argc, char **argv)
{
    bench_load load;

    load_parse(&load, argc, argv);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)load.at_once + load.url_count);
    bool polls = strcmp(load.style, "multi_poll") == 0;
    if (!polls) {
        uv_timer_init(uv_default_loop(), &timer);
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_want_socket);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_want_timer);
    }
    slot *slots = calloc((size_t)load.at_once, sizeof *slots);
    const char *body = load_body(&load);
    for (int i = 0; i < load.at_once; i++) {
        set_up(&slots[i], &load, body);
        start(&slots[i]);
    }
    if (polls)
        run_poll(&load);
    else
        run_socket(&load);
    load_report(&load);
    return load.failed > 0;
}
