#!/bin/sh
# SPDX-License-Identifier: MIT
# What a request costs has not grown: bench/README.md, "The guard".
set -eu
cd "$(dirname "$0")/.." || exit 2
cmake --preset release -DAHTTP_WERROR=ON -DAHTTP_BUILD_BENCH=ON >build/check-cost.log
cmake --build --preset release -j "${JOBS:-2}" --target bench_ahttp bench_server >>build/check-cost.log
"${PYTHON:-python3}" bench/cost.py --build build/release
