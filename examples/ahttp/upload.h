/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_UPLOAD_H
#define AHTTP_COMMAND_UPLOAD_H
/* A request's body as a row of pieces, texts and files, that can be sent from the start as often
   as redirects, logins and retries want. */
#include "form.h"
#include <ahttp.h>

typedef struct upload upload;

upload *upload_new(void);
/* Not while another thread reads for it: see upload_is_reading. */
void upload_free(upload *upload);
bool upload_is_reading(const upload *upload);
void upload_add(upload *upload, const char *bytes, size_t len);
/* From that offset to its end; "-" is standard input, read to its end when it is sent.  False,
   with errno: it cannot be opened. */
bool upload_add_file(upload *upload, const char *path, int64_t offset);
/* The form, with the boundary between its parts.  False: a file is not there, whose name goes
   to *why. */
typedef struct form_style {
    bool backslashes;   /* escape names by them, rather than as the HTML Standard says */
    bool is_other_type; /* than multipart/form-data */
} form_style;
bool upload_add_form(upload *upload, const form_part *form, const char *boundary,
                     const form_style *style, text *why);
/* -1: not known before it ends. */
int64_t upload_length(const upload *upload);
/* For one sending, to be given to a request; frees nothing of the upload, which must outlive
   it. */
ahttp_body *upload_body(upload *upload);
/* Called with each piece on its way out; may be NULL. */
typedef void upload_seen_fn(const char *bytes, size_t len, void *ctx);
void upload_watch(upload *upload, upload_seen_fn *seen, void *ctx);
/* Not more than that in a second; 0: any. */
void upload_limit(upload *upload, int64_t bytes_per_second);

#endif
