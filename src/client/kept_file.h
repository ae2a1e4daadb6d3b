/* SPDX-License-Identifier: MIT */
#ifndef AH_CLIENT_KEPT_FILE_H
#define AH_CLIENT_KEPT_FILE_H
/* A file in which something is kept between two runs of a program: cookies, hosts.  What belongs
   to the owner is done on its thread; what blocks, in one of libuv's, where nothing but texts is
   seen; or here and now, where nobody minds. */
#include "base/buf.h"
#include <ahttp/future.h>

typedef struct ah_kept_file ah_kept_file;

/* Both return NULL, or a static text that says what is wrong with the file; "out of memory" is
   AH_KEPT_NO_MEMORY. */
typedef struct ah_kept_type {
    const char *what; /* "cookies" */
    /* In any thread: the text that has what old has, and over it ours. */
    const char *(*merge)(const ah_kept_file *file, ah_buf *text, ah_str old);
    /* The owner takes in what was loaded. */
    const char *(*take)(const ah_kept_file *file);
    void (*release)(void *owner);
} ah_kept_type;

struct ah_kept_file {
    const ah_kept_type *type;
    void *owner;
    ah_buf text; /* ours to be saved, or what was loaded */
    int64_t now; /* seconds since 1970 */
    int format;  /* for merge */
    bool merges;
    /* How it went: */
    const char *why;
    int rc; /* a negative errno */
    bool loads;
    ahttp_future *future;
    char path[];
};

extern const char AH_KEPT_NO_MEMORY[];

/* Releases the owner at its end; or now, when it returns NULL: out of memory. */
ah_kept_file *ah_kept_file_new(const ah_kept_type *type, void *owner, const char *path);

/* All of these end the file, which may be NULL.  sentence is for a program that has no loop. */
ahttp_future *ah_kept_file_save(ah_kept_file *file, const char *sentence);
ahttp_future *ah_kept_file_load(ah_kept_file *file, const char *sentence);
/* 0 or a code. */
int ah_kept_file_save_blocking(ah_kept_file *file);
int ah_kept_file_load_blocking(ah_kept_file *file);

#endif
