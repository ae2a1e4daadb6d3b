#!/bin/sh
# SPDX-License-Identifier: MIT
# The second half of ./dev demo: ahttp and a fetcher at work, in a folder to be thrown away.
# AHTTP_HTTPBIN_URL and AHTTP_FILES_URL name the servers.
# usage: command.sh FOLDER_OF_EXAMPLES
set -eu
examples=$(cd "$1" && pwd)
httpbin=$AHTTP_HTTPBIN_URL
files=$AHTTP_FILES_URL
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$examples/ahttp:$examples/fetchers:$PATH
cd "$folder"

# A word as one would type it.
quote()
{
    case $1 in
    *[!A-Za-z0-9_./:=@%,+-]* | '') printf " '%s'" "$1" ;;
    *) printf ' %s' "$1" ;;
    esac
}

# What is shown is what is run.
show()
{
    printf '\n# %s\n$' "$1"
    shift
    for word in "$@"; do
        quote "$word"
    done
    echo
    "$@"
}

show 'JSON there and back, in lines (and on a terminal in colours)' \
    ahttp --json '{"answer": 42}' --pretty "$httpbin/anything/deep?thought=1"
show 'where the time of two redirects and a page went' \
    ahttp -L -o page.html --timing "$httpbin/redirect/2"
show 'three files at once: on a terminal each has a bar' \
    ahttp -Z --limit-rate 2M -o 'file_#1' "$files/random/{10000,200000,3000000}"
show 'the same request 200 times, 10 at once' \
    ahttp --bench 200,10 "$httpbin/get"
show 'the classic: many pictures, one that is not there, at most 5 at a time' \
    pictures_tasks -m 5 . "$files/random/200000" "$files/random/200001" "$files/random/200002" \
    "$httpbin/image/png" "$httpbin/status/404" || true
show 'a crawl: two links deep, two pages at a time' \
    crawler -d 2 -m 2 "$httpbin/links/4/0"
printf '\nThe manual: ahttp --manual, docs/command.md.  The fetchers: examples/fetchers/.\n'
