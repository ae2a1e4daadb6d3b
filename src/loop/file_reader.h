/* SPDX-License-Identifier: MIT */
#ifndef AH_LOOP_FILE_READER_H
#define AH_LOOP_FILE_READER_H
/* Reading what a path or descriptor names, block by block, in libuv's threads.  What makes a
   reader wait (a pipe, a terminal) is waited for in such a thread as well. */
#include "base/error.h"
#include "base/str.h"
#include "loop/loop.h"

enum { AH_FILE_BLOCK = 128 * 1024 };

typedef struct ah_file_reader ah_file_reader;
/* The block has come, of no bytes at the end; or error, which the callee takes over.  Called
   from the loop; the callee may free the reader. */
typedef void ah_file_reader_fn(void *ctx, ah_str block, ahttp_error *error);

/* Of a path, which is copied.  NULL when out of memory. */
ah_file_reader *ah_file_reader_of_path(ahttp_loop *loop, const char *path);
/* Of a descriptor, which stays open.  NULL when out of memory. */
ah_file_reader *ah_file_reader_of_fd(ahttp_loop *loop, int fd);
/* Also while it reads: done is not called then.  NULL does nothing. */
void ah_file_reader_free(ah_file_reader *reader);

/* Reads at most AH_FILE_BLOCK bytes, from offset on if the file can seek; opens it before if
   need be.  One at a time.  A block is valid until the read after the next one begins, so that
   one can be used while the next is read. */
void ah_file_reader_read(ah_file_reader *reader, uint64_t offset, size_t most,
                         ah_file_reader_fn *done, void *ctx);
/* What it was when the first block was read; -1: it is no regular file, and has none. */
int64_t ah_file_reader_size(const ah_file_reader *reader);
/* Whether reading can start at any place; of a path, known after the first block. */
bool ah_file_reader_can_seek(const ah_file_reader *reader);

bool ah_file_can_seek(int fd);

#endif
