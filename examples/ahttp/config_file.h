/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_CONFIG_FILE_H
#define AHTTP_COMMAND_CONFIG_FILE_H
/* Options from a file: a line each, "name = value" or "-x value", "quoted values", # comments. */
#include "options.h"

option_result config_file_read(global *global, const char *path);
/* The user's own, if there is one: .ahttprc in $CURL_HOME, $XDG_CONFIG_HOME, $HOME or
   $HOME/.config (.curlrc where the command stands in for curl). */
void config_file_read_default(global *global);

#endif
