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
PAGES["/moved"] = page("", "Location: /json", status="302 Found")
PAGES["/no-json"] = page('{"a":[1,', "Content-Type: application/json")
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


def bench_prints_percentiles(ahttp, url):
    bench = run(ahttp, "--bench", "200,10", f"{url}/small/1")
    check(bench.returncode == 0 and re.match(r"200 requests, 10 at once, 0 failed; \d", bench.stdout),
          f"{bench.stdout}{bench.stderr}")
    rows = re.findall(r"(?m)^ *([\d.]+) % +([\d.]+) ms$", bench.stdout)
    check([row[0] for row in rows] == ["50", "75", "90", "99", "99.9", "100"], bench.stdout)
    times = [float(row[1]) for row in rows]
    mean = float(re.search(r"mean +([\d.]+) ms", bench.stdout)[1])
    check(times == sorted(times) and 0 < mean <= times[-1], bench.stdout)
    bad = run(ahttp, "--bench", "20", f"{url}/missing")
    check(", 20 failed;" in bad.stdout and "%" not in bad.stdout, bad.stdout)


def timing_shows_a_waterfall(ahttp, url):
    seen = run(ahttp, "--timing", "-o", "/dev/null", f"{url}/small/1").stderr
    rows = re.findall(r"(?m)^([\w ]+?) +([\d.]+) ms  ( *)([#|]+)$", seen)
    check([row[0] for row in rows] == ["DNS", "connect", "sent", "first byte", "done"], seen)
    starts = [len(row[2]) for row in rows]
    check(starts == sorted(starts) and all(len(row[2] + row[3]) <= 40 for row in rows), seen)
    total = float(re.search(r"in all +([\d.]+) ms", seen)[1])
    check(abs(sum(float(row[1]) for row in rows) - total) < 1, f"the parts are not the whole: {seen}")


def pretty_is_json_in_lines(ahttp, url):
    pretty = run(ahttp, "--pretty", f"{url}/json")
    check(json.loads(pretty.stdout) == {"a": [1, {"b": None}], "c": "d"} and
          '\n  "c": "d"\n' in pretty.stdout, pretty.stdout)
    broken = run(ahttp, "--pretty", f"{url}/no-json")
    check(broken.stdout == '{"a":[1,', f"what is no JSON: {broken.stdout!r}")
    text = run(ahttp, "--pretty", f"{url}/small/1")
    check(text.stdout == "small file 1\n", f"what is another type: {text.stdout!r}")


def har_has_each_exchange(ahttp, url):
    with tempfile.TemporaryDirectory() as folder:
        har = pathlib.Path(folder, "out.har")
        run(ahttp, "--har", str(har), "-L", "-d", "a=1", "-u", "ann:secret", "-b", "id=7",
            f"{url}/moved?x=y", f"{url}/small/2")
        text = har.read_text()
    log = json.loads(text)["log"]
    check("YW5uOnNlY3JldA" not in text and "id=7" not in text and "secret" not in text, "secrets")
    check(log["version"] == "1.2" and log["creator"]["name"] == "ahttp", "log")
    posted, moved = log["entries"][0], log["entries"][1]
    check([(entry["request"]["method"], entry["response"]["status"]) for entry in log["entries"]] ==
          [("POST", 302), ("GET", 200), ("POST", 200)], "methods and statuses")
    check(posted["request"]["postData"]["text"] == "a=1" and
          posted["request"]["queryString"] == [{"name": "x", "value": "y"}] and
          {"name": "Accept", "value": "*/*"} in posted["request"]["headers"] and
          {"name": "Authorization", "value": "***"} in posted["request"]["headers"] and
          posted["response"]["redirectURL"] == "/json", "what was asked")
    check(moved["response"]["content"] == {"size": 28, "mimeType": "application/json"} and
          moved["serverIPAddress"] == "127.0.0.1", "what came")
    for entry in log["entries"]:
        parts = entry["timings"]
        check(set(parts) == {"blocked", "dns", "connect", "ssl", "send", "wait", "receive"} and
              abs(sum(part for part in parts.values() if part > 0) - entry["time"]) < 1, "times")
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                           entry["startedDateTime"]), "date")


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
          re.search(r"(?m)^< HTTP/1.1 200 OK\r?$", seen) and "\n} [3 bytes data]" in seen, f"-v: {seen}")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "trace")
        run(ahttp, "--trace-time", "--trace-ascii", str(file), "-d", "a=1", f"{url}/json")
        seen = file.read_text()
        check(re.search(r"(?m)^\d\d:\d\d:\d\d\.\d{6} => Send header, \d+ bytes", seen) and
              "0000: POST /json HTTP/1.1\n" in seen and "=> Send data, 3 bytes (0x3)\n0000: a=1\n" in seen
              and "<= Recv data, 28 bytes" in seen, f"--trace-ascii: {seen}")
        run(ahttp, "--trace-ids", "--trace", str(file), "-d", "a=1", f"{url}/json")
        seen = file.read_text()
        check(seen.startswith("[0] => Send header") and re.search(
            r"(?m)^0000: 61 3d 31 (?:   ){13}a=1$", seen), f"--trace: {seen}")


def a_cookie_jar_is_for_its_owner_only(ahttp, url):
    with tempfile.TemporaryDirectory() as folder:
        jar = pathlib.Path(folder, "jar")
        run(ahttp, "-c", str(jar), f"{url}/small/1")
        check(jar.stat().st_mode & 0o777 == 0o600, f"mode {jar.stat().st_mode:o}")


def names_of(ahttp):
    """Of all options, by --help all."""
    every = run(ahttp, "--help", "all").stdout
    return re.findall(r"(?m)^ (?:-\S, |    )--(\S+)", every)


def documents_have_every_option(ahttp, _):
    names = names_of(ahttp)
    check(len(names) > 170, "--help all")
    for kind, form in (("man", r"\-\-{}"), ("bash", "--{} "), ("zsh", "--{}["),
                       ("fish", " -l {} ")):
        text = run(ahttp, "--generate", kind).stdout
        for name in names:
            name = name.replace("-", r"\-") if kind == "man" else name
            check(form.format(name) in text, f"--generate {kind} lacks {name}")
    manual = run(ahttp, "--manual").stdout
    check(manual.startswith(".TH AHTTP") and all(
        f".SH {part}\n" in manual for part in ("NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "FILES",
                                               "ENVIRONMENT", "EXIT CODES")), "--manual")
    check("http_code, " in manual and "url_effective" in manual, "variables of -w in the manual")
    check("\n.B 28\n" in manual, "exit codes in the manual")


def bash_completes(ahttp, _):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(run(ahttp, "--generate", "bash").stdout)
        file.flush()
        done = subprocess.run(["bash", "-c", f". {file.name}; COMP_WORDS=(ahttp --max-r); COMP_CWORD=1; "
                               "_ahttp; echo ${COMPREPLY[@]}"], capture_output=True, text=True)
    check(done.stdout == "--max-redirs\n", f"{done.stdout}{done.stderr}")


def help_is_by_category(ahttp, _):
    categories = re.findall(r"(?m)^ (\w+) ", run(ahttp, "--help", "category").stdout)
    check({"http", "proxy", "tls", "timeout", "own"} <= set(categories), f"{categories}")
    seen = set()
    for category in categories:
        text = run(ahttp, "--help", category).stdout
        check(text.startswith(f"{category}: "), f"--help {category}: {text}")
        seen |= set(re.findall(r"(?m)^ (?:-\S, |    )--(\S+)", text))
    check(seen == set(names_of(ahttp)), "an option is in no category")
    check("--retry <number>" in run(ahttp, "--help", "--retry").stdout, "--help --retry")
    check("-o, --output" in run(ahttp, "--help", "-o").stdout, "--help -o")
    check("-o, --output" in run(ahttp, "--help").stdout, "--help")


def a_misspelt_option_is_guessed_at(ahttp, _):
    done = run(ahttp, "--loction", "x")
    check(done.returncode == 2 and "did you mean --location?" in done.stderr, done.stderr)


def version_says_what_is_in_it(ahttp, _):
    version = run(ahttp, "-V").stdout
    check(re.match(r"ahttp \d+\.\d+\.\d+ ", version) and
          re.search(r"(?m)^Protocols: http https$", version) and
          re.search(r"(?m)^Features: AsynchDNS.* SSL UnixSockets", version), version)
    as_curl = subprocess.run([ahttp, "-V"], capture_output=True, text=True,
                             env={**os.environ, "AHTTP_CURL_VERSION": "8.22.0"}).stdout
    check(as_curl.startswith("curl 8.22.0 "), as_curl)


def variables(ahttp, url):
    done = run(ahttp, "--variable", "n= 1 ", "--expand-url", url + "/small/{{n:trim}}")
    check(done.stdout == "small file 1\n", f"--expand-url: {done.stdout}{done.stderr}")


def main():
    ahttp = os.path.abspath(sys.argv[1])
    server = Server(PAGES)
    url = f"http://127.0.0.1:{server.port}"
    for test in (bars_on_a_terminal, tidy_when_piped, bench_prints_percentiles,
                 timing_shows_a_waterfall, pretty_is_json_in_lines, har_has_each_exchange, variables,
                 colours_are_for_terminals, output_is_gathered_but_with_n,
                 no_more_run_than_parallel_max_says, rate_spaces_the_starts,
                 verbose_and_traces_show_what_goes_over_the_wire,
                 a_cookie_jar_is_for_its_owner_only,
                 documents_have_every_option, bash_completes, help_is_by_category,
                 a_misspelt_option_is_guessed_at, version_says_what_is_in_it):
        test(ahttp, url)
        print(f"ok  {test.__name__}")


if __name__ == "__main__":
    main()
