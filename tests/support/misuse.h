/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_MISUSE_H
#define TESTS_SUPPORT_MISUSE_H

/* Runs breach() in a process of its own, and fails the test unless that aborts and says
   something with `words` in it. */
void assert_misuse(void (*breach)(void), const char *words);

#endif
