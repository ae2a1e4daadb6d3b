#!/bin/sh
# SPDX-License-Identifier: MIT
# All C files look as .clang-format says; with --fix they are made so.
set -eu
cd "$(dirname "$0")/.." || exit 2

# Versions differ in what they do with the same rules; Debian 12's is the one that decides.
clang_format=clang-format
command -v clang-format-14 >/dev/null && clang_format=clang-format-14
case $($clang_format --version) in
*"version 14."*) ;;
*) echo "note: clang-format 14 decides; this is $($clang_format --version)" >&2 ;;
esac

if [ "${1:-}" = --fix ]; then
    set -- -i
else
    set -- --dry-run -Werror
fi
find include src tests examples bench \( -name '*.[ch]' -o -name '*.cpp' \) -print |
    sort | xargs "$clang_format" "$@"
