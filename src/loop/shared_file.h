/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_SHARED_FILE_H
#define AH_LOOP_SHARED_FILE_H
/* A small file that several processes or threads change: each reads it, and replaces it as a
   whole, while no other one of them does.  Who only reads needs no lock, for a path holds the old
   or the new bytes, never a part.  A new file can be read by its owner only.  All of this blocks:
   it is for threads, and for programs that have nothing better to do. */
#include "base/buf.h"

/* What the file is to hold, appended to text, which remembers running out of memory; old is
   what it holds now, empty if it is new.  Negative: it is to stay as it is. */
typedef int ah_shared_file_fn(ah_buf *text, ah_str old, void *ctx);

/* 0, a negative errno, or what fn returned. */
int ah_shared_file_change(const char *path, ah_shared_file_fn *fn, void *ctx);
/* Appends all of it. */
int ah_shared_file_read(const char *path, ah_buf *text);

#endif
