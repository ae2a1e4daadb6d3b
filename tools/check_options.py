#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every sized struct of the public headers has a line in tests/api/test_layout.c.

A sized struct is one whose first member is `size_t size`.  The line names its last member, so
that the test can see padding behind it; structs by value inside of them need a line as well.
"""
import pathlib
import re
import sys

STRUCT = re.compile(r"typedef struct (ahttp_\w+) \{(.*?)\n\} \1;", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MEMBER = re.compile(r"(\w+)(?:\[[^]]*\])?$")
LINE = re.compile(r"X\((ahttp_\w+), (\w+)\)")


def structs_of(headers):
    """name -> [(type, member)], in order."""
    found = {}
    for header in headers:
        for name, body in STRUCT.findall(COMMENT.sub("", header.read_text())):
            members = [" ".join(member.split()) for member in body.split(";") if member.strip()]
            found[name] = [(m.split()[0], MEMBER.search(m)[1]) for m in members
                           if MEMBER.search(m)]
    return found


def main():
    structs = structs_of(sorted(pathlib.Path("include/ahttp").glob("*.h")))
    sized = {name for name, members in structs.items() if members[0] == ("size_t", "size")}
    inside = {kind for name in sized for kind, _ in structs[name]
              if kind in structs and kind not in sized}
    listed = dict(LINE.findall(pathlib.Path("tests/api/test_layout.c").read_text()))

    bad = [] if sized else ["include/ahttp: found no sized struct at all"]
    for name in sorted(sized | inside):
        last = structs[name][-1][1]
        if listed.get(name) != last:
            bad.append(f"tests/api/test_layout.c: needs the line X({name}, {last})")
    for name in sorted(set(listed) - sized - inside):
        bad.append(f"tests/api/test_layout.c: {name} is no sized struct of a public header")
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
