/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_REPLACEMENT_H
#define AH_LOOP_REPLACEMENT_H
/* A new file that takes the place of what a path names, perhaps through symbolic links, in one
   step.  It is written under another name in the same folder first, and gets the mode of the
   file it replaces.  All of this blocks: it is for libuv's threads. */
#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

/* Of most new files. */
enum { AH_FILE_MODE = 0666 };

typedef struct ah_replacement {
    int fd;                /* to write to */
    char target[PATH_MAX]; /* the file itself, behind all links */
    char name[PATH_MAX];   /* of the new one, for now */
} ah_replacement;

/* All of these give 0 or a negative errno. */

/* Devices and the like cannot be replaced, and must not be: ENOTSUP.  Where there is no file yet,
   it gets new_mode, less the umask. */
int ah_replacement_open(ah_replacement *file, const char *path, mode_t new_mode);
/* The new file is on the disk and in its place; if not, it is gone. */
int ah_replacement_commit(ah_replacement *file);
/* Instead of that: removes it. */
void ah_replacement_discard(ah_replacement *file);

int ah_write_all(int fd, const char *data, size_t len);

#endif
