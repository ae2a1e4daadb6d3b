#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every option of the table is used by a test: a row beside curl, or the words of another test.

usage: test_every_option.py
"""
import ast
import pathlib
import re
import sys

import test_against_curl

HERE = pathlib.Path(__file__).parent
TABLE = HERE.parents[1] / "examples" / "ahttp" / "options.def"
OTHERS = ("test_connections.py", "test_own.py", "test_terminal.py")


def options():
    """Name and letter, and whether it has a value."""
    for kind, rest in re.findall(r"^([A-Z_]+)\((.*)\),$", TABLE.read_text(), re.M):
        name, letter = re.match(r'"([^"]+)", (0|\'.\'), ', rest).groups()
        yield name, letter[1:-1], kind in ("VALUE", "GLOBAL_VALUE", "CALL", "CALL_AS")


def words_of(path):
    """What stands in strings, in whatever lists of words; what documents the code is left out."""
    tree = ast.parse(path.read_text())
    documents = {id(node.body[0].value) for node in ast.walk(tree)
                 if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and node.body
                 and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and \
                id(node) not in documents:
            yield from node.value.split()


def all_words():
    for row in test_against_curl.rows():
        yield from row.words
    for name in OTHERS:
        yield from words_of(HERE / name)


def main():
    table = list(options())
    has_value = {letter: value for _, letter, value in table}
    used = set()
    for word in all_words():
        if word.startswith("--"):
            used.add(re.sub(r"^--(no-|expand-)?", "", word))
            used.add(word[2:])
        elif re.match(r"-[^-]", word):
            for letter in word[1:]:  # -OJ
                used.add("-" + letter)
                if has_value.get(letter, True):
                    break
    missing = [name for name, letter, _ in table
               if name not in used and not (letter and "-" + letter in used)]
    print(f"{len(table) - len(missing)} of {len(table)} options are used by a test")
    for name in missing:
        print(f"no test uses --{name}")
    return bool(missing) or not table


if __name__ == "__main__":
    sys.exit(main())
