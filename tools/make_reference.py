#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The public headers as one Markdown page: the header is the manual, this only sets it.

usage: make_reference.py OUTPUT
       make_reference.py --errors docs/errors.md: puts the table at the end of that page right

Each header becomes a chapter: its opening comment as prose, then its declarations with their
comments as they stand.  The table of error codes is made from the list in error.h.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
GUARD = re.compile(r"^#(?:ifndef|define) AHTTP_\w*_?H$\n?|^AHTTP_(?:BEGIN|END)$\n?|^#endif\n?\Z",
                   re.MULTILINE)
LICENCE = re.compile(r"^/\* SPDX.*\*/\n")
OPENING = re.compile(r"\A\s*/\*(.*?)\*/\n", re.DOTALL)
ERROR = re.compile(r'X\(([A-Z_]+), ([A-Z0-9_ |]+?),\s*"([^"]+)"\)')


def chapter(path):
    text = GUARD.sub("", LICENCE.sub("", path.read_text()))
    opening = OPENING.match(text)
    prose = textwrap.dedent("   " + opening[1].strip()) if opening else ""
    code = text[opening.end():] if opening else text
    return f"## `<ahttp/{path.name}>`\n\n{prose}\n\n```c\n{code.strip()}\n```\n"


def error_table():
    text = (ROOT / "include/ahttp/error.h").read_text().replace("\\\n", " ")
    rows = [f"| `AHTTP_E_{name}` | {meaning} | {kinds.replace('AHTTP_KIND_', '').replace(' |', ',')} |"
            for name, kinds, meaning in ERROR.findall(text)]
    rows = [row.replace("| 0 |", "| |") for row in rows]
    if not rows:
        sys.exit("make_reference: found no error codes in include/ahttp/error.h")
    return "## Error codes\n\n| Code | Meaning | Kinds |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def put_errors(page):
    text = page.read_text()
    page.write_text(text[:text.index("## Error codes\n")] + error_table())


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--errors":
        put_errors(pathlib.Path(sys.argv[2]))
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    headers = sorted((ROOT / "include/ahttp").glob("*.h"))
    output.write_text("\n".join(["# Reference of libahttp\n", *map(chapter, headers), error_table()]))
    print(f"wrote {output}: {len(headers)} headers")


if __name__ == "__main__":
    main()
