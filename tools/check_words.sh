#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing is left for later in the library's source, and every file says its licence.
# shellcheck disable=SC2013,SC2044,SC2086 # none of our files has a space in its name
set -u # and not -e: all complaints are wanted
cd "$(dirname "$0")/.." || exit 2
bad=0

if grep -rnwE 'TODO|FIXME|XXX|HACK|WIP' src include; then
    echo "finish it, or write it down where plans are kept"
    bad=1
fi
for file in $(find include src tests examples bench tools \
    \( -name '*.[ch]' -o -name '*.cpp' -o -name '*.py' -o -name '*.sh' \) -print | sort); do
    if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
        echo "$file: does not start with SPDX-License-Identifier: MIT"
        bad=1
    fi
done
exit $bad
