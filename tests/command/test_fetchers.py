#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The programs of examples/fetchers against a scripted server.

usage: test_fetchers.py FOLDER_OF_PROGRAMS
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from scripted import Gauge, Server, field, page
from terminal import on_terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
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


def chunks(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SEEN = threading.Event()  # that the first words of /live were printed


def cut(request):
    """The first time, only half of it."""
    if b"\r\nRange:" in request:
        yield ranged(request)
        return
    whole = page(PICTURE, 'ETag: "e1"')
    yield whole[:-len(PICTURE) // 2]
    raise OSError


def live(_):
    yield CHUNKED + chunks(b'{"response":"first"}\n')
    SEEN.wait(20)
    yield chunks(b'{"response":" second"}\n') + b"0\r\n\r\n"


def slow(_):
    time.sleep(0.3)
    return page("slow")


GAUGE = Gauge(page(PICTURE))
PAGES = {f"/p{i}.gif": page(PICTURE) for i in range(30)}
PAGES |= {f"/gauge/{i}": GAUGE for i in range(16)}
PAGES |= {
    "/robots.txt": page("User-agent: *\nDisallow: /private\nAllow: /private/but\n"),
    "/start": html("/one", "two", "/private/x", "/private/but", "http://elsewhere.example/", "#a",
                   "\\\\two", "/o\tne", "mailto:a@b.example"),
    "/one": html("/start", "/deeper"), "/two": html(), "/deeper": html("/deepest"),
    "/private/but": html(), "/deepest": html(),
    "/many": html(*(f"/gauge/{i}" for i in range(12))),
    "/links": html("/one", "/missing", "/no-head", "/one#x", "/two?a=1&amp;b=2"),
    "/no-head": no_head,
    "/file": ranged,
    "/cut": cut,
    "/off": page("xyz", 'ETag: "e1"', "Content-Range: bytes 3-5/6", status="206 Partial Content"),
    "/stream": CHUNKED + chunks(b'{"response":"Hel', b'lo"}\n{"x":1}\n',
                                b'{"response": " w\\u00f6rld\\n"}\n', b'{"done":true}\n') + b"0\r\n\r\n",
    "/live": live,
    "/slow": slow,
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

    def pictures_have_a_bar(self):
        """On a terminal; what went wrong stands above it, and it goes in the end."""
        urls = [f"{self.url}/p{i}.gif" for i in range(5)] + [f"{self.url}/none.gif"]
        for form in FORMS:
            with tempfile.TemporaryDirectory() as folder:
                seen, _ = on_terminal([self.programs / f"pictures_{form}", folder, *urls])
            bars = re.findall(r"\[(#*)(-*)\] (\d+)/6", seen)
            check(bars and bars[0][2] == "0" and bars[-1] == ("#" * 40, "", "6") and
                  all(len(done + left) == 40 for done, left, _ in bars), f"{form}: {seen!r}")
            check("\r\x1b[K*** Error for " in seen and seen.rstrip().split("\x1b[K")[-1].startswith(
                "6 pictures: 5 ok, 1 not found, 0 failed; "), f"{form}: {seen!r}")

    def pictures_keep_to_their_limit(self):
        urls = [f"{self.url}/gauge/{i}" for i in range(12)]
        for form, most in (("sequential", 1), ("threads", 4), ("futures", 4), ("tasks", 4)):
            GAUGE.take()
            with tempfile.TemporaryDirectory() as folder:
                self.run(f"pictures_{form}", "-m", 4, folder, *urls)
            check(GAUGE.take() == most, f"{form}: limit")

    def pictures_are_compared(self):
        """The table of all four, against the file server that people use."""
        with subprocess.Popen([sys.executable, ROOT / "tools/serve_files.py"],
                              stdout=subprocess.PIPE, text=True) as server:
            url = server.stdout.readline().strip()
            done = subprocess.run([sys.executable, ROOT / "examples/fetchers/compare_pictures.py",
                                   self.programs, url, "12"], capture_output=True, text=True)
            server.terminate()
        rows = done.stdout.splitlines()
        check(done.returncode == 0 and [row.split()[0] for row in rows] == ["form", *FORMS] and
              all(re.fullmatch(r"\w+ +12 +\d+\.\d\d", row) for row in rows[1:]),
              f"compare: {done.stdout}{done.stderr}")

    def crawler_is_polite(self):
        GAUGE.take()
        done = self.run("crawler", "-d", 1, "-m", 3, f"{self.url}/many")
        check("13 pages, 0 failed" in done.stdout and GAUGE.take() == 3, f"-m: {done.stdout}")
        done = self.run("crawler", f"{self.url}/private/x")
        check("robots.txt does not allow it\n0 pages" in done.stdout, f"robots: {done.stdout}")
        since = time.monotonic()
        self.run("crawler", "-d", 1, "-m", 1, "-p", 50, f"{self.url}/start")
        check(time.monotonic() - since >= 0.2, "-p: no pause")
        broken = Server({"/robots.txt": page("", status="503 Busy"), "/": html("/a")})
        done = self.run("crawler", f"http://127.0.0.1:{broken.port}/")
        broken.close()
        check("does not allow it" in done.stdout, f"no robots.txt to be had: {done.stdout}")
        done = self.run("crawler", "http://127.0.0.1:1/")
        check(done.returncode == 1 and "0 pages, 1 failed" in done.stdout and
              "refused" in done.stderr, f"nobody there: {done.stdout}{done.stderr}")

    def crawler(self):
        done = self.run("crawler", "-d", 2, f"{self.url}/start")
        lines = sorted(re.sub(r"http://[^/]*", "", line) for line in done.stdout.splitlines())
        check(lines == ["200 0 /start", "200 1 /one", "200 1 /private/but", "200 1 /two",
                        "200 2 /deeper", "5 pages, 0 failed"], f"crawler: {lines}")

    def link_checker(self):
        done = self.run("link_checker", f"{self.url}/links")
        check(done.returncode == 1 and
              done.stdout == f"404 {self.url}/missing\n4 links: 3 good, 1 bad\n",
              f"link_checker: {done.stdout}")
        done = self.run("link_checker", f"{self.url}/missing")
        check(done.returncode == 1 and "status 404" in done.stderr, f"no page: {done.stdout}")

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

    def mirror_goes_on_after_a_cut(self):
        with tempfile.TemporaryDirectory() as name:
            file, part = pathlib.Path(name, "cut"), pathlib.Path(name, "cut.part")
            done = self.run("mirror", name, f"{self.url}/cut")
            half = len(part.read_bytes())
            check(done.returncode == 1 and "cut; what there is will be gone on with" in done.stderr
                  and 0 < half < len(PICTURE) and not file.exists(), f"{done.stderr}{half}")
            done = self.run("mirror", name, f"{self.url}/cut")
            check(done.stdout.endswith(f"cut: resumed at {half}\n") and
                  file.read_bytes() == PICTURE and not part.exists(), done.stdout + done.stderr)

    def mirror_believes_no_other_range(self):
        with tempfile.TemporaryDirectory() as name:
            pathlib.Path(name, "off.part").write_bytes(b"ab")
            pathlib.Path(name, "off.part.etag").write_text('"e1"\n')
            done = self.run("mirror", name, f"{self.url}/off")
            check(done.returncode == 1 and "Content-Range is not what was asked for" in done.stderr
                  and pathlib.Path(name, "off.part").read_bytes() == b"ab", done.stdout + done.stderr)

    def json_lines(self):
        done = self.run("json_lines", f"{self.url}/stream", "response")
        check(done.returncode == 0 and done.stdout == "Hello wörld\n\n", repr(done.stdout))
        done = self.run("json_lines", f"{self.url}/missing", "response")
        check(done.returncode == 1 and "status 404" in done.stderr, repr(done.stdout + done.stderr))

    def json_lines_come_at_once(self):
        """What has come is printed before the rest is sent."""
        with subprocess.Popen([self.programs / "json_lines", f"{self.url}/live", "response"],
                              stdout=subprocess.PIPE) as client:
            check(os.read(client.stdout.fileno(), 100) == b"first", "the first words")
            SEEN.set()
            check(client.stdout.read() == b" second\n", "the rest")

    def batch_in_order_and_as_completed(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"GET {self.url}/slow\nGET {self.url}/one\n")
            file.flush()
            for words, order in (((), ["/slow", "/one"]), (("-c",), ["/one", "/slow"])):
                done = self.run("batch", *words, file.name)
                check(re.findall(r"\d(/\w+):", done.stdout) == order, f"{words}: {done.stdout}")

    def batch_keeps_to_its_size(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.writelines(f"GET {self.url}/gauge/{i}\n" for i in range(12))
            file.flush()
            GAUGE.take()
            self.run("batch", "-n", 5, file.name)
            check(GAUGE.take() == 5, "-n")

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

    def batch_says_what_it_cannot_read(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(f"GET {self.url}/one\n{self.url}/two\n")
            file.flush()
            done = self.run("batch", file.name)
        check(done.returncode == 2 and not done.stdout and
              f"no method and URL: {self.url}/two" in done.stderr, done.stdout + done.stderr)
        done = self.run("batch", "/nowhere/list")
        check(done.returncode == 2 and "/nowhere/list: No such file" in done.stderr, done.stderr)


def main():
    fetchers = Fetchers(sys.argv[1])
    for test in ("pictures", "pictures_have_a_bar", "pictures_keep_to_their_limit",
                 "pictures_are_compared", "crawler", "crawler_is_polite", "link_checker", "mirror",
                 "mirror_goes_on_after_a_cut", "mirror_believes_no_other_range", "json_lines",
                 "json_lines_come_at_once", "batch", "batch_in_order_and_as_completed",
                 "batch_keeps_to_its_size", "batch_says_what_it_cannot_read"):
        getattr(fetchers, test)()
        print(f"ok  {test}")


if __name__ == "__main__":
    main()
