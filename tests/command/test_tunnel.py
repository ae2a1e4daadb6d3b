#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/20_tunnel.c, through tinyproxy to a host that speaks first.

usage: test_tunnel.py PROGRAM
"""
import socket
import subprocess
import sys
import tempfile
import threading

from servers import Programs, free_ports

BANNER = b"SSH-2.0-test\r\n"


def host(listener):
    """Greets each one, and says everything once more in capitals until the other side ends or says
    "bye"."""
    while True:
        peer, _ = listener.accept()
        peer.sendall(BANNER)
        while (said := peer.recv(65536)) and said != b"bye":
            peer.sendall(said.upper())
        peer.close()


def start(program, proxy, target):
    return subprocess.Popen([program, f"http://127.0.0.1:{proxy}", target], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def bytes_go_both_ways_until_the_host_ends(program, proxy, port):
    tunnel = start(program, proxy, f"127.0.0.1:{port}")
    check(tunnel.stdout.read(len(BANNER)) == BANNER, "the host's greeting comes before any input")
    for said in (b"hello", b"x" * 50000):
        tunnel.stdin.write(said)
        tunnel.stdin.flush()
        check(tunnel.stdout.read(len(said)) == said.upper(), f"{len(said)} bytes come back")
    tunnel.stdin.write(b"bye")
    tunnel.stdin.flush()
    check(tunnel.wait(timeout=20) == 0, "it ends when the host does, though its input is open")
    check(tunnel.stderr.read() == b"", "it has nothing to say of that")


def a_host_that_cannot_be_reached_is_an_error(program, proxy):
    tunnel = start(program, proxy, f"127.0.0.1:{free_ports(1)[0]}")
    said, error = tunnel.communicate(timeout=20)
    check(tunnel.returncode == 1 and said == b"", "there is no tunnel")
    check(b"500" in error or b"502" in error, f"the proxy's status is said: {error}")


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=host, args=(listener,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(folder)
        try:
            proxy = programs.start_tinyproxy(free_ports(1)[0])
            bytes_go_both_ways_until_the_host_ends(sys.argv[1], proxy, listener.getsockname()[1])
            a_host_that_cannot_be_reached_is_an_error(sys.argv[1], proxy)
        finally:
            programs.stop()


main()
