/* SPDX-License-Identifier: MIT */
/* Stands in for libFuzzer where there is none: runs a target once on each file of the folders
   given, so that every compiler builds it, and what it has found once is found again. */
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>

static void replay(const char *folder, const char *name)
{
    char path[4096];
    ah_buf data = {0};
    char *room;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    must(file != NULL);
    while ((room = ah_buf_reserve(&data, 4096))) {
        size_t count = fread(room, 1, 4096, file);
        data.len += count;
        if (count == 0)
            break;
    }
    must(!ferror(file) && !ah_buf_failed(&data));
    fclose(file);
    LLVMFuzzerTestOneInput((const uint8_t *)data.data, data.len);
    ah_buf_release(&data);
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        must(folder != NULL);
        for (struct dirent *entry; (entry = readdir(folder));)
            if (entry->d_name[0] != '.') {
                replay(argv[i], entry->d_name);
                count++;
            }
        closedir(folder);
    }
    printf("%d inputs\n", count);
    return count == 0;
}
