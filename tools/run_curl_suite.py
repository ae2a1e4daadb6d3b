#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""curl's own test cases of plain HTTP/1.x, with ahttp in curl's place.

usage: run_curl_suite.py CURL_SOURCE CURL_BUILD [-b BUILD] [-j JOBS] [CASE...]

CURL_SOURCE is a checkout of github.com/curl/curl, CURL_BUILD where CMake has built it together with
its test servers:

    cmake -S CURL_SOURCE -B CURL_BUILD -G Ninja -DBUILD_TESTING=ON -DCURL_USE_LIBPSL=OFF
    cmake --build CURL_BUILD && cmake --build CURL_BUILD --target testdeps

BUILD is a build of this tree (default: build/release).  stunnel must be there for https, and two
cases want ip6-localhost in /etc/hosts.  Nothing of curl is copied: its runner is asked to call
ahttp.  Without CASEs all are run that ask for what any client of HTTP/1.x does: what is left out by
the pattern OUT are other protocols, and curl's own features beyond that.

Also compared are the tables of curl's documentation: its exit codes and the variables of -w.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SERVERS = {"http", "https", "http-proxy", "https-proxy", "socks4", "socks5", "http-unix", "none",
           "http-ipv6", "https-mtls", "httptls+srp"}
# Options, and features that curl was built with, which a case must not need.
OUT = (r"--libcurl|--hsts|--alt-svc|--doh|--ntlm|--negotiate|--aws|--ech|--engine|--haproxy|ipfs://|"
       r"ipns://|--http2|--http3|--ftp|ftp://|telnet://|--tls-earlydata|--ssl-sessions|--httpsig|"
       r"--sigalgs|--curves|--variable|--expand")
OUT_FEATURES = (r"Debug|NTLM|GSS|SPNEGO|HSTS|alt-svc|http/2|http/3|h2c|ECH|IPFS|Schannel|TLS-SRP|"
                r"TrackMemory|debug")
SECONDS = 20  # that a command may take

# The runner holds Digest back from those who do not announce one of three logins beyond it.
# Kerberos is the one that no case needs by itself.
STAND_IN = """#!/bin/sh
export AHTTP_CURL_VERSION={version} LD_LIBRARY_PATH={libraries}
case "$1" in
--version | -V) {ahttp} "$@" | sed 's/^Features: /Features: Kerberos /' ;;
*) exec timeout -k 1 {seconds} {ahttp} "$@" ;;
esac
"""


def part(name, text):
    found = re.search(rf"<{name}\b([^>]*)>(.*?)</{name}>", text, re.S)
    return found.groups() if found else ("", "")


def is_ours(text):
    """Whether a case asks for what any client of HTTP/1.x does."""
    client = part("client", text)[1]
    form, command = part("command", client)
    servers = set(re.sub(r"%\w+.*", "", part("server", client)[1]).split())
    if "<tool>" in client or "<tool " in client or not command or 'type="' in form:
        return False
    if not servers or servers - SERVERS or re.search(OUT, command):
        return False
    if re.search(OUT_FEATURES, part("features", client)[1]):
        return False
    return "HTTP" in part("keywords", text)[1] or "http" in " ".join(servers)


def cases_of(source):
    for path in sorted((source / "tests/data").glob("test*"),
                       key=lambda path: int(re.sub(r"\D", "", path.name) or 0)):
        if re.fullmatch(r"test\d+", path.name) and is_ours(path.read_text("latin-1")):
            yield path.name[4:]


def run(options, cases, folder):
    """What the runner wrote."""
    version = re.search(r'LIBCURL_VERSION "([^"]+)"',
                        (options.source / "include/curl/curlver.h").read_text())[1]
    stand_in = pathlib.Path(folder, "ahttp-curl")
    stand_in.write_text(STAND_IN.format(
        version=version, libraries=options.b / "src", seconds=SECONDS,
        ahttp=options.b / "examples/ahttp/ahttp"))
    stand_in.chmod(0o755)
    tests = options.source / "tests"
    done = subprocess.run(
        ["perl", f"-I{tests}", tests / "runtests.pl", "-n", "-a", f"-j{options.j}", "-c", stand_in,
         "-vc", options.build / "src/curl", *cases],
        cwd=options.build / "tests", env={**os.environ, "srcdir": str(tests)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.stdout


def sum_up(cases, said):
    skipped = dict(re.findall(r"(?m)^test (\d+) SKIPPED: (.*)$", said))
    failed = re.findall(r"(?m)^FAIL (\d+): '(.*?)'", said)
    passed = len(re.findall(r"(?m)^\S+ OK \(", said))
    for number, why in sorted(skipped.items()):
        print(f"not run {int(number):5}  {why}")
    for number, name in failed:
        print(f"FAILED  {number:>5}  {name}")
    print(f"{passed} of {len(cases)} cases pass, {len(failed)} fail, {len(skipped)} were not run")
    return passed


# ---- Tables ----

def documented_variables(source):
    text = (source / "docs/cmdline-opts/write-out.md").read_text()
    return set(re.findall(r"(?m)^## `?(?:%\{)?([a-z0-9_.]+)\}?`?$", text))


def documented_codes(source):
    text = (source / "docs/cmdline-opts/_EXITCODES.md").read_text()
    return {int(code): what for code, what in re.findall(r"(?m)^## (\d+)\n(.*)$", text)}


def compare_tables(options):
    rooms = pathlib.Path(__file__).parents[1] / "examples/ahttp"
    ours = set(re.findall(r'(?:FIELD\("|MADE\("|NUMBER\("|\{"|name, ")([a-z0-9_.]+)"',
                          (rooms / "write_out.c").read_text()))
    missing = documented_variables(options.source) - ours
    print(f"-w lacks: {', '.join(sorted(missing)) or 'nothing'}")
    said = subprocess.run([options.b / "examples/ahttp/ahttp", "--manual"], capture_output=True,
                          text=True).stdout.partition(".SH EXIT CODES")[2]
    known = documented_codes(options.source)
    for code in sorted({int(code) for code in re.findall(r"(?m)^\.B (\d+)$", said)} - set(known)):
        print(f"exit code {code} is ahttp's own")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("source", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("-b", metavar="BUILD", default=pathlib.Path("build/release").resolve(),
                        type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("-j", metavar="JOBS", default=2, type=int)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_args()
    cases = options.cases or list(cases_of(options.source))
    with tempfile.TemporaryDirectory() as folder:
        said = run(options, cases, folder)
    passed = sum_up(cases, said)
    compare_tables(options)
    return passed * 10 < len(cases) * 9


if __name__ == "__main__":
    sys.exit(main())
