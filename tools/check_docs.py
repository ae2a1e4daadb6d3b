#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documentation says is there, is there.

In all Markdown files: links lead somewhere; `paths`, `ahttp_names`, `ah_names`, AHTTP_NAMES and
`./dev commands` exist; every C program (a block with a main function) compiles without a warning.
A program right behind a link to a file of examples/ is that file, but for the line with its
licence; a block of text behind that is what the tests want it to print.  In docs/ all programs
are such files, and examples/README.md lists those of its folder.
"""
import pathlib
import re
import subprocess
import sys

import make_reference

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"\b(?:ahttp|ah|AHTTP|AH)_[A-Za-z0-9_]*[A-Za-z0-9]\b(?![*_])")
PATH = re.compile(r"^(?:src|include|tests|tools|docs|examples|third_party|cmake)/[\w./-]*$")
SHOWN = re.compile(r"^\[`(examples/[\w/]+)\.c`\]\(\.\./\1\.c\)\n\n"
                   r"```c\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
DEV = re.compile(r"\./dev ([a-z]+)")


def read_all(*folders):
    return "\n".join(path.read_text() for folder in folders
                     for path in sorted((ROOT / folder).rglob("*"))
                     if path.suffix in (".h", ".c", ".txt", ".cmake", ".py", ".sh", ".in"))


def anchors_of(text):
    """What GitHub makes of headings."""
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        yield plain.replace(" ", "-")


def check_links(path, text):
    for target in LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file) if file else path
        if not there.exists():
            yield f"the link {target} leads nowhere"
        elif anchor and anchor not in anchors_of(there.read_text()):
            yield f"{target}: there is no such heading"


def check_names(text, known, commands):
    for code in CODE.findall(text):
        if PATH.match(code) and not (ROOT / code).exists():
            yield f"`{code}` does not exist"
    for name in sorted(set(NAME.findall(text)) - known):
        yield f"{name} is a name that no file has"
    for command in sorted(set(DEV.findall(text)) - commands):
        yield f"./dev {command} is no command"


def check_programs(text):
    for language, program in FENCE.findall(text):
        if language != "c" or "int main(" not in program:
            continue
        done = subprocess.run(
            ["cc", "-x", "c", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror",
             "-fsyntax-only", "-Iinclude", "-"],
            input=program, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            yield f"a program does not compile:\n{done.stderr}"


def check_shown(page, text):
    shown = set()
    for name, program, output in SHOWN.findall(text):
        shown.add(program)
        file, out = ROOT / f"{name}.c", ROOT / f"{name}.out"
        if not file.exists() or file.read_text().partition("\n")[2] != program:
            yield f"{name}.c is not what is shown of it"
        if output and (not out.exists() or out.read_text() != output):
            yield f"{name}.out is not what is shown of it"
    for language, program in FENCE.findall(text):
        if language == "c" and "int main(" in program and program not in shown:
            if page.parent == ROOT / "docs":
                yield "a program has no link to its file in examples/ before it"


def check_error_table():
    """docs/errors.md ends with the table that the list in error.h makes."""
    table = make_reference.error_table()
    page = ROOT / "docs/errors.md"
    if not page.read_text().endswith("\n" + table):
        yield ("its table is not that of include/ahttp/error.h; this puts it right: "
               "tools/make_reference.py --errors docs/errors.md")


def check_examples():
    """examples/README.md lists each of them."""
    listed = set(LINK.findall((ROOT / "examples/README.md").read_text()))
    for path in sorted((ROOT / "examples").glob("*.c")):
        if path.name not in listed:
            yield f"{path.name} is not in its table"


def main():
    files = read_all("src", "include", "tests", "examples", "cmake", "tools", "third_party")
    files += "".join((ROOT / name).read_text() for name in ("CMakeLists.txt", "dev", ".ci/run"))
    known = set(NAME.findall(files)) | {"ah_thing_verb", "ahttp_thing_verb"}
    # The list in error.h makes these.
    known |= {f"AHTTP_E_{name}" for name in re.findall(r"\bX\(([A-Z_]+),", files)}
    commands = set(re.findall(r"^#: (\w+)", (ROOT / "dev").read_text(), re.MULTILINE))
    pages = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("third_party/*.md"),
                    *ROOT.glob("examples/**/*.md")])
    bad = 0
    for page in pages:
        text = page.read_text()
        found = [*(check_error_table() if page.name == "errors.md" else ()),
                 *(check_examples() if page == ROOT / "examples/README.md" else ()),
                 *check_links(page, FENCE.sub("", text)),
                 *check_names(text, known, commands), *check_programs(text),
                 *check_shown(page, text)]
        for complaint in found:
            print(f"{page.relative_to(ROOT)}: {complaint}")
        bad += len(found)
    if not pages:
        print("found no documentation at all")
    return 1 if bad or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
