#!/bin/sh
# SPDX-License-Identifier: MIT
# The second half of ./dev demo: ahttp and a fetcher at work.  AHTTP_HTTPBIN_URL and
# AHTTP_FILES_URL name the servers.
# usage: command.sh FOLDER_OF_EXAMPLES
set -eu
examples=$1
httpbin=$AHTTP_HTTPBIN_URL
files=$AHTTP_FILES_URL
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$examples/ahttp:$examples/fetchers:$PATH

# What is shown is what is run.
show()
{
    printf '\n$ %s\n' "$*"
    "$@"
}

show ahttp --json '{"answer": 42}' --pretty -w '%{http_code} %{method} %{size_download} bytes\n' \
    -o "$folder/answer" "$httpbin/post"
show ahttp -L -s -o /dev/null --timing "$httpbin/redirect/2"
show ahttp -Z -o "$folder/file_#1" "$files/random/{10000,200000,3000000}"
show ahttp --bench 200,10 "$httpbin/get"
show pictures_tasks -m 5 "$folder" "$files/random/20000" "$files/random/20001" "$files/nothing.gif" ||
    true
