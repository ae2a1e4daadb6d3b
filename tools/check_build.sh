#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the tree in build/check-NAME, warnings being errors, and says nothing when that works.
# usage: check_build.sh NAME CMAKE-ARGUMENT...
set -eu
name=$1
shift
cd "$(dirname "$0")/.."
mkdir -p build
log=build/check-$name.log

if ! cmake -S . -B "build/check-$name" -G Ninja -DAHTTP_WERROR=ON "$@" >"$log" 2>&1 ||
    ! cmake --build "build/check-$name" -j "${JOBS:-2}" >"$log" 2>&1; then
    cat "$log"
    exit 1
fi
