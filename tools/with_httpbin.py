#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a command while a real httpbin and a file server answer on free ports of 127.0.0.1.

usage: with_httpbin.py [--container] [--] COMMAND [ARGUMENT...]

The command finds the server's address in AHTTP_HTTPBIN_URL ("http://127.0.0.1:43210").  Where
that is set already, nothing is started.  With --container the server comes from
tests/httpbin/Containerfile, by podman or docker; else from the system's httpbin and gunicorn.
AHTTP_FILES_URL is likewise that of tools/serve_files.py, which has large downloads.  The exit
code is that of the command.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS = 60
IMAGE = "libahttp-httpbin"

# How to run a container: as usual, or in a sandbox that has neither crun's cgroups nor the
# right to raise limits.
CONTAINER_FLAGS = [
    ([], []),
    (["--runtime", "runc"], ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]),
]


def fail(reason):
    sys.exit(f"with_httpbin: {reason}")


def wait_until_it_answers(url, is_alive):
    """Ask until there is an answer; is_alive() says whether it is still worth asking."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    reason = "it did not start"
    while time.monotonic() < end and is_alive():
        try:
            with direct.open(f"{url}/get", timeout=START_SECONDS) as answer:
                if answer.status == 200:
                    return
        except OSError as error:
            reason = error
        time.sleep(0.05)
    fail(f"httpbin at {url} does not answer: {reason}")


def find_gunicorn():
    """The system's first: it belongs to the Python that has the system's httpbin."""
    path = "/usr/bin/gunicorn"
    path = path if os.access(path, os.X_OK) else shutil.which("gunicorn")
    return path or fail("gunicorn is not installed (./dev test installs it)")


@contextlib.contextmanager
def local_httpbin():
    # The socket is made here, so that the port is known and nobody else can take it.
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    url = "http://127.0.0.1:%d" % listener.getsockname()[1]
    command = [find_gunicorn(), "--bind", f"fd://{listener.fileno()}", "--worker-class", "gthread",
               "--threads", "16", "--keep-alive", "15", "--log-level", "warning", "httpbin:app"]
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  pass_fds=[listener.fileno()], start_new_session=True,
                                  cwd=tempfile.gettempdir())
        listener.close()
        try:
            wait_until_it_answers(url, lambda: server.poll() is None)
            yield url
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def run_quietly(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout.strip()


@contextlib.contextmanager
def container_httpbin():
    engine = shutil.which("podman") or shutil.which("docker")
    if not engine:
        fail("--container needs podman or docker")
    for global_flags, run_flags in CONTAINER_FLAGS:
        start = [engine, *global_flags]
        built, output = run_quietly([*start, "build", "-t", IMAGE, str(ROOT / "tests/httpbin")])
        if not built:
            continue
        started, output = run_quietly([*start, "run", "--rm", "--detach", *run_flags,
                                       "--publish", "127.0.0.1::8000", IMAGE])
        if started:
            break
    else:
        fail(f"{engine} could not start tests/httpbin/Containerfile:\n{output}")
    name = output.splitlines()[-1]
    try:
        found, address = run_quietly([*start, "port", name, "8000/tcp"])
        url = "http://" + address.splitlines()[0] if found else fail(address)
        wait_until_it_answers(url, lambda: run_quietly([*start, "inspect", name])[0])
        yield url
    finally:
        run_quietly([*start, "stop", "--time", "2", name])


@contextlib.contextmanager
def file_server():
    server = subprocess.Popen([sys.executable, str(ROOT / "tools/serve_files.py")],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              start_new_session=True)
    try:
        yield server.stdout.readline().strip() or fail("tools/serve_files.py did not start")
    finally:
        server.terminate()
        server.wait()


def run(command, httpbin, files):
    """The command's exit code; signals that ask us to end are passed on to it."""
    child = subprocess.Popen(command, env={**os.environ, "AHTTP_HTTPBIN_URL": httpbin,
                                           "AHTTP_FILES_URL": files})
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: child.send_signal(number))
    while True:
        try:
            code = child.wait()
            return code if code >= 0 else 128 - code
        except KeyboardInterrupt:
            pass  # the terminal has told the command as well


def main(arguments):
    in_container = arguments[:1] == ["--container"]
    arguments = arguments[1:] if in_container else arguments
    arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not arguments or arguments[0].startswith("-"):
        fail(__doc__)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with contextlib.ExitStack() as servers:
        files = os.environ.get("AHTTP_FILES_URL") or servers.enter_context(file_server())
        httpbin = os.environ.get("AHTTP_HTTPBIN_URL", "").rstrip("/")
        if httpbin:
            wait_until_it_answers(httpbin, lambda: True)
        else:
            httpbin = servers.enter_context(
                container_httpbin() if in_container else local_httpbin())
        return run(arguments, httpbin, files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
