/* SPDX-License-Identifier: MIT */
#include "support/at_rest.h"
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/* Of a thread that is gone as well. */
static bool sleeps(const char *thread)
{
    char path[64];
    char text[512] = "";

    snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", thread);
    FILE *file = fopen(path, "r");
    if (!file)
        return true;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *state = strrchr(text, ')'); /* the name before it may have any in it */
    return !state || (state[1] == ' ' && strchr("SZX", state[2]));
}

static bool others_sleep(void)
{
    DIR *threads = opendir("/proc/self/task");
    long self = syscall(SYS_gettid);
    bool all = true;

    for (struct dirent *each; threads && all && (each = readdir(threads));)
        if (each->d_name[0] != '.' && strtol(each->d_name, NULL, 10) != self)
            all = sleeps(each->d_name);
    if (threads)
        closedir(threads);
    return all;
}

size_t count_threads(void)
{
    DIR *threads = opendir("/proc/self/task");
    size_t count = 0;

    for (struct dirent *each; threads && (each = readdir(threads));)
        count += each->d_name[0] != '.';
    if (threads)
        closedir(threads);
    return count;
}

void wait_for_other_threads(void)
{
    while (!others_sleep())
        poll(NULL, 0, 1);
}

bool loop_has_work(const struct uv_loop_s *loop)
{
    struct pollfd backend = {uv_backend_fd(loop), POLLIN, 0};

    while (poll(&backend, 1, 0) == 0) {
        if (others_sleep())
            return poll(&backend, 1, 0) > 0;
        poll(&backend, 1, 1);
    }
    return true;
}
