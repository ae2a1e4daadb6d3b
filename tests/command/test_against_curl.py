#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same command line for curl and for ahttp: what the server sees, standard output, files and
the exit code must be the same, byte for byte.

usage: test_against_curl.py AHTTP [ROW...]

A row of ROWS is a name and the words; {u} is the server's URL, {p} its port.  Each runs in an
empty folder with the files of FILES.  Of rows that begin with "~" only exit code and files are
compared: there, curl itself does now otherwise than the version that distributions have.  What
stands behind "==" is for curl, where an option is newer than it, or is ahttp's own.
"""
import collections
import gzip
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from scripted import Server, field, page

BIG = bytes(range(256)) * 5000


def redirect(status, to, *fields):
    return page("moved\n", f"Location: {to}", *fields, status=status)


def ranged(request):
    wanted = field(request.split(b"\r\n\r\n")[0], b"Range")
    body = b"0123456789"
    if not wanted:
        return page(body, "Accept-Ranges: bytes")
    first, _, last = wanted.decode().partition("=")[2].partition("-")
    if int(first or 0) >= len(body):
        return page("", "Content-Range: bytes */10", status="416 Range Not Satisfiable")
    start, end = int(first), int(last or 9)
    return page(body[start:end + 1], f"Content-Range: bytes {start}-{end}/10",
                status="206 Partial Content")


def guarded(request):
    head = request.split(b"\r\n\r\n")[0]
    if field(head, b"Authorization"):
        return page("welcome\n")
    return page("who?\n", 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"',
                'WWW-Authenticate: Basic realm="r"', status="401 Unauthorized")


def behind(request):
    if field(request.split(b"\r\n\r\n")[0], b"Proxy-Authorization"):
        return page("let through\n")
    return page("who?\n", 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"',
                'Proxy-Authenticate: Basic realm="r"', status="407 Proxy Authentication Required")


def away(request):
    """The same server, by another name."""
    port = field(request.split(b"\r\n\r\n")[0], b"Host").decode().rpartition(":")[2]
    return redirect("302 Found", f"http://localhost:{port}/a")


def conditional(request):
    head = request.split(b"\r\n\r\n")[0]
    if field(head, b"If-None-Match") == b'"v1"':
        return page("", 'ETag: "v1"', status="304 Not Modified")
    return page("tagged\n", 'ETag: "v1"', "Last-Modified: Tue, 13 Jun 2000 12:10:00 GMT")


FLAKY = itertools.cycle((None, page("at last\n")))  # a connection that ends without a word

PAGES = {
    "/": page("root\n"),
    "/a": page("page a\n", "Content-Type: text/plain"),
    "/b": page("page b\n", "X-Twice: one", "X-Twice: two"),
    "/1": page("one\n"), "/2": page("two\n"), "/3": page("three\n"),
    "/empty": page(""),
    "/close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    "/lf": b"HTTP/1.1 200 OK\nContent-Length: 3\nX:  spaces \n\nlf\n",
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
                b"4\r\nchun\r\n3\r\nked\r\n0\r\nT: trailing\r\n\r\n",
    "/early": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page("after hints\n"),
    "/gzip": page(gzip.compress(b"compressed\n", mtime=0), "Content-Encoding: gzip"),
    "/badgzip": page("not gzip at all", "Content-Encoding: gzip"),
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort",
    "/nothing-at-all": None,
    "/flaky": lambda _: next(FLAKY),
    "/garbage": b"SMTP ready\r\n\r\nConnection: close",
    "/stalls": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nand no more",
    "/500": page("sorry\n", status="500 Internal Server Error"),
    "/later": page("busy\n", "Retry-After: 1", status="503 Busy"),
    "/much-later": page("busy\n", "Retry-After: 100", status="503 Busy"),
    "/301": redirect("301 Moved Permanently", "/a"),
    "/302": redirect("302 Found", "/a"),
    "/303": redirect("303 See Other", "/a"),
    "/307": redirect("307 Temporary Redirect", "/a"),
    "/up": redirect("302 Found", "../x/./../a?q=1"),
    "/spaces": redirect("302 Found", "/a?with some spaces"),
    "/loop": redirect("302 Found", "/loop"),
    "/away": away,
    "/behind": behind,
    "host.example:80": b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n",
    "/range": ranged,
    "/guarded": guarded,
    "/etag": conditional,
    "/cookies": page("set\n", "Set-Cookie: plain=1", "Set-Cookie: deep=2; path=/deep",
                     "Set-Cookie: gone=3; Max-Age=0", "Set-Cookie: hidden=4; HttpOnly"),
    "/deep/page": page("deep\n"),
    "/named": page("named\n", 'Content-Disposition: attachment; filename="../given name.txt"'),
    "/big": page(BIG),
    "/files/name.txt": page("file\n"),
}

FILES = {
    "in.txt": b"line one\r\nline two\n",
    "data.bin": bytes(range(256)),
    "heads": b"X-One: 1\n# no header\nX-Two: 2\n",
    "config": b'# options\nuser-agent = "from config"\nheader = "X-C: y"\n-i\n',
    "netrc": b"machine 127.0.0.1 login ann password secret\n",
    "jar": b"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tkept\tyes\n",
    "old": b"old bytes\n",
    "range": b"01234",
    "tag": b'"v1"\n',
    "urls": b"url={u}/a\noutput=first\nurl={u}/b\noutput=second\n",
    "format": b"%{http_code}\\n",
}

ROWS = """
plain                 {u}/a
no path               {u}
query only            {u}?a=b
fragment              {u}/a#part
dots in the path      {u}/x/../a
--path-as-is          --path-as-is {u}/x/../a
scheme guessed        127.0.0.1:{p}/a
user in the URL       http://ann:se%63ret@127.0.0.1:{p}/a
two URLs              {u}/a {u}/b
--url                 --url {u}/a
-i                    -i {u}/b
-i, bare LF           -i {u}/lf
-i, trailers          -i {u}/chunked
-i, interim           -i {u}/early
-i, until close       -i {u}/close
-I                    -I {u}/a
-D                    -D dump {u}/b
-D -                  -D - {u}/b
-o                    -o out {u}/a
-o for each           -o out1 {u}/a -o out2 {u}/b
-o #1                 -o file_#1_#2 {u}/{{a,b}}?[1-2]
--create-dirs         --create-dirs -o x/y/out {u}/a
--output-dir          --output-dir . -o out {u}/a
-O                    -O {u}/files/name.txt
--remote-name-all     --remote-name-all {u}/files/name.txt
-OJ                   -OJ {u}/named
-OJ is no overwrite   -OJ {u}/a
-R                    -R -o out {u}/etag
--no-clobber          --no-clobber -o old {u}/a
--remove-on-error     --remove-on-error -o out {u}/short
empty to a file       -o out {u}/empty
globs                 {u}/[1-3]
globs with step       {u}/[1-3:2]
glob of letters       {u}/{{a,b}}
glob with zeros       -o z#1 {u}/[01-03]
bad glob              {u}/[3-1]
unmatched brace       {u}/{{a
-g                    -g {u}/a?{{b}}[c]
-X                    -X DELETE {u}/a
-d                    -d a=1 -d b=2 {u}/a
-d ''                 -d  {u}/a
-d @file              -d @in.txt {u}/a
-d @-                 -d @- {u}/a
-F @-                 -F a=@- {u}/a
-o -                  -o - {u}/a
--data-raw            --data-raw @in.txt {u}/a
--data-binary         --data-binary @data.bin {u}/a
--data-urlencode      --data-urlencode n=a/b --data-urlencode =c:d --data-urlencode e@in.txt {u}/a
--json                --json [1,2] {u}/a
-G                    -G -d a=1 -d b=2 {u}/a?z=0
-G -I                 -G -I -d a=1 {u}/a
~--url-query          --url-query a=1 --url-query b=/ {u}/a
big -d waits          --data-binary @big.bin {u}/a
~-T                   -T in.txt {u}/put
~-T to a folder        -T in.txt {u}/folder/
-T -                  -T - {u}/put
-T, no file           -T missing {u}/put
~-T and -C             -T in.txt -C 5 {u}/put
-F                    -F a=1 -F b=@in.txt {u}/a
-F <                  -F a=<in.txt {u}/a
-F type, name         -F a=@in.txt;type=text/x-y;filename=z {u}/a
-F two files          -F a=@in.txt,data.bin {u}/a
-F encoder            -F a=@in.txt;encoder=base64 {u}/a
-F headers            -F a=1;headers="X-P: q" {u}/a
--form-string         --form-string a=@x;type=y {u}/a
--form-escape         --form-escape -F a"b=1 {u}/a
-F, no file           -F a=@missing {u}/a
-H                    -H X-Y:z -H Accept: -H X-Empty; -H User-Agent:me {u}/a
-H Host               -H Host:other.example {u}/a
-H @file              -H @heads {u}/a
-A                    -A agent {u}/a
-A ''                 -A  {u}/a
-e                    -e http://from.example/ {u}/a
-e auto               -L -e ;auto {u}/302
--compressed          --compressed -H Accept-Encoding:gzip {u}/gzip
gzip as it is         {u}/gzip
--compressed, bad     --compressed -H Accept-Encoding:gzip {u}/badgzip
--raw                 --raw {u}/chunked
-r                    -r 2-4 {u}/range
-r, whole             -r 7- {u}/range
-C n                  -C 4 {u}/range
-C -                  -C - -o range {u}/range
-C, no ranges         -C 2 {u}/a
-z                    -z 20010101 {u}/a
-z, not newer         -z 20100101 {u}/etag
-z -date              -z -19990101 {u}/a
--etag-save           --etag-save kept {u}/etag
--etag-compare        --etag-compare tag {u}/etag
-L                    -L {u}/302
-L, dots              -L {u}/up
-L, spaces            -L {u}/spaces
-L POST 301           -L -d a=1 {u}/301
-L POST 307           -L -d a=1 {u}/307
-L POST 303           -L -d a=1 {u}/303
-L --post301          -L --post301 -d a=1 {u}/301
-L --post302          -L --post302 -d a=1 {u}/302
-L --post303          -L --post303 -d a=1 {u}/303
-L -X                 -L -X PUT {u}/302
-L -i                 -L -i {u}/302
--max-redirs          -L --max-redirs 2 {u}/loop
redirect not followed -w %{{redirect_url}} {u}/302
-u                    -u ann:secret {u}/a
--basic               --basic -u ann:secret {u}/guarded
--anyauth, basic      --anyauth {u}/guarded
--oauth2-bearer       --oauth2-bearer token {u}/a
-n                    --netrc-file netrc -n {u}/a
--netrc-optional      --netrc-file netrc --netrc-optional {u}/a
-b                    -b a=1;b=2 {u}/a
-b file               -b jar {u}/a
-b and -c             -b jar -c out {u}/cookies {u}/deep/page
-c                    -c out {u}/cookies {u}/deep/page
-c -                  -c - {u}/cookies
-j                    -j -b jar {u}/a
-f                    -f {u}/missing
-f, good              -f {u}/a
--fail-with-body      --fail-with-body {u}/missing
--fail-early          --fail-early -f {u}/missing {u}/a
~the last code counts  -f {u}/missing {u}/a
--retry               --retry 1 --retry-delay 1 --retry-max-time 30 {u}/500
--retry-max-time      --retry 3 --retry-delay 1 --retry-max-time 1 {u}/500
Retry-After           --retry 1 {u}/later
Retry-After, too late --retry 3 --retry-max-time 5 {u}/much-later
--retry -i, to a file -i --retry 1 --retry-delay 1 -o out {u}/500
--retry-all-errors    --retry 1 --retry-all-errors --retry-delay 1 --retry-max-time 30 {u}/short
--max-filesize        --max-filesize 100 {u}/big
-m                    -m 5 {u}/a
-m, too slow          -m 0.5 {u}/stalls
--connect-timeout     --connect-timeout 5 {u}/a
--limit-rate          --limit-rate 10M {u}/a
-y -Y                 -y 5 -Y 1 {u}/a
-0                    -0 {u}/a
--http1.1             --http1.1 {u}/a
--ignore-content-length --ignore-content-length {u}/close
~--tr-encoding         --tr-encoding {u}/a
--request-target      --request-target /other {u}/a
--expect100-timeout   --expect100-timeout 2 -H Expect:100-continue -d a {u}/a
--resolve             --resolve host.example:{p}:127.0.0.1 http://host.example:{p}/a
--connect-to          --connect-to ::127.0.0.1:{p} http://host.example/a
-4                    -4 {u}/a
--interface           --interface 127.0.0.1 {u}/a
--keepalive-time      --keepalive-time 30 {u}/a
--no-keepalive        --no-keepalive {u}/a
-x                    -x {u} http://host.example/a
-x, user              -x {u} -U me:pw http://host.example/a
--proxy-header        -x {u} --proxy-header X-P:1 -H X-H:2 http://host.example/a
--noproxy             -x http://127.0.0.1:1 --noproxy 127.0.0.1 {u}/a
-x ''                 -x  {u}/a
--proto-default       --proto-default http 127.0.0.1:{p}/a
--proto               --proto =https {u}/a
--proto, allowed      --proto =http,https {u}/a
-y, stalled           -y 1 -Y 1000 {u}/stalls
--proto-redir         --proto-redir =https -L {u}/302
--next                -d a=1 {u}/a --next -H X:y {u}/b
-K                    -K config {u}/a
-K urls               -K urls
-w                    -w %{{http_code}}|%{{size_download}}|%{{content_type}}|%{{num_connects}}\\n {u}/a
~-w names              -w %{{method}}-%{{url_effective}}-%{{scheme}}-%{{num_redirects}}-%{{exitcode}} {u}/a
-w sizes              -w %{{size_header}}-%{{size_request}}-%{{size_upload}} -d abc {u}/b
-w addresses          -w %{{remote_ip}}:%{{remote_port}}-%{{local_ip}} {u}/a
-w header             -w %header{{x-twice}} {u}/b
-w header_json        -w %{{header_json}} {u}/b
-w onerror            -w %{{onerror}}bad {u}/a
-w file name          -o out -w %{{filename_effective}} {u}/a
-w @file              -w @format {u}/a
-w unknown            -w %{{nonsense}}x {u}/a
-w escapes            -w a\\tb%%c\\n {u}/a
-s -S                 -s -S {u}/a
-#                    -# -o out {u}/a
-N                    -N {u}/a
-v                    -v {u}/a
--trace-ascii         --trace-ascii trace-not-compared {u}/a
--stderr              --stderr errors-not-compared -v {u}/a
-q                    -q {u}/a
--no-progress-meter   --no-progress-meter {u}/a
~-Z                   -Z {u}/a -o one {u}/b -o two
--parallel-max        -Z --parallel-max 1 {u}/a {u}/b
--rate                --rate 100/s {u}/a {u}/b
no host               http:///
bad port              http://127.0.0.1:99999/
refused               http://127.0.0.1:1/
unknown scheme        gopherx://host/
nothing at all        {u}/nothing-at-all
a kept one that died  -d a=1 {u}/a {u}/flaky
cut short             {u}/short
no HTTP               {u}/garbage
--http0.9             --http0.9 {u}/garbage
unknown option        --no-such-option {u}/a
no URL                -s
bad number            -m x {u}/a
-a                    -a {u}/a
--npn                 --npn {u}/a
-2                    -2 {u}/a
-3                    -3 {u}/a
--tcp-nodelay         --tcp-nodelay {u}/a
--no-styled-output    --no-styled-output -i {u}/a
--styled-output-off   --styled-output-off -i {u}/a == -i {u}/a
--create-file-mode    --create-file-mode 0600 -o out {u}/a
--data-ascii          --data-ascii a=1 {u}/a
--digest              --digest -u ann:secret {u}/guarded
--follow              --follow {u}/302 == -L {u}/302
--location-trusted    --location-trusted -u ann:secret {u}/away
-L, not trusted       -L -u ann:secret {u}/away
--out-null            --out-null {u}/a -o out {u}/b == -o /dev/null {u}/a -o out {u}/b
~--parallel-immediate  -Z --parallel-immediate -o one {u}/a -o two {u}/b
--show-headers        --show-headers {u}/b == -i {u}/b
--skip-existing       --skip-existing -o old {u}/a -o new {u}/b == -o new {u}/b
--retry-connrefused   --retry-connrefused --retry 1 --retry-delay 1 http://127.0.0.1:1/
--trace               --trace trace-not-compared {u}/a
--trace-time          --trace-time --trace-ascii trace-not-compared {u}/a
--trace-ids           --trace-ids --trace trace-not-compared {u}/a == {u}/a
-p                    -p -x {u} http://host.example/a
-p -i                 -p -i -x {u} http://host.example/a
--suppress-connect-headers --suppress-connect-headers -p -i -x {u} http://host.example/a
-p --proxy-header     -p -x {u} --proxy-header @heads -H X-H:2 http://host.example/a
-p, as it is given    -p -x {u} --proxy-header X-P:1 --proxy-header X-E; http://host.example/a
-p -U                 -p -x {u} -U me:pw http://host.example/a
--proxy1.0            --proxy1.0 127.0.0.1:{p} http://host.example/a
--proxy1.0 -p         --proxy1.0 127.0.0.1:{p} -p http://host.example/a
--proxy-basic         -x {u} --proxy-basic -U me:pw http://host.example/behind
--proxy-digest        -x {u} --proxy-digest -U me:pw http://host.example/behind
--proxy-anyauth       -x {u} --proxy-anyauth -U me:pw http://host.example/behind
-x and --connect-to   -x {u} --connect-to ::host.example:80 http://other.example/a
-x, --connect-to it   -x {u} --connect-to ::host.example:80 http://host.example/a
-w %{{http_connect}}    -p -x {u} -w %{{http_connect}} http://host.example/a
"""

# What is of chance or of time, and so is not compared.
CHANCE = [
    (re.compile(rb"-{24}[0-9a-zA-Z]+"), b"BOUNDARY"),
    (re.compile(rb'cnonce="[^"]*"'), b'cnonce="?"'),
    (re.compile(rb'response="[^"]*"'), b'response="?"'),
]


Row = collections.namedtuple("Row", "name words theirs")


def rows():
    for line in ROWS.strip().splitlines():
        name, words = line[:22].strip(), line[22:].strip()
        if len(line) > 22 and line[21] != " ":  # a long name
            name, _, words = line.partition("  ") if "  " in line else line.partition(" ")
        ours, _, theirs = words.partition(" == ")
        yield Row(name, split(ours), split(theirs or ours))


def split(words):
    return re.split(r" (?! )", words) if "  " not in words else words.split(" ")


def plain(request):
    """Without what two runs may differ in.  The length of a form follows its boundary."""
    if b"boundary=" in request:
        request = re.sub(rb"Content-Length: \d+", b"Content-Length: ?", request)
    for pattern, stand_in in CHANCE:
        request = pattern.sub(stand_in, request)
    return request


def is_stdin(word):
    return word == "-" or word.endswith("@-")


def run(program, words, server, version):
    url = f"http://127.0.0.1:{server.port}"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            pathlib.Path(folder, name).write_bytes(content.replace(b"{u}", url.encode()))
        pathlib.Path(folder, "big.bin").write_bytes(BIG)
        words = [word.format(u=url, p=server.port) for word in words]
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "AHTTP_CURL_VERSION": version,
                       **{key: value for key, value in os.environ.items()
                          if key.startswith(("ASAN_", "UBSAN_", "LSAN_"))}}
        done = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True,
                              input=b"from a pipe" if any(map(is_stdin, words)) else b"", timeout=60)
        files = {str(path.relative_to(folder)): path.read_bytes()
                 for path in pathlib.Path(folder).rglob("*")
                 if path.is_file() and "not-compared" not in path.name}
        requests, connections = server.take()
        return {"exit code": done.returncode, "output": done.stdout, "files": files,
                "requests": [plain(request) for request in requests],
                "connections": connections}, done.stderr


def compare(ahttp, version, row):
    """What differs, or an empty text."""
    server = Server(PAGES)
    try:
        theirs, _ = run("curl", row.theirs, server, version)
        ours, errors = run(ahttp, row.words, server, version)
    finally:
        server.close()
    text = ""
    for what, wanted in theirs.items():
        if ours[what] != wanted and (what in ("exit code", "files") or row.name[0] != "~"):
            text += f"{what}:\n    curl:  {shorten(wanted)}\n    ahttp: {shorten(ours[what])}\n"
    if ours["exit code"] < 0 or b"Sanitizer" in errors:
        text += errors.decode(errors="replace")
    return text


def shorten(value):
    if isinstance(value, dict):
        value = {name: bytes(content[:200]) for name, content in value.items()
                 if name not in FILES or FILES[name] != content}
    text = repr(value)
    return text if len(text) < 1500 else text[:1500] + " ..."


def main():
    ahttp = os.path.abspath(sys.argv[1])
    chosen = sys.argv[2:]
    said = subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout
    version = said.split()[1]
    bad = count = 0
    with ThreadPoolExecutor(12) as pool:
        jobs = [(row, pool.submit(compare, ahttp, version, row))
                for row in rows() if not chosen or row.name in chosen]
        for row, job in jobs:
            count += 1
            difference = job.result()
            if difference:
                bad += 1
                print(f"--- {row.name}: {' '.join(row.words)}\n{difference}")
    print(f"{count - bad} of {count} rows agree with curl {version}")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
