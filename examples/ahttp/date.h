/* SPDX-License-Identifier: MIT */
#ifndef AHTTP_COMMAND_DATE_H
#define AHTTP_COMMAND_DATE_H
/* Dates as people and servers write them: "Sun, 06 Nov 1994 08:49:37 GMT", "6 Nov 94 8:49",
   "2004-09-12", "19941106", RFC 850, asctime, with a zone by name or as +0100. */
#include <stdbool.h>
#include <stdint.h>

bool date_read(const char *text, int64_t *seconds);
/* "Sun, 06 Nov 1994 08:49:37 GMT" */
enum { DATE_SIZE = 80 };
void date_write(int64_t seconds, char out[DATE_SIZE]);

#endif
