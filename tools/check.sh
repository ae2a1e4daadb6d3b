#!/bin/sh
# SPDX-License-Identifier: MIT
# All checks that are no tests, one line each; the fast ones first.  All of them run, and one
# that fails makes this fail at the end.  With names as arguments: only those.
set -u
cd "$(dirname "$0")/.." || exit 2
mkdir -p build
python=${PYTHON:-python3}
wanted=$*
failed=

# check NAME COMMAND...
check()
{
    name=$1
    shift
    case " $wanted " in
    *" $name "* | '  ') ;;
    *) return 0 ;;
    esac
    start=$(date +%s)
    if "$@" >"build/check.log" 2>&1; then
        result=ok
    else
        result=FAILED
        failed="$failed $name"
    fi
    printf '%-8s %-10s %4d s\n' "$result" "$name" "$(($(date +%s) - start))"
    cat build/check.log
}

check format  tools/check_format.sh
check words   tools/check_words.sh
check layers  "$python" tools/check_layers.py
check sizes   "$python" tools/check_sizes.py
check options "$python" tools/check_options.py
check headers tools/check_headers.sh
check docs    "$python" tools/check_docs.py
check cost    tools/check_cost.sh
check gcc     tools/check_build.sh gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++ \
    -DCMAKE_BUILD_TYPE=Release
check symbols tools/check_symbols.sh build/check-gcc
check install tools/check_install.sh build/check-gcc
check clang   tools/check_build.sh clang -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++
check tidy    tools/check_tidy.sh build/check-clang
check lazy    tools/check_lazy.sh build/check-gcc
check isal    tools/check_isal.sh
check notasks tools/check_build.sh notasks -DAHTTP_TASKS=OFF
check least   tools/check_build.sh least -DAHTTP_TLS=OFF -DAHTTP_BROTLI=OFF -DAHTTP_ZSTD=OFF \
    -DAHTTP_PSL=OFF -DAHTTP_IDN=OFF

if [ -n "$failed" ]; then
    echo "failed:$failed"
    exit 1
fi
