# SPDX-License-Identifier: MIT
"""Counting by callgrind: what one more request costs is the slope between two runs."""
import collections
import pathlib
import re
import subprocess
import tempfile

ALLOCATORS = ("malloc", "calloc", "realloc")


class Profile:
    """Instructions by (object, source file, function), and calls of functions."""

    def __init__(self, path):
        self.cost = collections.Counter()
        self.calls = collections.Counter()
        self._names = {kind: {} for kind in ("ob", "fl", "fn")}
        self._read(path)

    def _name(self, kind, text):
        number, name = re.match(r"\((\d+)\)(?: (.*))?", text).groups()
        if name is not None:
            self._names[kind][number] = name
        return self._names[kind][number]

    def _read(self, path):
        here = {"ob": "", "fl": "", "fn": ""}
        called, is_call = None, False
        kinds = {"ob": "ob", "fl": "fl", "fi": "fl", "fe": "fl", "fn": "fn",
                 "cob": "ob", "cfi": "fl", "cfl": "fl", "cfn": "fn"}
        for line in open(path):
            key, separator, value = line.partition("=")
            if separator and key in kinds:
                name = self._name(kinds[key], value.rstrip("\n"))
                if key in here:
                    here[key] = name
                elif key == "cfn":
                    called = name
            elif key == "calls":
                self.calls[called.split("@")[0]] += int(value.split()[0])
                is_call = True
            elif line[0].isdigit() or line[0] in "+-*":
                if not is_call:
                    self.cost[tuple(here.values())] += int(line.split()[1])
                is_call = False


class Slope:
    """Per request: instructions by (object, source file, function), and allocations."""

    def __init__(self, few, many, requests):
        self.cost = {key: (many.cost[key] - few.cost[key]) / requests for key in many.cost}
        self.instructions = sum(self.cost.values())
        self.allocations = sum(many.calls[name] - few.calls[name]
                               for name in ALLOCATORS) / requests

    def by(self, group):
        """Instructions summed by what group makes of object, file and function."""
        sums = collections.Counter()
        for key, cost in self.cost.items():
            sums[group(*key)] += cost
        return sums


def profile(command, folder):
    out = pathlib.Path(folder) / "callgrind.out"
    subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}",
                    *command], check=True, capture_output=True, timeout=600)
    return Profile(out)


def slope(command_for, few=1000, many=3000):
    """command_for(count) is the command that makes that many requests."""
    with tempfile.TemporaryDirectory() as folder:
        return Slope(profile(command_for(few), folder), profile(command_for(many), folder),
                     many - few)


def system_calls(command_for, few=1000, many=3000):
    """Per request, by name; what comes less than once in fifty requests is left out."""
    def count(number):
        with tempfile.NamedTemporaryFile() as file:
            subprocess.run(["strace", "-f", "-c", "-o", file.name, *command_for(number)],
                           check=True, capture_output=True, timeout=600)
            counts = collections.Counter()
            for line in open(file.name):
                words = line.split()
                if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                    counts[words[-1]] += int(words[3])
            return counts

    first, second = count(few), count(many)
    calls = {name: (second[name] - first[name]) / (many - few) for name in second}
    return {name: value for name, value in sorted(calls.items(), key=lambda item: -item[1])
            if value >= 0.02}
