/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_FORM_H
#define AHTTP_COMMAND_FORM_H
/* The arguments of -F as a tree of parts. */
#include "options.h"

struct form_part {
    form_part *next, *parent;
    form_part *children, *last_child; /* of a nested multipart */
    bool is_nested;
    char *name;
    text data;       /* the content, unless file is given */
    char *file;      /* a path */
    char *file_name; /* as it is told to the server; NULL: none */
    char *type;      /* NULL: by the file's name, or none */
    char *encoder;   /* NULL: binary */
    list headers;
};

void form_free(form_part *form);
/* Adds what "name=content" says to the root, which is made if *form is NULL.  With is_string
   nothing in the content is special. */
option_result form_add(form_part **form, const char *given, bool is_string, text *why);

#endif
