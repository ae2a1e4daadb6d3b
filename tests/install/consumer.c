/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    ahttp_loop *loop = ahttp_loop_new();
    ahttp_session *session = ahttp_session_new(.loop = loop);
    int made = loop && session;

    ahttp_session_unref(session);
    if (!made || ahttp_loop_run(loop) < 0 || ahttp_loop_close(loop) < 0)
        return 1;
    puts(ahttp_version());
    return strcmp(ahttp_version(), AHTTP_VERSION) != 0;
}
