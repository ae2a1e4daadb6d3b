#!/bin/sh
# SPDX-License-Identifier: MIT
# Libraries that are loaded when they are needed: the shared library in a build folder is linked
# with none of them, and says in notes which it loads; where it is linked with them, their parts
# work as well.
# usage: check_lazy.sh BUILD-FOLDER
set -eu
built=$1/src/libahttp.so
cd "$(dirname "$0")/.."
lazy='cares brotlidec brotlienc zstd psl idn2'

# linked LIBRARY NAME: whether it is.
linked()
{
    readelf -d "$1" | grep -q "NEEDED.*lib$2\.so"
}

cmake -S . -B build/check-linked -G Ninja -DAHTTP_WERROR=ON -DAHTTP_LAZY=OFF >build/check-linked.log
for name in $lazy; do
    if linked "$built" "$name"; then
        echo "$built is linked with lib$name"
        exit 1
    fi
    readelf -p .note.dlopen "$built" | grep -q "lib$name\.so" || {
        echo "$built: no note says that it loads lib$name"
        exit 1
    }
done
cmake --build build/check-linked -j "${JOBS:-2}" --target ahttp_shared >>build/check-linked.log
for name in $lazy; do
    linked build/check-linked/src/libahttp.so "$name" || {
        echo "with -DAHTTP_LAZY=OFF libahttp.so is not linked with lib$name"
        exit 1
    }
done
tools/run_tests.sh build/check-linked dns_resolver http_coding http_coding_zstd http_encoder http_idn \
    cookies_suffix
