#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ahttp -Z with 1000 small and 4 large files: the bars on a terminal of 80 columns, the same when
piped, and its own options.

usage: test_terminal.py AHTTP
"""
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import time

from scripted import Server, page
from terminal import COLUMNS, on_terminal

SMALL, LARGE = 1000, 4
LARGE_BODY = os.urandom(1 << 20) * 4


def slow_large(_):
    time.sleep(0.6)
    return page(LARGE_BODY)


PAGES = {f"/small/{i}": page(f"small file {i}\n") for i in range(SMALL)}
PAGES |= {f"/large/{i}": slow_large for i in range(LARGE)}
PAGES["/stalls"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"
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
    bars = [line for line in lines if re.search(r"^large_\d .*%", line) or
            re.search(r"^large_\d +0 ", line)]
    check(bars, "no bar was drawn for a large file")
    check(any(re.search(r"\d+ done, 0 failed, \d+ running; ", line) for line in lines),
          "no line for all of them")
    left = left_on_screen(seen)
    check(len(left) == 1 and re.fullmatch(
        rf"{SMALL + LARGE} transfers, 0 failed; \S+ in \S+ s, \S+/s", left[0]),
        f"what is left on the screen: {left}")


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


def own_options(ahttp, url):
    bench = run(ahttp, "--bench", "200,10", f"{url}/small/1")
    check(bench.returncode == 0 and re.search(r"200 requests.* 0 failed", bench.stdout) and
          re.search(r"50 %.*\n.*99 %", bench.stdout, re.S), f"--bench: {bench.stdout}{bench.stderr}")
    timing = run(ahttp, "--timing", "-o", "/dev/null", f"{url}/small/1")
    check(all(word in timing.stderr for word in ("first byte", "done")), f"--timing: {timing.stderr}")
    pretty = run(ahttp, "--pretty", f"{url}/json")
    check(json.loads(pretty.stdout) == {"a": [1, {"b": None}], "c": "d"} and
          '\n  "c": "d"\n' in pretty.stdout, f"--pretty: {pretty.stdout}")
    with tempfile.TemporaryDirectory() as folder:
        har = pathlib.Path(folder, "out.har")
        run(ahttp, "--har", str(har), "-d", "a=1", f"{url}/json", f"{url}/small/2")
        entries = json.loads(har.read_text())["log"]["entries"]
        check([entry["response"]["status"] for entry in entries] == [200, 200] and
              entries[0]["request"]["method"] == "POST" and
              entries[0]["response"]["content"]["mimeType"] == "application/json", "--har")


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


def documents(ahttp):
    for kind, word in (("man", ".TH AHTTP"), ("bash", "complete "), ("zsh", "#compdef"),
                       ("fish", "complete -c ahttp")):
        done = run(ahttp, "--generate", kind)
        check(done.returncode == 0 and word in done.stdout, f"--generate {kind}")
    every = run(ahttp, "--help", "all").stdout
    check(every.count("\n") > 150 and "--max-filesize <bytes>" in every, "--help all")
    manual = run(ahttp, "--manual").stdout
    check(manual.startswith(".TH AHTTP") and len(manual) > 10000, "--manual")
    check("--proxy " in run(ahttp, "--help", "proxy").stdout, "--help proxy")
    check("--retry <number>" in run(ahttp, "--help", "--retry").stdout, "--help --retry")
    check("did you mean --location?" in run(ahttp, "--loction", "x").stderr, "the nearest option")
    version = run(ahttp, "-V").stdout
    check(re.match(r"ahttp \d+\.\d+\.\d+ ", version) and "\nFeatures:" in version, "-V")


def variables(ahttp, url):
    done = run(ahttp, "--variable", "n= 1 ", "--expand-url", url + "/small/{{n:trim}}")
    check(done.stdout == "small file 1\n", f"--expand-url: {done.stdout}{done.stderr}")


def main():
    ahttp = os.path.abspath(sys.argv[1])
    server = Server(PAGES)
    url = f"http://127.0.0.1:{server.port}"
    for test in (bars_on_a_terminal, tidy_when_piped, own_options, variables,
                 colours_are_for_terminals, output_is_gathered_but_with_n):
        test(ahttp, url)
        print(f"ok  {test.__name__}")
    documents(ahttp)
    print("ok  documents")


if __name__ == "__main__":
    main()
