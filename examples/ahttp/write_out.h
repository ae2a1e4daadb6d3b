/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_WRITE_OUT_H
#define AHTTP_COMMAND_WRITE_OUT_H
/* -w: "%{http_code} %header{etag} %output{file}%{json}". */
#include "facts.h"

/* The names of its variables, in order; NULL behind the last. */
const char *write_out_name(size_t index);
void write_out(FILE *standard, const global *global, const char *format, const facts *facts);

#endif
