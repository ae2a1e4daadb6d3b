#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of codings with ISA-L instead of zlib.
set -eu
cd "$(dirname "$0")/.." || exit 2
cmake -S . -B build/check-isal -G Ninja -DAHTTP_WERROR=ON -DAHTTP_ISAL=ON >build/check-isal.log
tools/run_tests.sh build/check-isal http_coding http_coding_limits http_coding_zlib
