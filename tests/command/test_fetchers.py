#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The programs of examples/fetchers against a scripted server.

usage: test_fetchers.py FOLDER_OF_PROGRAMS
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from scripted import Server, field, page

PICTURE = bytes(range(256)) * 40
FORMS = ("sequential", "threads", "futures", "tasks")


def html(*links):
    body = "".join(f'<a href="{link}">x</a>' for link in links)
    return page(f"<html>{body}</html>", "Content-Type: text/html")


def ranged(request):
    head = request.split(b"\r\n\r\n")[0]
    wanted, tag = field(head, b"Range"), field(head, b"If-Range")
    if field(head, b"If-None-Match") == b'"e1"':
        return page("", 'ETag: "e1"', status="304 Not Modified")
    if wanted and tag == b'"e1"':
        first = int(wanted[6:-1])
        return page(PICTURE[first:], 'ETag: "e1"',
                    f"Content-Range: bytes {first}-{len(PICTURE) - 1}/{len(PICTURE)}",
                    status="206 Partial Content")
    return page(PICTURE, 'ETag: "e1"')


def no_head(request):
    return page("", status="405 Method Not Allowed") if request[:5] == b"HEAD " else page("ok")


PAGES = {f"/p{i}.gif": page(PICTURE) for i in range(30)}
PAGES |= {
    "/robots.txt": page("User-agent: *\nDisallow: /private\nAllow: /private/but\n"),
    "/start": html("/one", "two", "/private/x", "/private/but", "http://elsewhere.example/", "#a"),
    "/one": html("/start", "/deeper"), "/two": html(), "/deeper": html("/deepest"),
    "/private/but": html(), "/deepest": html(),
    "/links": html("/one", "/missing", "/no-head", "/one#x"),
    "/no-head": no_head,
    "/file": ranged,
    "/stream": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (
            b'{"response":"Hel', b'lo"}\n{"x":1}\n{"response": " w\\u00f6rld\\n"}\n', b'{"done":true}\n')
    ) + b"0\r\n\r\n",
    "/echo": lambda request: page(request.split(b"\r\n\r\n")[1]),
}


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


class Fetchers:
    def __init__(self, programs):
        self.programs = pathlib.Path(programs).resolve()
        self.server = Server(PAGES)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def run(self, name, *words):
        return subprocess.run([self.programs / name, *map(str, words)], capture_output=True,
                              text=True, timeout=60)

    def pictures(self):
        urls = [f"{self.url}/p{i}.gif" for i in range(30)] + [f"{self.url}/none.gif",
                                                              "http://127.0.0.1:1/x.gif"]
        for form in FORMS:
            with tempfile.TemporaryDirectory() as folder:
                done = self.run(f"pictures_{form}", "-m", 8, folder, *urls)
                files = list(pathlib.Path(folder).iterdir())
                check(len(files) == 30 and all(f.read_bytes() == PICTURE for f in files), form)
            check(done.returncode == 1 and re.fullmatch(
                r"32 pictures: 30 ok, 1 not found, 1 failed; \d+\.\d\d s\n", done.stdout),
                f"{form}: {done.stdout}")
            check(f"*** Error for {self.url}/none.gif: HTTP 404 - NOT FOUND\n" in done.stderr and
                  "*** Error for http://127.0.0.1:1/x.gif: " in done.stderr, done.stderr)
            with tempfile.TemporaryDirectory() as folder:
                done = self.run(f"pictures_{form}", "-v", folder, urls[0])
            check(done.returncode == 0 and done.stderr == f"{urls[0]}: OK\n", f"{form} -v")

    def crawler(self):
        done = self.run("crawler", "-d", 2, f"{self.url}/start")
        lines = sorted(re.sub(r"http://[^/]*", "", line) for line in done.stdout.splitlines())
        check(lines == ["200 0 /start", "200 1 /one", "200 1 /private/but", "200 1 /two",
                        "200 2 /deeper", "5 pages, 0 failed"], f"crawler: {lines}")

    def link_checker(self):
        done = self.run("link_checker", f"{self.url}/links")
        check(done.returncode == 1 and
              done.stdout == f"404 {self.url}/missing\n3 links: 2 good, 1 bad\n",
              f"link_checker: {done.stdout}")

    def mirror(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            file, part, tag = folder / "file", folder / "file.part", folder / "file.part.etag"
            done = self.run("mirror", name, f"{self.url}/file")
            check(done.stdout.endswith("file: loaded\n") and file.read_bytes() == PICTURE, "loaded")
            done = self.run("mirror", name, f"{self.url}/file")
            check(done.stdout.endswith("file: not modified\n"), "not modified")
            file.unlink()
            part.write_bytes(PICTURE[:1000])
            tag.write_text('"e1"\n')
            done = self.run("mirror", name, f"{self.url}/file")
            check(done.stdout.endswith("file: resumed at 1000\n") and
                  file.read_bytes() == PICTURE and not part.exists(), f"resumed: {done.stdout}")
            part.write_bytes(b"of an older one")
            tag.write_text('"e0"\n')
            done = self.run("mirror", name, f"{self.url}/file")
            check(done.stdout.endswith("file: loaded\n") and file.read_bytes() == PICTURE,
                  f"begun anew: {done.stdout}")

    def json_lines(self):
        done = self.run("json_lines", f"{self.url}/stream", "response")
        check(done.returncode == 0 and done.stdout == "Hello wörld\n\n", repr(done.stdout))

    def batch(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"# requests\nGET {self.url}/one\nPOST {self.url}/echo some text\n"
                       f"GET {self.url}/missing\nGET http://127.0.0.1:1/\n")
            file.flush()
            in_order = self.run("batch", "-n", 3, file.name)
            as_completed = self.run("batch", "-n", 3, "-c", file.name)
        lines = in_order.stdout.splitlines()
        check([line.split(":")[0][0] for line in lines] == list("1234") and
              lines[1] == f"2 POST {self.url}/echo: 200, 9 bytes" and ": 404, " in lines[2] and
              "refused" in lines[3], in_order.stdout)
        check(sorted(as_completed.stdout.splitlines()) == sorted(lines), as_completed.stdout)


def main():
    fetchers = Fetchers(sys.argv[1])
    for test in ("pictures", "crawler", "link_checker", "mirror", "json_lines", "batch"):
        getattr(fetchers, test)()
        print(f"ok  {test}")


if __name__ == "__main__":
    main()
