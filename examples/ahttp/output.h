/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_OUTPUT_H
#define AHTTP_COMMAND_OUTPUT_H
/* Where a body goes: a file that is made with its first byte, standard output, or nowhere. */
#include "settings.h"

typedef struct output {
    char *path; /* NULL: standard output */
    FILE *file; /* open, or NULL */
    bool discard;
    bool is_remote;      /* the path was given by the server */
    bool append;         /* go on behind what is there */
    bool at_once;        /* standard output gets each piece as it comes */
    bool was_made;       /* the file is there because of us */
    int clobber;         /* as settings.clobber */
    int mode;            /* of a new file; 0: the usual one */
    uint64_t bytes;      /* written to it */
    long long start;     /* size of the file before that */
    const char *failure; /* why writing failed, or NULL */
} output;

/* False: it cannot be opened, or written to; failure says why. */
bool output_open(output *output);
bool output_write(output *output, const char *bytes, size_t len);
/* Back to before this try, heads included, if some of a body was written; what standard output
   has, stays. */
bool output_rewind(output *output);
/* What has been written is in the file. */
bool output_flush(output *output);
/* False: what was buffered could not be written. */
bool output_close(output *output);
void output_release(output *output);

/* ---- Names ---- */

/* The last part of the URL's path, to be freed. */
char *output_name_of_url(const char *text);
/* The name in a Content-Disposition, without any folder, to be freed; NULL: none. */
char *output_name_of_field(const char *disposition);
char *output_in_folder(const char *folder, const char *name);
/* Makes the folders of the path.  False, with errno. */
bool output_make_folders(const char *path);

#endif
