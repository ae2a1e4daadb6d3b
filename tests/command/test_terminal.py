#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ahttp -Z with 1000 small and 4 large files: the bars on a terminal of 80 columns, and the same
when piped; colours, and what is told of a transfer while it runs.

usage: test_terminal.py AHTTP
"""
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

from scripted import Gauge, Server, page
from terminal import COLUMNS, on_terminal

SMALL, LARGE = 1000, 4
LARGE_BODY = os.urandom(1 << 20) * 4


def slow_large(_):
    """In quarters, so that there is something to see."""
    yield page(LARGE_BODY)[:-len(LARGE_BODY)]
    for i in range(4):
        yield LARGE_BODY[i << 20:(i + 1) << 20]
        time.sleep(0.25)


PAGES = {f"/small/{i}": page(f"small file {i}\n") for i in range(SMALL)}
PAGES |= {f"/large/{i}": slow_large for i in range(LARGE)}
PAGES["/stalls"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"
GAUGE = Gauge(page("counted\n"))
PAGES |= {f"/gauge/{i}": GAUGE for i in range(12)}
PAGES["/json"] = page('{"a":[1,{"b":null}],"c":"d"}', "Content-Type: application/json")


def lines_of(seen):
    """Lines as they were drawn, without what moves the cursor."""
    return [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line) for line in re.split(r"[\r\n]+", seen)]


def left_on_screen(seen):
    """The lines that are there at the end: cursor up and clearing of lines undone."""
    lines = [""]
    for token in re.findall(r"\x1b\[A|\x1b\[K|\r|\n|[^\x1b\r\n]+", seen):
        if token == "\x1b[A":
            lines.pop()
        elif token == "\x1b[K":
            lines[-1] = ""
        elif token == "\n":
            lines.append("")
        elif token != "\r":
            lines[-1] += token
    return [line for line in lines if line]


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def downloads(url, folder):
    return ["-Z", f"{url}/small/[0-{SMALL - 1}]", "-o", f"{folder}/small_#1",
            f"{url}/large/[0-{LARGE - 1}]", "-o", f"{folder}/large_#1"]


def check_files(folder):
    check(len(list(pathlib.Path(folder).iterdir())) == SMALL + LARGE, "number of files")
    check(all(pathlib.Path(folder, f"large_{i}").read_bytes() == LARGE_BODY
              for i in range(LARGE)), "large files")
    check(pathlib.Path(folder, "small_7").read_text() == "small file 7\n", "a small file")


def bars_on_a_terminal(ahttp, url):
    with tempfile.TemporaryDirectory() as folder:
        seen, code = on_terminal([ahttp, *downloads(url, folder)])
        check(code == 0, f"exit code {code}")
        check_files(folder)
    lines = lines_of(seen)
    check(max(map(len, lines)) <= COLUMNS, "a line is too long for the terminal")
    check_bars(lines)
    check(any(re.search(r"\d+ done, 0 failed, \d+ running; ", line) for line in lines),
          "no line for all of them")
    left = left_on_screen(seen)
    check(len(left) == 1 and re.fullmatch(
        rf"{SMALL + LARGE} transfers, 0 failed; \S+ in \S+ s, \S+/s", left[0]),
        f"what is left on the screen: {left}")


def check_bars(lines):
    """Each large file's bar says the same by its length, its per cents and its bytes, and grows."""
    parts = {}
    for line in lines:
        bar = re.fullmatch(r"large_(\d) +\[(#*)(-*)\] +(\d+)% +(\S+) +(\S+)/s (\S+)", line)
        check(bar or not re.match(r"large_\d .*\[", line), f"no bar: {line!r}")
        if not bar:
            continue
        name, done, left, percent, size, rate, eta = bar.groups()
        part, width = int(percent), len(done + left)
        check(abs(len(done) - part * width / 100) <= 1, f"length: {line!r}")
        check(abs(bytes_of(size) - len(LARGE_BODY) * part / 100) <= len(LARGE_BODY) * 0.03,
              f"size: {line!r}")
        check(bytes_of(rate) > 0 or part == 0, f"rate: {line!r}")
        check(re.fullmatch(r"\d\d:\d\d|--:--", eta), f"time: {line!r}")
        check(part >= parts.get(name, 0), f"shrinks: {line!r}")
        parts[name] = part
    check(len(parts) == LARGE and max(parts.values()) >= 50, f"bars of {parts}")


def bytes_of(text):
    number, unit = re.fullmatch(r"([\d.]+)([kMG]?)", text).groups()
    return float(number) * 1024 ** " kMG".index(unit or " ")


def tidy_when_piped(ahttp, url):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([ahttp, *downloads(url, folder)], capture_output=True, text=True)
        check(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}")
        check_files(folder)
    check(done.stdout == "", "standard output is not empty")
    check(re.fullmatch(rf"{SMALL + LARGE} transfers, 0 failed; .*\n", done.stderr),
          f"standard error: {done.stderr!r}")


def run(ahttp, *words):
    return subprocess.run([ahttp, *words], capture_output=True, text=True)


def colours_are_for_terminals(ahttp, url):
    """Of heads and of JSON; without them, bytes are as they came."""
    plain = run(ahttp, "-i", "--pretty", f"{url}/json").stdout
    check("\x1b" not in plain, f"--pretty in a pipe: {plain!r}")
    for words, status in ((["-i"], "\x1b[32mHTTP/1.1 200 OK\x1b[0m"),
                          (["-I"], "\x1b[32mHTTP/1.1 200 OK\x1b[0m")):
        seen, _ = on_terminal([ahttp, "-s", "--pretty", *words, f"{url}/json"])
        check(seen.startswith(status + "\r") and
              "\x1b[34mContent-Type\x1b[0m: application/json\r" in seen, f"{words}: {seen!r}")
        check(("\x1b[34m\"c\"\x1b[0m: \x1b[32m\"d\"" in seen) == (words == ["-i"]), f"{seen!r}")
    seen, _ = on_terminal([ahttp, "-s", "--pretty", "-I", f"{url}/missing"])
    check(seen.startswith("\x1b[31mHTTP/1.1 404 Not Found\x1b[0m\r"), f"404: {seen!r}")
    for words in (["-i"], ["-i", "--pretty", "--styled-output-off"]):
        seen, _ = on_terminal([ahttp, "-s", *words, f"{url}/json"])
        check("\x1b" not in seen, f"{words}: {seen!r}")


def output_is_gathered_but_with_n(ahttp, url):
    for program in (ahttp, "curl"):
        for words, seconds, wanted in ((["-N"], 5, b"begun"), (["--no-buffer"], 5, b"begun"),
                                       (["--buffer"], 0.3, b"")):
            with subprocess.Popen([program, "-s", *words, f"{url}/stalls"],
                                  stdout=subprocess.PIPE) as client:
                readable, _, _ = select.select([client.stdout], [], [], seconds)
                seen = os.read(client.stdout.fileno(), 100) if readable else b""
                client.kill()
            check(seen == wanted, f"{program} {words}: {seen!r}")


def no_more_run_than_parallel_max_says(ahttp, url):
    for words, most in ((["-Z", "--parallel-max", "3"], 3), ([], 1)):
        GAUGE.take()
        done = run(ahttp, *words, f"{url}/gauge/[0-11]")
        check(done.stdout == "counted\n" * 12 and GAUGE.take() == most, f"{words}")


def rate_spaces_the_starts(ahttp, url):
    since = time.monotonic()
    done = run(ahttp, "--rate", "20/s", f"{url}/small/[0-6]")
    check(done.returncode == 0 and 0.3 <= time.monotonic() - since < 3, "--rate")


def verbose_and_traces_show_what_goes_over_the_wire(ahttp, url):
    seen = run(ahttp, "-v", "-d", "a=1", f"{url}/json").stderr
    check(re.search(r"(?m)^> POST /json HTTP/1.1\r?$", seen) and "\n> Content-Length: 3" in seen and
          re.search(r"(?m)^< HTTP/1.1 200 OK\r?$", seen) and "\n} [3 bytes data]" in seen,
          f"-v: {seen}")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "trace")
        run(ahttp, "--trace-time", "--trace-ascii", str(file), "-d", "a=1", f"{url}/json")
        seen = file.read_text()
        check(re.search(r"(?m)^\d\d:\d\d:\d\d\.\d{6} => Send header, \d+ bytes", seen) and
              "0000: POST /json HTTP/1.1\n" in seen and
              "=> Send data, 3 bytes (0x3)\n0000: a=1\n" in seen and "<= Recv data, 28 bytes" in seen, f"--trace-ascii: {seen}")
        run(ahttp, "--trace-ids", "--trace", str(file), "-d", "a=1", f"{url}/json")
        seen = file.read_text()
        check(seen.startswith("[0] => Send header") and re.search(
            r"(?m)^0000: 61 3d 31 (?:   ){13}a=1$", seen), f"--trace: {seen}")


def main():
    ahttp = os.path.abspath(sys.argv[1])
    server = Server(PAGES)
    url = f"http://127.0.0.1:{server.port}"
    for test in (bars_on_a_terminal, tidy_when_piped, colours_are_for_terminals,
                 output_is_gathered_but_with_n, no_more_run_than_parallel_max_says,
                 rate_spaces_the_starts, verbose_and_traces_show_what_goes_over_the_wire):
        test(ahttp, url)
        print(f"ok  {test.__name__}")


if __name__ == "__main__":
    main()
