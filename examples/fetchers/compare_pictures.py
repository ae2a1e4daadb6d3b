#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same pictures by the four programs, one after the other: which took how long.

usage: compare_pictures.py FOLDER_OF_PROGRAMS URL_OF_FILE_SERVER [COUNT]

The server is tools/serve_files.py's; each picture has 20 kB, and one of them is not there.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

FORMS = ("sequential", "threads", "futures", "tasks")


def run(program, urls):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program, folder, *urls], capture_output=True, text=True)
        return done, len(list(pathlib.Path(folder).iterdir()))


def main():
    programs, server = pathlib.Path(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    urls = [f"{server}/random/{20000 + i}" for i in range(count)] + [f"{server}/nothing"]
    bad = 0
    print(f"{'form':12} {'pictures':>8} {'seconds':>8}")
    for form in FORMS:
        done, files = run(programs / f"pictures_{form}", urls)
        said = re.search(r"(\d+) ok, (\d+) not found, (\d+) failed; ([0-9.]+) s", done.stdout)
        wanted = rf"\*\*\* Error for {re.escape(server)}/nothing: HTTP 404 - [A-Z ]+\n"
        if not said or (int(said[1]), int(said[2]), files) != (count, 1, count) \
                or not re.fullmatch(wanted, done.stderr):
            print(f"{form}: {done.stdout}{done.stderr}", file=sys.stderr)
            bad = 1
            continue
        print(f"{form:12} {said[1]:>8} {said[4]:>8}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
