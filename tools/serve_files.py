#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Serves large downloads on this machine, and a page behind a login: something for the examples.

    tools/serve_files.py [--port N] [--host ADDRESS] [folder]

GET /random/BYTES?seed=N streams that many pseudo-random bytes, always the same for a seed, with
a Content-Length, their SHA-256 in X-SHA256 and ETag, and their CRC-32 in X-CRC32.
GET /members is for those who have logged in by a POST of user and password to /login, which sets
a cookie for a day; others are led there.  Every password but "secret" is wrong.
Every other path is a file of the folder, if one was given.  The first line on stdout is the server's URL; SIGTERM ends it.
Memory stays the same whatever the size: bytes are made as they are sent.
"""
import argparse
import functools
import hashlib
import http.cookies
import http.server
import random
import secrets
import signal
import sys
import urllib.parse
import zlib

PIECE = 1 << 18
PIECE_NUMBER = 8  # bytes at the end of each piece, so that no two pieces are the same
MAX_SIZE = 64 << 30


def pieces(size, seed):
    """Yields size bytes in pieces: a stretch of random bytes that moves along, then a number."""
    noise = memoryview(random.Random(seed).randbytes(2 * PIECE))
    piece = bytearray(PIECE)
    for number in range((size + PIECE - 1) // PIECE):
        start = number * 7919 % PIECE
        piece[:-PIECE_NUMBER] = noise[start : start + PIECE - PIECE_NUMBER]
        piece[-PIECE_NUMBER:] = number.to_bytes(PIECE_NUMBER, "big")
        yield memoryview(piece)[: size - number * PIECE]


@functools.lru_cache(maxsize=1024)
def checksums(size, seed):
    """SHA-256 and CRC-32, both in hexadecimal."""
    digest = hashlib.sha256()
    crc = 0
    for piece in pieces(size, seed):
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
    return digest.hexdigest(), f"{crc:08x}"


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(http.server.SimpleHTTPRequestHandler.do_GET, with_body=True)

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = dict(urllib.parse.parse_qsl(form))
        if self.path != "/login":
            self.send_error(405)
        elif fields.get("password") != "secret":
            self.answer_text(403, "wrong password")
        else:
            token = secrets.token_urlsafe()
            self.server.logins[token] = fields.get("user", "")
            self.answer_text(303, "", {
                "Location": "/members",
                "Set-Cookie": f"login={token}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"})

    def answer_members(self):
        cookies = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        token = cookies["login"].value if "login" in cookies else ""
        if token in self.server.logins:
            self.answer_text(200, f"Hello {self.server.logins[token]}")
        else:
            self.answer_text(302, "", {"Location": "/login"})

    def answer_text(self, status, text, headers=()):
        body = text.encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self):
        self.answer(http.server.SimpleHTTPRequestHandler.do_HEAD, with_body=False)

    def answer(self, answer_file, with_body):
        url = urllib.parse.urlsplit(self.path)
        try:
            if url.path.startswith("/random/"):
                self.answer_random(url, with_body)
            elif url.path == "/members" and with_body:
                self.answer_members()
            elif url.path == "/login" and with_body:
                self.answer_text(200, "user and password, please")
            elif self.server.folder:
                answer_file(self)
            else:
                self.send_error(404, "no folder is served")
        except ConnectionError:
            self.close_connection = True

    def answer_random(self, url, with_body):
        size = url.path[len("/random/") :]
        seed = urllib.parse.parse_qs(url.query).get("seed", ["0"])[0]
        if not (size.isascii() and size.isdigit() and len(size) < 12 and int(size) <= MAX_SIZE):
            self.send_error(400, f"not a number of bytes from 0 to {MAX_SIZE}")
            return
        digest, crc = checksums(int(size), seed)
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(int(size)))
        self.send_header("ETag", f'"{digest}"')
        self.send_header("X-SHA256", digest)
        self.send_header("X-CRC32", crc)
        self.end_headers()
        if with_body:
            for piece in pieces(int(size), seed):
                self.wfile.write(piece)

    def log_message(self, format, *args):
        """Says nothing: stdout and stderr belong to the demo that started this."""


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def __init__(self, address, folder):
        self.folder = folder
        self.logins = {}  # token -> user
        super().__init__(address, functools.partial(Handler, directory=folder))


def main():
    parser = argparse.ArgumentParser(description="Serves large downloads for the examples.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default: any free one")
    parser.add_argument("folder", nargs="?", help="also serve the files in it")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server((options.host, options.port), options.folder) as server:
        print(f"http://{options.host}:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
