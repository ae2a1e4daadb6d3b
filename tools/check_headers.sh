#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, and all do together, in every language standard that
# programs may use, by both compilers and without a warning; and so do the keyword macros.
# shellcheck disable=SC2013,SC2044,SC2086 # none of our files has a space in its name
set -u # and not -e: all complaints are wanted
cd "$(dirname "$0")/.." || exit 2
bad=0

# compile COMPILER LANGUAGE STANDARD FILE
compile()
{
    if ! "$1" -x "$2" -std="$3" -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror \
        -fsyntax-only -Iinclude "$4"; then
        echo "$4: does not compile as $3 by $1"
        bad=1
    fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
headers=$(cd include && find . -name '*.h' | sed 's,^\./,,' | sort)

# Headers for programs that use another library need that; ahttp.h does not include them.
adapters='ahttp/cjson.h:libcjson ahttp/jansson.h:jansson'
for adapter in $adapters; do
    if ! pkg-config --exists "${adapter#*:}"; then
        echo "include/${adapter%%:*}: not checked, ${adapter#*:} is not installed"
        headers=$(echo "$headers" | grep -vx "${adapter%%:*}")
    fi
done
for header in $headers; do
    # Twice, so that a missing include guard shows.
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" \
        >"$scratch/$(echo "$header" | tr / _).c"
done
printf '#include <%s>\n' $headers >"$scratch/all_together.c"

for file in "$scratch"/*.c; do
    for standard in c99 c11 c17; do
        compile gcc c "$standard" "$file"
        compile clang c "$standard" "$file"
    done
    compile g++ c++ c++17 "$file"
    compile clang++ c++ c++17 "$file"
done
for standard in c99 c11 c17; do
    compile gcc c "$standard" tests/api/keywords.c
    compile clang c "$standard" tests/api/keywords.c
done

for header in $headers; do
    case " ahttp.h $adapters" in *" $header"*) continue ;; esac
    if ! grep -q "^#include <$header>" include/ahttp.h && [ "$header" != ahttp/base.h ]; then
        echo "include/ahttp.h: does not include <$header>"
        bad=1
    fi
done
exit $bad
