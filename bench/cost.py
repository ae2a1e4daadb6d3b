#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a keep-alive GET costs the library, beside what it may cost.

usage: cost.py [--build DIR] [--write]

Fails when instructions or allocations grew by more than ALLOWED since bench/cost.txt was written.
README.md says what is counted and why.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import callgrind
import measure

HERE = pathlib.Path(__file__).resolve().parent
NUMBERS = HERE / "cost.txt"
ALLOWED = 1.02
STYLES = ("callbacks", "tasks", "stream")


def compiler():
    return subprocess.run(["cc", "--version"], capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def is_ours(obj, file, function):
    return "libahttp.so" in obj


def count(build):
    """{"callbacks instructions": number, ...}"""
    numbers = {}
    with tempfile.TemporaryDirectory() as folder:
        server = measure.Server(build, measure.Certificates(pathlib.Path(folder)))
        try:
            for style in STYLES:
                slope = callgrind.slope(lambda requests, style=style: [
                    build / "bench_ahttp", "--style", style, "--count", str(requests),
                    "--no-clock", server.plain + "/tiny"])
                numbers[f"{style} instructions"] = round(slope.by(is_ours)[True])
                numbers[f"{style} allocations"] = round(slope.allocations, 2)
        finally:
            server.stop()
    return numbers


def read():
    lines = [line.rpartition(": ") for line in NUMBERS.read_text().splitlines()
             if line and not line.startswith("#")]
    values = {name: value for name, _, value in lines}
    return values.pop("compiler"), {name: float(value) for name, value in values.items()}


def write(numbers):
    lines = ["# Per keep-alive GET, the library's own; see bench/README.md, \"The guard\".",
             f"compiler: {compiler()}"]
    NUMBERS.write_text("\n".join(lines + [f"{name}: {value}" for name, value in
                                          numbers.items()]) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = count(pathlib.Path(args.build).resolve() / "bench")
    if args.write:
        write(found)
        return 0
    known_compiler, known = read()
    grown = [name for name, value in found.items() if value > known[name] * ALLOWED]
    for name, value in found.items():
        print(f"{name}: {value} (was {known[name]:g})")
    if compiler() != known_compiler:
        print(f"not judged: the numbers are those of {known_compiler}; this is {compiler()}")
        return 0
    for name in grown:
        print(f"{name} grew by more than {ALLOWED - 1:.0%}: find out why, or write the new number "
              "by bench/cost.py --write and say why in the commit")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
