/* SPDX-License-Identifier: MIT */
/* Pictures by futures and callbacks: no task, no thread.  Each download goes from a permit of the
   semaphore to the response to the file, and gives the permit back. */
#include "pictures.h"
#include <stdlib.h>

typedef struct fetching {
    pictures *all;
    ahttp_session *session;
    ahttp_semaphore *permits;
} fetching;

typedef struct download {
    fetching *fetching;
    const char *url;
    ahttp_response *response;
    char *path;
} download;

static void end(download *download)
{
    ahttp_semaphore_release(download->fetching->permits);
    ahttp_response_unref(download->response);
    free(download->path);
    free(download);
}

static void on_saved(ahttp_future *future, void *ctx)
{
    download *download = ctx;
    const ahttp_error *error = ahttp_future_error(future);

    if (error)
        pictures_broke(download->fetching->all, download->url, error);
    else
        pictures_saved(download->fetching->all, download->url);
    end(download);
}

static void on_response(ahttp_future *future, void *ctx)
{
    download *download = ctx;
    pictures *all = download->fetching->all;

    download->response = ahttp_future_take(future);
    if (!download->response) {
        pictures_broke(all, download->url, ahttp_future_error(future));
        end(download);
    } else if (!ahttp_response_ok(download->response)) {
        pictures_refused(all, download->url, download->response);
        end(download);
    } else {
        download->path = pictures_path(all, download->url);
        ahttp_then(ahttp_stream_save(ahttp_response_stream(download->response), download->path),
                   on_saved, download);
    }
}

static void on_permit(ahttp_future *future, void *ctx)
{
    download *download = ctx;

    (void)future;
    ahttp_then(ahttp_get(download->fetching->session, download->url), on_response, download);
}

static void download_all(pictures *all)
{
    ahttp_loop *loop = ahttp_loop_new();
    fetching fetching = {
        .all = all, .session = ahttp_session_new(), .permits = ahttp_semaphore_new(all->limit)};

    for (size_t i = 0; i < all->count; i++) {
        download *each = calloc(1, sizeof *each);
        if (!each)
            abort();
        each->fetching = &fetching;
        each->url = all->urls[i];
        ahttp_then(ahttp_semaphore_acquire(fetching.permits), on_permit, each);
    }
    ahttp_loop_run(loop);
    ahttp_semaphore_free(fetching.permits);
    ahttp_session_unref(fetching.session);
    ahttp_loop_close(loop);
}

int main(int argc, char **argv)
{
    return pictures_main(argc, argv, download_all);
}
