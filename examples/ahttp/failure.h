/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_FAILURE_H
#define AHTTP_COMMAND_FAILURE_H
/* curl's exit codes for the library's errors. */
#include <ahttp.h>

int failure_code(const ahttp_error *error);
/* Whether the connection had carried a response before. */
bool failure_was_kept(const ahttp_error *error);

#endif
