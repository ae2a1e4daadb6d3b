#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ahttp has of its own, beside curl's options: --bench, --timing, --pretty, --har; help,
manual and completions; and what it keeps from others.

usage: test_own.py AHTTP
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from scripted import Server, page

PAGES = {f"/small/{i}": page(f"small file {i}\n") for i in range(3)}
PAGES |= {
    "/moved": page("", "Location: /json", status="302 Found"),
    "/no-json": page('{"a":[1,', "Content-Type: application/json"),
    "/json": page('{"a":[1,{"b":null}],"c":"d"}', "Content-Type: application/json"),
}


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def run(ahttp, *words):
    return subprocess.run([ahttp, *words], capture_output=True, text=True)


def bench_prints_percentiles(ahttp, url):
    bench = run(ahttp, "--bench", "200,10", f"{url}/small/1")
    check(bench.returncode == 0 and
          re.match(r"200 requests, 10 at once, 0 failed; \d", bench.stdout),
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
    check(abs(sum(float(row[1]) for row in rows) - total) < 1,
          f"the parts are not the whole: {seen}")


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
    requests = set(re.findall(r"(?m)^[.'].*?(?= |$)", manual))
    check(requests <= set(".TH .SH .TP .PP .B .I .nf .fi".split()), f"{requests} in the manual")


def bash_completes(ahttp, _):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(run(ahttp, "--generate", "bash").stdout)
        file.flush()
        done = subprocess.run(["bash", "-c", f". {file.name}; COMP_WORDS=(ahttp --max-r); "
                               "COMP_CWORD=1; _ahttp; echo ${COMPREPLY[@]}"],
                              capture_output=True, text=True)
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
    for test in (bench_prints_percentiles, timing_shows_a_waterfall, pretty_is_json_in_lines,
                 har_has_each_exchange, variables, a_cookie_jar_is_for_its_owner_only,
                 documents_have_every_option, bash_completes, help_is_by_category,
                 a_misspelt_option_is_guessed_at, version_says_what_is_in_it):
        test(ahttp, url)
        print(f"ok  {test.__name__}")


if __name__ == "__main__":
    main()
