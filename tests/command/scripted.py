# SPDX-License-Identifier: MIT
"""A server that answers by a table and remembers each byte that it was sent."""
import socket
import threading
import time


class Server:
    """pages: path -> bytes to answer with, or a function of the request's bytes that gives them, or
    pieces of them, each sent as it is given.  None, or bytes that end a connection ("Connection:
    close"), close it."""

    def __init__(self, pages):
        self.pages = pages
        self.requests = []
        self.connections = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def take(self):
        """What was asked since the last call."""
        with self.lock:
            taken, self.requests = self.requests, []
            count, self.connections = self.connections, 0
        return taken, count

    def close(self):
        """Not before nobody accepts on it: its number may be another server's soon."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()

    def serve(self, peer):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = peer.makefile("rb")
        try:
            while self.answer(peer, stream):
                pass
        except OSError:
            pass
        finally:
            stream.close()
            peer.close()

    def answer(self, peer, stream):
        head = read_head(stream)
        if not head:
            return False
        target = head.split(b" ")[1].decode("latin-1")
        path = target.split("?")[0]
        if "://" in path:
            path = "/" + path.split("://")[1].partition("/")[2]
        page = self.pages.get(path, NOT_FOUND)
        if b"\r\nexpect: 100-continue" in head.lower():
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        request = head + read_body(stream, head)
        with self.lock:
            self.requests.append(request)
        if callable(page):
            page = page(request)
        if page is None:
            return False
        if not isinstance(page, bytes):
            for piece in page:
                peer.sendall(piece)
            return True
        if request.startswith(b"HEAD "):
            page = page.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        peer.sendall(page)
        return b"Connection: close" not in page and b"swsclose" not in page


def read_head(stream):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    return head


def field(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name.lower():
            return value.strip()
    return None


def read_body(stream, head):
    length = field(head, b"Content-Length")
    if length:
        return stream.read(int(length))
    if field(head, b"Transfer-Encoding") != b"chunked":
        return b""
    body = b""
    while True:
        size = stream.readline()
        body += size + stream.read(int(size, 16) + 2)
        if int(size, 16) == 0:
            return body


def page(body, *fields, status="200 OK"):
    head = "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""])
    return head.encode("latin-1") + (body.encode() if isinstance(body, str) else body)


NOT_FOUND = page("no such page\n", status="404 Not Found")


class Gauge:
    """A page that knows how many requests were being answered at the same time."""

    def __init__(self, answer):
        self.answer = answer
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, _):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.03)
        with self.lock:
            self.now -= 1
        return self.answer

    def take(self):
        most, self.most = self.most, 0
        return most
