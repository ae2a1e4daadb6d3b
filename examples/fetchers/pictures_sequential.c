/* SPDX-License-Identifier: MIT */
/* Pictures, one after the other: awaiting outside of tasks makes a blocking program. */
#include "pictures.h"
#include <stdlib.h>

static void download(pictures *all, ahttp_session *session, const char *url)
{
    ahttp_response *response = ahttp_await(ahttp_get(session, url));
    char *path = pictures_path(all, url);

    if (!response)
        pictures_broke(all, url, ahttp_task_error());
    else if (!ahttp_response_ok(response))
        pictures_refused(all, url, response);
    else if (ahttp_await_status(ahttp_stream_save(ahttp_response_stream(response), path)) < 0)
        pictures_broke(all, url, ahttp_task_error());
    else
        pictures_saved(all, url);
    free(path);
    ahttp_response_unref(response);
}

static void download_all(pictures *all)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();

    for (size_t i = 0; i < all->count; i++)
        download(all, session, all->urls[i]);
    ahttp_session_unref(session);
    ahttp_loop_close(loop);
}

int main(int argc, char **argv)
{
    return pictures_main(argc, argv, download_all);
}
