/* SPDX-License-Identifier: MIT */
/* The same without the instructions of one processor. */
#define AH_SCAN_PORTABLE
#include "test_scan.c"
