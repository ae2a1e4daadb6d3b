#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of codings with ISA-L instead of zlib.
set -eu
cd "$(dirname "$0")/.." || exit 2
tests='coding coding_limits coding_zlib'
cmake -S . -B build/check-isal -G Ninja -DAHTTP_WERROR=ON -DAHTTP_ISAL=ON >build/check-isal.log
for test in $tests; do
    cmake --build build/check-isal -j "${JOBS:-2}" --target "test_http_$test" >>build/check-isal.log
    "build/check-isal/tests/test_http_$test" >build/check-isal.out 2>&1 || {
        cat build/check-isal.out
        exit 1
    }
done
