#!/bin/sh
# SPDX-License-Identifier: MIT
# What the libraries in a build folder define: the shared one exports exactly the functions
# that public headers mark with AHTTP_API; the archive defines nothing outside of our names.
# usage: check_symbols.sh BUILD-FOLDER
# shellcheck disable=SC2013,SC2044,SC2086 # none of our files has a space in its name
set -u # and not -e: all complaints are wanted
build=$1
cd "$(dirname "$0")/.." || exit 2
bad=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The names in front of the "(" behind AHTTP_API; comments are gone and lines are joined.
cat include/ahttp/*.h | tr '\n' ' ' | sed 's,/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/, ,g' |
    grep -o 'AHTTP_API[^;(]*(' | sed -n 's/.*[ *]\(ahttp_[a-z0-9_]*\) *($/\1/p' |
    sort -u >"$scratch/declared"
nm -D --defined-only "$build/src/libahttp.so" | awk '$2 != "A" { print $3 }' |
    sed 's/@.*//' | sort -u >"$scratch/exported"
nm -g --defined-only "$build/src/libahttp.a" 2>/dev/null | awk 'NF == 3 { print $3 }' |
    sort -u >"$scratch/archived"

for list in declared exported archived; do
    if [ ! -s "$scratch/$list" ]; then
        echo "found no name that is $list: is $build built?"
        bad=1
    fi
done
for name in $(comm -23 "$scratch/declared" "$scratch/exported"); do
    echo "$name: marked AHTTP_API in a header, but libahttp.so does not export it"
    bad=1
done
for name in $(comm -13 "$scratch/declared" "$scratch/exported"); do
    echo "$name: exported by libahttp.so, but no public header declares it with AHTTP_API"
    bad=1
done
for name in $(grep -vE '^(ahttp_|ah_|AH_)' "$scratch/archived"); do
    echo "$name: a global name of libahttp.a that starts with neither ahttp_ nor ah_"
    bad=1
done
exit $bad
