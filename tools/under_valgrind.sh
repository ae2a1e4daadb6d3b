#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one program under valgrind; any report, a leak included, makes it fail.
exec valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible \
    --errors-for-leak-kinds=definite,indirect,possible --trace-children=no --num-callers=25 \
    --suppressions="$(dirname "$0")/valgrind.supp" "$@"
