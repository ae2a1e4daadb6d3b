#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Includes point down the layer picture, and each dependency has its own door.

usage: check_layers.py [ROOT]

Reads tools/layers.txt and every #include below src/ and include/.  In src/, layers include each
other as "layer/file.h" and all else in angle brackets.  In include/ only <ahttp/...> and the
headers of C are allowed, so that a program needs no other development package.
"""
import fnmatch
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


class Layer:
    def __init__(self, below, outside):
        self.below = set(below.split())
        self.doors = {}  # dependency -> its files, or None for all files of the layer
        for entry in outside.split():
            name, _, files = entry.partition("@")
            self.doors[name] = files.split(",") if files else None

    def lets_in(self, file_name, dependency):
        if dependency not in self.doors:
            return False
        files = self.doors[dependency]
        return files is None or file_name in files


def read_picture(path):
    layers, outside = {}, {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        kind, _, rest = line.partition(" ")
        name, colon, value = (part.strip() for part in rest.partition(":"))
        if kind not in ("layer", "outside") or not colon:
            sys.exit(f"{path}:{number}: neither 'layer NAME : ...' nor 'outside NAME : ...'")
        if kind == "outside":
            outside.setdefault(name, []).extend(value.split())
        else:
            below, _, doors = value.partition("|")
            layers[name] = Layer(below, doors)
    return layers, outside


def check_picture(layers, outside):
    """The picture itself: nothing unknown, and no circle, because each layer is named after
    those below it."""
    seen = set()
    for name, layer in layers.items():
        for below in sorted(layer.below - seen):
            yield f"tools/layers.txt: {name} includes {below}, which does not stand above its line"
        for door in layer.doors:
            if door not in outside:
                yield f"tools/layers.txt: {name}: nothing says which headers '{door}' stands for"
        seen.add(name)


def includes_of(path):
    """(line, quoted, angled) of every include, one of the two being empty."""
    text = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), path.read_text())
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1] or "", match[2] or ""


def dependency_of(header, outside):
    for name, patterns in outside.items():
        if any(fnmatch.fnmatch(header, pattern) for pattern in patterns):
            return name
    return None


def complaint_in_source(root, path, quoted, angled, layers, outside):
    own = path.relative_to(root / "src").parts[0]
    if own not in layers:
        return f"the folder src/{own} is no layer of tools/layers.txt"
    if quoted:
        target = pathlib.PurePath(quoted).parts[0]
        if "/" not in quoted or not (root / "src" / quoted).exists():
            return f'"{quoted}" is not written as "layer/file.h"'
        if target != own and target not in layers[own].below:
            return f'{own} may not include "{quoted}"'
        return None
    if angled.startswith("ahttp/") or angled == "ahttp.h":
        return None
    name = dependency_of(angled, outside)
    if name is None:
        return f"<{angled}> is no header that tools/layers.txt knows"
    if name != "c" and not layers[own].lets_in(path.name, name):
        return f"<{angled}> ({name}) may not be included here"
    return None


def complaint_in_public_header(path, quoted, angled, layers, outside):
    if quoted:
        return f'"{quoted}" must be written in angle brackets'
    name = dependency_of(angled, outside)
    if angled.startswith("ahttp/") or name == "c" or layers["public"].lets_in(path.name, name):
        return None
    return f"<{angled}> is neither <ahttp/...> nor a header of C"


def complaints(root):
    layers, outside = read_picture(root / "tools/layers.txt")
    yield from check_picture(layers, outside)
    for path in sorted((root / "src").rglob("*.[ch]")):
        for line, quoted, angled in includes_of(path):
            text = complaint_in_source(root, path, quoted, angled, layers, outside)
            if text:
                yield f"{path.relative_to(root)}:{line}: {text}"
    for path in sorted((root / "include").rglob("*.h")):
        for line, quoted, angled in includes_of(path):
            text = complaint_in_public_header(path, quoted, angled, layers, outside)
            if text:
                yield f"{path.relative_to(root)}:{line}: {text}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(complaints(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
