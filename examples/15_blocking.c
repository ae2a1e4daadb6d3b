/* SPDX-License-Identifier: MIT */
/* Pages without a loop: send all, then wait for each.  ./15_blocking URL... */
#include <ahttp.h>
#include <stdio.h>

enum { MOST = 16 };

int main(int argc, char **argv)
{
    ahttp_reply *replies[MOST];
    int count = argc - 1 < MOST ? argc - 1 : MOST, failed = 0;
    ahttp_background *http = ahttp_background_start();

    if (!http)
        return 1;
    for (int i = 0; i < count; i++)
        replies[i] = ahttp_background_get(http, argv[i + 1], .timeout = {.total_ms = 10000});
    for (int i = 0; i < count; i++) {
        ahttp_reply *reply = replies[i];
        if (ahttp_reply_wait(reply, AHTTP_NEVER) == 0)
            printf("%d %s: %zu bytes\n", ahttp_reply_status(reply), ahttp_reply_url(reply),
                   ahttp_reply_body(reply).len);
        else
            failed += fprintf(stderr, "%s\n", ahttp_reply_error(reply)->message) > 0;
        ahttp_reply_free(reply);
    }
    ahttp_background_stop(http);
    return failed > 0;
}
