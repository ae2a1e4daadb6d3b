#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs a build folder into a scratch place, moves it, and builds and runs a program against
# it: by pkg-config and by CMake, with the shared and with the static library.
# usage: check_install.sh BUILD-FOLDER
set -eu
build=$1
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap '[ $? -eq 0 ] || cat "$scratch/log" >&3; rm -rf "$scratch"' EXIT
exec 3>&1 >"$scratch/log" 2>&1

cmake --install "$build" --prefix "$scratch/first"
mv "$scratch/first" "$scratch/moved"
pc=$(find "$scratch/moved" -name libahttp.pc)
[ -n "$pc" ]
PKG_CONFIG_PATH=${pc%/*}
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir libahttp)

# shellcheck disable=SC2046 # flags are words
cc -std=c99 tests/install/consumer.c -o "$scratch/shared" $(pkg-config --cflags --libs libahttp)
LD_LIBRARY_PATH=$libdir "$scratch/shared"

# shellcheck disable=SC2046
cc -std=c99 tests/install/consumer.c -o "$scratch/static" $(pkg-config --cflags libahttp) \
    $(pkg-config --static --libs libahttp | sed "s,-lahttp ,$libdir/libahttp.a ,")
"$scratch/static"

cmake -S tests/install -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/moved"
cmake --build "$scratch/build"
for kind in ahttp shared static; do
    "$scratch/build/consumer_$kind"
done
