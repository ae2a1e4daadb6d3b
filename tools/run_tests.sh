#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds some tests in a folder and runs them, and says nothing when all pass.
# usage: run_tests.sh BUILD-FOLDER TEST...
set -eu
build=$1
shift
cd "$(dirname "$0")/.."
for test in "$@"; do
    cmake --build "$build" -j "${JOBS:-2}" --target "test_$test" >>"$build.log"
    "$build/tests/test_$test" >"$build.out" 2>&1 || {
        cat "$build.out"
        exit 1
    }
done
