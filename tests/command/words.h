/* SPDX-License-Identifier: MIT */
#ifndef TESTS_COMMAND_WORDS_H
#define TESTS_COMMAND_WORDS_H
/* Command lines as tests write them, and files for them to read. */
#include "support/check.h"

#include "command_line.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is said of a command line is for people: it goes nowhere here. */
static inline FILE *nowhere(void)
{
    FILE *out = fopen("/dev/null", "w");

    assert_non_null(out);
    return out;
}

/* Reads "ahttp -q" and these words, with NULL behind the last; the exit code of what is wrong with
   them, or 0. */
static inline int read_words(global *global, char **words)
{
    char *all[32] = {(char *)"ahttp", (char *)"-q"};
    int count = 2, code = 0;

    while (words[count - 2]) {
        all[count] = words[count - 2];
        count++;
    }
    *global = (struct global){.errors = nowhere()};
    assert_true(command_line_read(global, count, all, &code) == (code == 0));
    return code;
}

#define READ_WORDS(global, ...) read_words(global, (char *[]){__VA_ARGS__, NULL})

/* A file with that content; its path lives until the next one. */
static inline char *file_of(const char *content)
{
    static char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/tmp/ahttp-words-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    fputs(content, file);
    fclose(file);
    return path;
}

#endif
