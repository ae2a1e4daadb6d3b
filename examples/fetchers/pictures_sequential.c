/* SPDX-License-Identifier: MIT */
/* Pictures, one after the other: awaiting outside of tasks makes a blocking program. */
#include "pictures.h"

static void download_all(pictures *all)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new();

    for (size_t i = 0; i < all->count; i++)
        pictures_download(all, session, all->urls[i]);
    ahttp_session_unref(session);
    ahttp_loop_close(loop);
}

int main(int argc, char **argv)
{
    return pictures_main(argc, argv, download_all);
}
