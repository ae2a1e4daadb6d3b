/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_DOCUMENTS_H
#define AHTTP_COMMAND_DOCUMENTS_H
/* What is made from the table of options: help, the manual page, completions of shells. */

/* "man", "bash", "zsh", "fish"; 0: none of them. */
int documents_kind(const char *name);
void documents_write(int kind);
/* --help: a category, "all", "category", an option's name, or "" for what is needed most. */
void documents_help(const char *what);

#endif
