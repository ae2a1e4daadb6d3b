/* SPDX-License-Identifier: MIT */
#include <ahttp.h>
#include <stdio.h>
#include <string.h>

/* Runs in another thread. */
static void *count_words(void *arg)
{
    static char count[32];
    int words = 0;

    for (const char *at = arg; *at; at += strspn(at, " ")) {
        at += strcspn(at, " ");
        words++;
    }
    snprintf(count, sizeof count, "%d words", words);
    return count;
}

static void *count_in_file(void *arg)
{
    const char *text = "many a word in a file";
    const char *path = arg;

    if (ahttp_await_status(ahttp_file_save(path, (ahttp_bytes){text, strlen(text)})) < 0)
        return ahttp_fail_again();
    ahttp_bytes *bytes = ahttp_await(ahttp_file_load(path));
    if (!bytes)
        return ahttp_fail_again();
    const char *count = ahttp_await(ahttp_run_blocking(count_words, (void *)bytes->data, NULL));
    printf("%s\n", count ? count : ahttp_task_error()->message);
    ahttp_file_free(bytes);
    return NULL;
}

int main(int argc, char **argv)
{
    return ahttp_run(count_in_file, argc > 1 ? argv[1] : "words.txt") < 0;
}
