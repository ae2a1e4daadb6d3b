/* SPDX-License-Identifier: MIT */
#ifndef FETCHERS_PICTURES_H
#define FETCHERS_PICTURES_H
/* What the four programs that download pictures share: arguments, names of files, a bar on a
   terminal, lines for what went wrong, and the sum at the end.  How the downloads are run is all
   that differs between them. */
#include <ahttp.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct pictures {
    const char *folder;
    char **urls;
    size_t count;
    size_t limit; /* downloads at the same time */
    bool verbose; /* a line per file instead of the bar */
    size_t done;
    size_t ok, missing, failed;
} pictures;

typedef void pictures_fn(pictures *all);

/* usage: PROGRAM [-v] [-m LIMIT] FOLDER URL...
   Runs download_all and prints the sum.  The exit code: 0, if every picture is there. */
int pictures_main(int argc, char **argv, pictures_fn *download_all);
/* Where the picture is kept, to be freed. */
char *pictures_path(const pictures *all, const char *url);

/* One picture, from top to bottom; the task or thread waits meanwhile. */
void pictures_download(pictures *all, ahttp_session *session, const char *url);

/* How a download ended; each may be called by any thread.  The response's status decides where
   nothing failed before it was saved. */
void pictures_saved(pictures *all, const char *url);
void pictures_refused(pictures *all, const char *url, const ahttp_response *response);
void pictures_broke(pictures *all, const char *url, const ahttp_error *error);

#endif
