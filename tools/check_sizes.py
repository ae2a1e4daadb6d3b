#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One room, one job: limits on the lines of files and functions.

usage: check_sizes.py [ROOT]

Functions are found by Universal Ctags.  A function that is better long stands in LONG_FUNCTIONS
with the reason; nothing may pass HARD_LIMIT.
"""
import pathlib
import subprocess
import sys

FILE_LIMIT = 600
HEADER_LIMIT = 120   # include/
EXAMPLE_LIMIT = 60   # examples/, but the programs in folders of their own
PROGRAMS = ("ahttp", "demo", "fetchers")
FUNCTION_LIMIT = 60
HARD_LIMIT = 100
FOLDERS = ("src", "include", "tests", "examples", "bench")

# path: its own limit, and why
LONG_FILES = {
    "include/ahttp/error.h": 150,  # the one list of errors, of which each has its line
}
# "path:function": why it is better in one piece
LONG_FUNCTIONS = {}


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".c", ".h", ".cc", ".cpp"):
                yield path.relative_to(root)


def file_limit(path):
    if str(path) in LONG_FILES:
        return LONG_FILES[str(path)]
    if path.parts[0] == "include":
        return HEADER_LIMIT
    if path.parts[0] == "examples" and path.parts[1] not in PROGRAMS:
        return EXAMPLE_LIMIT
    return FILE_LIMIT


def functions(root, paths):
    """(path, name, lines) of every function."""
    tags = subprocess.run(
        ["ctags", "--languages=C,C++", "--langmap=C:.c.h", "--kinds-C=f", "--kinds-C++=f",
         "--fields=ne", "--sort=no", "-f", "-", "-L", "-"],
        input="\n".join(map(str, paths)), cwd=root, capture_output=True, text=True, check=True)
    for line in tags.stdout.splitlines():
        if line.startswith("!"):
            continue
        name, path, *fields = line.split("\t")
        where = dict(field.split(":", 1) for field in fields if ":" in field)
        if "line" in where and "end" in where:
            yield path, name, int(where["end"]) - int(where["line"]) + 1


def complaints(root):
    paths = list(sources(root))
    for path in paths:
        lines = len((root / path).read_text().splitlines())
        if lines > file_limit(path):
            yield f"{path}: {lines} lines, of {file_limit(path)} at most"

    unused = set(LONG_FUNCTIONS)
    found_any = False
    for path, name, lines in functions(root, paths):
        found_any = True
        key = f"{path}:{name}"
        if lines > HARD_LIMIT or (lines > FUNCTION_LIMIT and key not in LONG_FUNCTIONS):
            yield f"{path}: {name} has {lines} lines, of {FUNCTION_LIMIT} at most"
        if lines > FUNCTION_LIMIT:
            unused.discard(key)
    if not found_any:
        yield "ctags found no function at all: is it Universal Ctags?"
    for key in sorted(unused):
        yield f"tools/check_sizes.py: {key} needs no exception any more"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(complaints(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
