#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy over src/ and examples/, by the rules of .clang-tidy, several files at a time.
# usage: check_tidy.sh BUILD-FOLDER (one that clang compiles in)
set -eu
build=$1
cd "$(dirname "$0")/.."
code=0

find src examples -name '*.c' | sort |
    xargs -P "${JOBS:-2}" -n 1 clang-tidy -p "$build" --quiet >"$build/tidy.log" 2>&1 || code=1
# It also counts the warnings that it does not show: those lines say nothing.
grep -vE '^[0-9]+ warnings? generated\.$|^$' "$build/tidy.log" || true
exit $code
