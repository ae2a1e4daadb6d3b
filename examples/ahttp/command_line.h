/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_COMMAND_LINE_H
#define AHTTP_COMMAND_COMMAND_LINE_H
/* From words to settings. */
#include "options.h"

/* Reads all words; false: something is wrong with them, and has been said. *code is the exit
   code then. */
bool command_line_read(global *global, int argc, char **argv, int *code);
/* One option by its name without dashes ("no-" and "expand-" included), with its value or NULL;
 *took becomes whether it took that.  What is wrong goes to *why. */
option_result command_line_option(global *global, const char *name, const char *value, bool *took,
                                  text *why);
/* The same for a letter, whose value may follow at once. */
option_result command_line_letter(global *global, char letter, const char *value, bool *took,
                                  text *why);
/* "-sSo": letters until one takes what is left, or next; *took: whether next was taken. */
option_result command_line_letters(global *global, const char *word, const char *next, bool *took,
                                   text *why);
/* What an option's result says, behind its name. */
const char *option_result_text(option_result result);
int option_result_code(option_result result);

#endif
