/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>

typedef struct phrase {
    int after_ms;
    const char *text;
} phrase;

static void *say_after(void *arg)
{
    phrase *what = arg;

    ahttp_await(ahttp_sleep(what->after_ms));
    printf("%s\n", what->text);
    return what;
}

static void *talk(void *arg)
{
    phrase hello = {1000, "hello"}, world = {2000, "world"};
    ahttp_loop *loop = ahttp_loop_current();
    int64_t began_ms = ahttp_loop_now(loop);

    (void)arg;
    ahttp_future *first = ahttp_spawn(say_after, &hello);
    ahttp_future *second = ahttp_spawn(say_after, &world);
    ahttp_await(first);
    phrase *last = ahttp_await(second);
    printf("after %d ms: \"%s\" was last\n", (int)(ahttp_loop_now(loop) - began_ms), last->text);
    return NULL;
}

int main(void)
{
    return ahttp_run(talk, NULL) < 0;
}
