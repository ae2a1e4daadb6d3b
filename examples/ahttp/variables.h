/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_VARIABLES_H
#define AHTTP_COMMAND_VARIABLES_H
/* --variable name=text, name@file, %NAME from the environment; and {{name:trim:json}} in the
   values of --expand-... */
#include "options.h"

typedef struct variable variable;

void variables_free(variable *variables);
option_result variable_set(global *global, const char *given);
/* The value with all {{name}} replaced, to be freed; NULL and *why when that cannot be. */
char *variables_expand(const global *global, const char *value, text *why);

#endif
