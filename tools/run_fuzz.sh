#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs one fuzz target for some seconds, and says in one line how that went.  New inputs are
# kept in build/fuzz/corpus, and what makes the target fail in build/fuzz/failures.
# usage: run_fuzz.sh SECONDS PROGRAM
set -u
seconds=$1
program=$2
cd "$(dirname "$0")/.." || exit 2
name=${program##*/}
room=${name#fuzz_}
found=build/fuzz/corpus/$room
failures=build/fuzz/failures
log=build/fuzz/$name.log
mkdir -p "$found" "$failures"

export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$failures/$room-" "$found" "tests/fuzz/corpus/$room" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf 'ok       %-18s %10s runs\n' "$name" "$runs"
else
    printf 'FAILED   %-18s see %s\n' "$name" "$log"
    tail -n 40 "$log"
    exit 1
fi
