/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_FILE_WRITER_H
#define AH_LOOP_FILE_WRITER_H
/* Writing a file piece by piece in libuv's threads, one step at a time.  A path is replaced at
   the end (loop/replacement.h); a descriptor is written to from where it is, and what makes a
   writer wait (a pipe, a terminal) is waited for in such a thread as well. */
#include "base/error.h"
#include "base/str.h"
#include "loop/loop.h"

typedef struct ah_file_writer ah_file_writer;
/* The step is done; or it failed with error, which the callee takes over: then of a path,
   everything has been undone.  Called from the loop; the callee may free the writer. */
typedef void ah_file_writer_fn(void *ctx, ahttp_error *error);

/* To a path, which is copied.  NULL when out of memory. */
ah_file_writer *ah_file_writer_to_path(ahttp_loop *loop, const char *path);
/* To a descriptor, which stays open.  NULL when out of memory. */
ah_file_writer *ah_file_writer_to_fd(ahttp_loop *loop, int fd);
/* When no step is under way, and after finish, undo or an error, or before the first step. */
void ah_file_writer_free(ah_file_writer *writer);

/* The bytes must stay where they are until the step is done. */
void ah_file_writer_write(ah_file_writer *writer, ah_str bytes, ah_file_writer_fn *done, void *ctx);
/* That was all. */
void ah_file_writer_finish(ah_file_writer *writer, ah_file_writer_fn *done, void *ctx);
/* Nothing of it is to stay, if it is a path.  Also while another step is under way, which ends
   as soon as it can, and whose done is not called. */
void ah_file_writer_undo(ah_file_writer *writer, ah_file_writer_fn *done, void *ctx);
bool ah_file_writer_is_busy(const ah_file_writer *writer);

#endif
